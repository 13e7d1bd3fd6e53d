"""What a phone asks for twice is done once, also at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection

from ordinavo_connect.clients.models import IntegrationClient
from routing.planning.appointments import start_appointment
from routing.planning.models import Appointment, Employee
from routing.planning.refusals import Refused
from routing.visits.actions import is_done, once
from routing.visits.models import VisitReport
from routing.visits.reports import submit_report
from tests.routing.cast import at, make_appointment, make_target
from tests.routing.visits.cast import draft, told

pytestmark = pytest.mark.django_db


def test_what_is_refused_may_be_asked_for_again(jana: Employee, appointment: Appointment):
    action_id = uuid4()

    def refuse() -> None:
        raise Refused("closed", "Not now.")

    action = {"employee": jana, "action_id": action_id, "kind": "start", "now": at(9)}
    with pytest.raises(Refused):
        once(appointment, work=refuse, **action)
    assert not is_done(appointment, employee=jana, action_id=action_id, kind="start")
    assert once(appointment, work=lambda: start_appointment(appointment, now=at(9)), **action)
    assert not once(appointment, work=refuse, **action)


def test_ids_are_each_employees_own(jana: Employee, malik: Employee, appointment: Appointment):
    action_id = uuid4()
    for employee in (jana, malik):
        assert once(
            appointment, employee=employee, action_id=action_id, kind="start", now=at(9), work=lambda: None
        )


def test_an_id_that_stands_for_another_action_is_refused(jana: Employee, appointment: Appointment):
    action_id = uuid4()
    press = {"employee": jana, "action_id": action_id, "now": at(9), "work": lambda: None}
    once(appointment, kind="start", **press)
    # "Done" would make the phone forget what it was to send.
    with pytest.raises(Refused) as refusal:
        once(appointment, kind="complete", **press)
    assert refusal.value.code == "action_id_used"


def test_an_id_that_stands_for_another_appointment_is_refused(
    jana: Employee, appointment: Appointment, erp: IntegrationClient
):
    other = make_appointment(jana, make_target(erp), start=at(11))
    press = {"employee": jana, "action_id": uuid4(), "kind": "start", "now": at(9), "work": lambda: None}
    once(appointment, **press)
    with pytest.raises(Refused) as refusal:
        once(other, **press)
    assert refusal.value.code == "action_id_used"


@pytest.mark.django_db(transaction=True)
def test_the_same_press_at_the_same_moment_makes_one_report(jana: Employee, appointment: Appointment):
    report, action_id, together = draft(appointment), uuid4(), Barrier(4)

    def press(_number: int) -> bool:
        try:
            together.wait()
            return once(
                appointment,
                employee=jana,
                action_id=action_id,
                kind="submit",
                now=at(11),
                work=lambda: submit_report(report, now=at(11)),
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(press, range(4))) == [False, False, False, True]
    assert VisitReport.objects.get().times_submitted == 1
    assert told().count("visit_report.submitted") == 1


def test_work_that_was_done_is_not_done_again(jana: Employee, appointment: Appointment):
    action_id, deeds = uuid4(), []
    for _press in range(2):
        once(
            appointment,
            employee=jana,
            action_id=action_id,
            kind="start",
            now=at(9),
            work=lambda: deeds.append("done"),
        )
    assert deeds == ["done"]
