"""A tenant keeps an owner, also where two of them step down at the same moment."""

from threading import Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from ordinavo_connect.clients.models import Membership, Role, Tenant
from ordinavo_connect.clients.staff import change_role
from tests.factories import make_user


@pytest.mark.django_db(transaction=True)
def test_of_two_owners_who_step_down_at_once_one_stays(tenant: Tenant) -> None:
    first, second = (
        Membership.objects.get(user=make_user(name, tenant, Role.OWNER)) for name in ("one", "two")
    )
    refused: list[ValidationError] = []

    def step_down() -> None:
        try:
            change_role(second, role=Role.VIEWER)
        except ValidationError as error:
            refused.append(error)
        finally:
            connection.close()

    other = Thread(target=step_down)
    with transaction.atomic():
        change_role(first, role=Role.VIEWER)
        other.start()
        other.join(timeout=1)  # It waits for this transaction, or is told at once once that has ended.
    other.join(timeout=10)
    assert len(refused) == 1
    assert [owner.pk for owner in Membership.objects.filter(role=Role.OWNER)] == [second.pk]
