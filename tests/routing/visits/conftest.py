from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.test import Client

from ordinavo_connect.clients.models import User
from routing.planning.models import Appointment, Employee
from tests.routing.cast import at

BrowserOf = Callable[[User], Client]


@pytest.fixture
def morning() -> Iterator[time_machine.Traveller]:
    """The clock stands at 9:05 on the day of the appointments."""
    with time_machine.travel(at(9, 5), tick=False) as traveller:
        yield traveller


@pytest.fixture
def phone(
    morning: time_machine.Traveller,
    jana: Employee,
    appointment: Appointment,
    employee: User,
    browser_of: BrowserOf,
) -> Client:
    """Jana's phone, logged in, on the morning of her appointment."""
    return browser_of(employee)
