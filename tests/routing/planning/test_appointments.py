"""What happens to a published appointment, and what its target and the world hear of it."""

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest

from imports.models import Target
from ordinavo_connect.clients.models import IntegrationClient, Tenant, User
from routing.planning.appointment_sweep import cancel_orphaned
from routing.planning.appointments import (
    cancel_appointment,
    complete_appointment,
    move_appointment,
    report_problem,
    start_appointment,
)
from routing.planning.models import Absence, Appointment, Employee
from routing.planning.refusals import Refused
from tests.routing.at_once import at_once
from tests.routing.cast import BOCHUM, DAY, NOW, at, make_appointment, make_employee, make_target
from webhooks.events.models import Event


def _told() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("type", flat=True))


def _shown(appointment: Appointment) -> tuple[str, str | None]:
    """Status of the target, and of the appointment that it shows."""
    target = Target.objects.get(pk=appointment.target_id)
    return target.status, target.appointment and target.appointment["status"]


@pytest.fixture
def cancel(dispatcher: User) -> Callable[[Appointment], None]:
    return lambda row: cancel_appointment(row, reason="The customer called.", by=dispatcher, now=NOW)


# Started, completed


def test_a_visit_that_began_puts_its_target_in_progress(appointment: Appointment) -> None:
    start_appointment(appointment, now=at(9, 5))

    appointment.refresh_from_db()
    assert (appointment.status, appointment.started_at) == ("Started", at(9, 5))
    assert _shown(appointment) == ("InProgress", "Started")
    event = Event.objects.get()
    assert (event.type, event.source_system, event.occurred_at) == ("appointment.started", "erp", at(9, 5))
    assert event.facts["target"]["status"] == "InProgress"
    assert event.facts["appointment"]["status"] == "Started"


def test_a_visit_that_ended_completes_its_target(appointment: Appointment) -> None:
    start_appointment(appointment, now=at(9))
    complete_appointment(appointment, now=at(10))

    assert _shown(appointment) == ("Completed", "Completed")
    assert _told() == ["appointment.started", "appointment.completed", "target.completed"]


def test_it_begins_once(appointment: Appointment) -> None:
    start_appointment(appointment, now=at(9))

    with pytest.raises(Refused) as refused:
        start_appointment(Appointment.objects.get(), now=at(9, 1))
    assert refused.value.code == "already_started"
    assert _told() == ["appointment.started"]


def test_what_has_not_begun_is_not_completed(appointment: Appointment) -> None:
    with pytest.raises(Refused) as refused:
        complete_appointment(appointment, now=at(10))
    assert refused.value.code == "not_started"
    assert _shown(appointment) == ("Planned", "Scheduled")


def test_a_cancelled_job_is_not_begun(appointment: Appointment) -> None:
    Target.objects.update(status="Cancelled")

    with pytest.raises(Refused) as refused:
        start_appointment(appointment, now=at(9))
    assert refused.value.code == "target_cancelled"


def test_a_visit_goes_on_where_its_target_was_cancelled_and_leaves_it_so(appointment: Appointment) -> None:
    start_appointment(appointment, now=at(9))
    Target.objects.update(status="Cancelled")

    complete_appointment(appointment, now=at(10))

    assert _shown(appointment) == ("Cancelled", "Completed")
    assert _told()[1:] == ["appointment.completed"]


# Problems


def test_a_problem_is_told_with_its_code(appointment: Appointment) -> None:
    report_problem(appointment, code="no_access", text="Nobody opens the gate.", now=at(9, 5))

    assert _shown(appointment) == ("Planned", "ProblemReported")
    problem = Event.objects.get(type="appointment.problem_reported").facts["problem"]
    assert problem == {
        "code": "no_access",
        "reportedAtUtc": "2026-07-02T07:05:00Z",
        "summary": "Nobody opens the gate.",
    }


def test_after_a_problem_it_can_begin_all_the_same(appointment: Appointment) -> None:
    report_problem(appointment, code="no_access", text="", now=at(9))
    start_appointment(appointment, now=at(9, 20))

    assert _shown(appointment) == ("InProgress", "Started")


def test_a_problem_is_reported_once(appointment: Appointment) -> None:
    report_problem(appointment, code="no_access", text="", now=at(9))

    with pytest.raises(Refused) as refused:
        report_problem(Appointment.objects.get(), code="no_access", text="", now=at(9, 1))
    assert refused.value.code == "already_reported"


# Cancelled


def test_a_cancelled_appointment_leaves_its_target_open(
    appointment: Appointment, cancel: Callable[[Appointment], None], api: Any
) -> None:
    cancel(appointment)

    answer = api.get("/inbound/targets/JOB-1").json()
    assert (answer["status"], answer["appointment"]) == ("Open", None)
    event = Event.objects.get()
    assert event.type == "appointment.cancelled"
    assert (event.facts["target"]["status"], event.facts["appointment"]["status"]) == ("Open", "Cancelled")
    appointment.refresh_from_db()
    assert (str(appointment.cancelled_by), appointment.cancel_reason) == (
        "dispatcher",
        "The customer called.",
    )


def test_its_target_can_be_planned_again(
    appointment: Appointment, cancel: Callable[[Appointment], None], malik: Employee
) -> None:
    cancel(appointment)

    make_appointment(malik, appointment.target)


def test_where_somebody_is_at_work_nothing_is_cancelled(
    appointment: Appointment, cancel: Callable[[Appointment], None]
) -> None:
    start_appointment(appointment, now=at(9))

    with pytest.raises(Refused, match="Jana Weber began"):
        cancel(Appointment.objects.get())


def test_the_second_to_cancel_hears_who_was_first(
    appointment: Appointment, cancel: Callable[[Appointment], None]
) -> None:
    cancel(appointment)

    with pytest.raises(Refused, match="cancelled by dispatcher"):
        cancel(Appointment.objects.get())
    assert _told() == ["appointment.cancelled"]


# Moved


@pytest.fixture
def move(dispatcher: User) -> Callable[..., None]:
    def call(row: Appointment, **change: Any) -> None:
        settings: dict[str, Any] = {
            "employee": row.employee,
            "start_at": row.start_at,
            "by": dispatcher,
            "now": NOW,
        }
        move_appointment(row, **settings | change)

    return call


def test_a_moved_appointment_is_as_long_as_before(
    appointment: Appointment, malik: Employee, move: Callable[..., None]
) -> None:
    move(appointment, employee=malik, start_at=at(13, 15))

    appointment.refresh_from_db()
    assert (appointment.employee, appointment.start_at, appointment.end_at) == (malik, at(13, 15), at(14, 15))
    target = Target.objects.get()
    assert target.status == "Planned"
    assert target.appointment is not None
    assert target.appointment["employeeId"] == malik.pk
    assert target.appointment["startAtUtc"] == "2026-07-02T11:15:00Z"


def test_a_moved_appointment_has_the_way_that_leads_to_it_now(
    appointment: Appointment, erp: IntegrationClient, malik: Employee, move: Callable[..., None]
) -> None:
    make_appointment(malik, make_target(erp, place=BOCHUM), start=at(13))

    move(appointment, employee=malik, start_at=at(15))

    # From Bochum back to Essen: fourteen kilometres as the crow flies.
    appointment.refresh_from_db()
    assert 14_000 < appointment.travel_metres < 25_000
    assert appointment.travel_seconds > 1_000


def test_a_move_is_told_as_the_appointment_that_it_makes(
    appointment: Appointment, malik: Employee, move: Callable[..., None]
) -> None:
    move(appointment, employee=malik)

    assert _told() == ["appointment.scheduled", "target.scheduled"]
    facts = Event.objects.filter(type="appointment.scheduled").get().facts
    assert facts["appointment"]["employeeId"] == malik.pk
    assert facts["move"]["by"]["name"] == "dispatcher"


def test_after_a_problem_it_can_be_moved(appointment: Appointment, move: Callable[..., None]) -> None:
    report_problem(appointment, code="no_access", text="", now=at(9))
    move(appointment, start_at=at(14))

    assert _shown(appointment) == ("Planned", "Scheduled")


def _moved_on(appointment: Appointment, **facts: Any) -> None:
    Target.objects.filter(pk=appointment.target_id).update(**facts)


def test_what_went_wrong_before_a_move_is_no_part_of_the_new_visit(
    appointment: Appointment, move: Callable[..., None]
) -> None:
    start_appointment(appointment, now=at(9))
    report_problem(appointment, code="no_access", text="Nobody opens.", now=at(9, 5))
    move(appointment, start_at=at(14))
    row = Appointment.objects.get()
    assert (row.started_at, row.problem_at, row.problem_code, row.problem_text) == (None, None, "", "")


@pytest.mark.parametrize(
    ("start", "facts", "words"),
    [
        (at(17), {}, "shift ends at 16:30"),
        (at(7, 30), {}, "later than 07:30"),
        (at(13), {"window_start": at(9), "window_end": at(11)}, "window closes at 11:00"),
        (at(13), {"required_skills": ["Refrigeration"]}, "Refrigeration"),
        (at(13, day=DAY + timedelta(days=2)), {}, "Jana Weber"),
    ],
)
def test_a_move_that_breaks_a_hard_rule_is_refused_in_words(
    appointment: Appointment, move: Callable[..., None], start: Any, facts: dict[str, Any], words: str
) -> None:
    _moved_on(appointment, **facts)

    with pytest.raises(Refused) as refused:
        move(appointment, start_at=start)
    assert refused.value.code == "rules_broken"
    assert words in refused.value.message
    appointment.refresh_from_db()
    assert appointment.start_at == at(9)


def test_nobody_is_in_two_places(
    appointment: Appointment, erp: IntegrationClient, jana: Employee, move: Callable[..., None]
) -> None:
    make_appointment(jana, make_target(erp, place=BOCHUM), start=at(13))

    # An hour's work, and Bochum is more than ten minutes away.
    with pytest.raises(Refused) as refused:
        move(appointment, start_at=at(11, 50))
    assert refused.value.code == "rules_broken"
    move(appointment, start_at=at(11))


def test_who_is_away_gets_nothing(
    appointment: Appointment, malik: Employee, move: Callable[..., None]
) -> None:
    Absence.objects.create(tenant=malik.tenant, employee=malik, first_day=DAY, last_day=DAY)

    with pytest.raises(Refused, match="Malik Yilmaz"):
        move(appointment, employee=malik)


def test_what_an_appointment_breaks_already_is_nobody_elses_fault(
    tenant: Tenant, erp: IntegrationClient, move: Callable[..., None]
) -> None:
    early = make_employee(tenant, hours=(time(8), time(12)))
    make_appointment(early, make_target(erp), start=at(14))
    row = make_appointment(early, make_target(erp), start=at(9))

    move(row, start_at=at(10))


def test_a_move_to_where_it_is_already_is_none(appointment: Appointment, move: Callable[..., None]) -> None:
    with pytest.raises(Refused) as refused:
        move(appointment)
    assert refused.value.code == "unchanged"


def test_nothing_is_moved_into_the_past(appointment: Appointment, move: Callable[..., None]) -> None:
    with pytest.raises(Refused) as refused:
        move(appointment, start_at=NOW - timedelta(minutes=1))
    assert refused.value.code == "in_the_past"


@pytest.mark.parametrize("step", ["start", "problem", "cancel"])
def test_what_was_moved_since_it_was_read_is_looked_at_again(
    appointment: Appointment, malik: Employee, dispatcher: User, move: Callable[..., None], step: str
) -> None:
    """Else its events would tell of the time and person before."""
    steps: dict[str, Callable[[], None]] = {
        "start": lambda: start_appointment(appointment, now=at(9)),
        "problem": lambda: report_problem(appointment, code="no_access", text="", now=at(9)),
        "cancel": lambda: cancel_appointment(appointment, reason="No time.", by=dispatcher, now=at(8)),
    }
    move(Appointment.objects.get(), employee=malik)
    before = Event.objects.count()
    with pytest.raises(Refused) as refusal:
        steps[step]()
    assert refusal.value.code == "changed_meanwhile"
    assert (Appointment.objects.get().status, Event.objects.count()) == ("Scheduled", before)


def test_of_two_who_move_it_the_second_looks_again(
    appointment: Appointment, malik: Employee, move: Callable[..., None]
) -> None:
    seen_before = Appointment.objects.get()
    move(appointment, employee=malik, now=NOW + timedelta(seconds=1))

    with pytest.raises(Refused) as refused:
        move(seen_before, start_at=at(14))
    assert refused.value.code == "changed_meanwhile"
    assert Appointment.objects.get().employee == malik


# At the same moment


@pytest.mark.django_db(transaction=True)
def test_of_two_phones_that_begin_it_at_once_one_does(appointment: Appointment) -> None:
    def begin() -> None:
        start_appointment(Appointment.objects.get(), now=at(9))

    assert sorted(at_once(begin, begin)) == ["", "already_started"]
    assert _told() == ["appointment.started"]


@pytest.mark.django_db(transaction=True)
def test_what_is_moved_and_cancelled_at_once_ends_as_one_of_both(
    appointment: Appointment, malik: Employee, dispatcher: User, owner: User
) -> None:
    seen = [Appointment.objects.get(), Appointment.objects.get()]

    outcomes = at_once(
        lambda: move_appointment(seen[0], employee=malik, start_at=at(13), by=dispatcher, now=NOW),
        lambda: cancel_appointment(seen[1], reason="Not needed.", by=owner, now=NOW),
    )

    # Cancelling goes through in any case; moving only where it came first.
    assert outcomes.count("") >= 1
    assert _shown(appointment) == ("Open", None)
    assert _told()[-1] == "appointment.cancelled"


@pytest.mark.django_db(transaction=True)
def test_two_who_send_one_employee_to_two_places_at_once_send_to_one(
    erp: IntegrationClient, jana: Employee, malik: Employee, dispatcher: User, owner: User
) -> None:
    rows = [make_appointment(jana, make_target(erp), start=at(hour)) for hour in (9, 11)]

    def to_malik(row: Appointment, by: User) -> Callable[[], None]:
        return lambda: move_appointment(row, employee=malik, start_at=at(14), by=by, now=NOW)

    assert sorted(at_once(to_malik(rows[0], dispatcher), to_malik(rows[1], owner))) == ["", "rules_broken"]
    assert Appointment.objects.filter(employee=malik).count() == 1


# Taken away by the source system


def test_the_appointment_of_a_cancelled_target_is_cancelled(appointment: Appointment, api: Any) -> None:
    api.post("/inbound/targets", {"externalId": "JOB-1", "operation": "cancel"})
    assert api.get("/inbound/targets/JOB-1").json()["status"] == "Cancelled"

    assert cancel_orphaned(now=NOW) == 1

    appointment.refresh_from_db()
    assert (appointment.status, appointment.cancelled_by) == ("Cancelled", None)
    assert _shown(appointment) == ("Cancelled", None)
    assert _told()[-1] == "appointment.cancelled"
    assert cancel_orphaned(now=NOW) == 0


def test_a_target_that_was_opened_again_loses_its_old_appointment(appointment: Appointment, api: Any) -> None:
    api.post("/inbound/targets", {"externalId": "JOB-1", "operation": "cancel"})
    api.post("/inbound/targets", {"externalId": "JOB-1", "title": "Again"})

    assert cancel_orphaned(now=NOW) == 1
    assert _shown(appointment) == ("Open", None)


def test_an_update_leaves_the_appointment_alone(appointment: Appointment, api: Any) -> None:
    api.post("/inbound/targets", {"externalId": "JOB-1", "title": "Another title"})

    assert cancel_orphaned(now=NOW) == 0
    assert _shown(appointment) == ("Planned", "Scheduled")


def test_a_visit_that_has_begun_is_not_swept_away(appointment: Appointment) -> None:
    start_appointment(appointment, now=at(9))
    Target.objects.update(status="Cancelled")

    assert cancel_orphaned(now=at(9, 1)) == 0
