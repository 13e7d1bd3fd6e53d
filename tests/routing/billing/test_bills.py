"""From an approved report to its billing event."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from ordinavo_connect.clients.models import User
from routing.billing.bills import bill_report, complete_billing_event, preview
from routing.billing.events import parts_of
from routing.billing.models import BillingEvent
from routing.billing.pricing import Line
from routing.planning.models import Employee
from routing.planning.refusals import Refused
from routing.visits.models import VisitReport
from tests.routing.billing.cast import make_billing_event, make_price, make_report, told
from tests.routing.cast import at, make_appointment, make_target
from webhooks.events.models import Event

pytestmark = pytest.mark.django_db


def billed(report: VisitReport, by: User) -> BillingEvent:
    event = bill_report(report, now=at(12), by=by)
    assert event is not None
    event.refresh_from_db()
    return event


def test_a_report_whose_lines_have_prices_is_ready_at_once(report: VisitReport, dispatcher: User) -> None:
    make_price(report.tenant, "Time", "80.00", "Work")
    event = billed(report, dispatcher)
    assert (event.status, event.total, event.waits_for) == ("Ready", Decimal("120.00"), "")
    assert told() == ["billing.event_created", "billing.event_ready"]
    report.refresh_from_db()
    assert report.billing_status == "Ready"


def test_the_first_event_tells_of_pending(report: VisitReport, dispatcher: User) -> None:
    make_price(report.tenant, "Time", "80.00", "Work")
    event = billed(report, dispatcher)
    created, ready = Event.objects.filter(type__startswith="billing.").order_by("id")
    assert created.facts["billingEvent"]["status"] == "Pending"
    assert created.facts["visitReport"]["billingStatus"] == "Pending"
    assert ready.facts["billingEvent"]["status"] == "Ready"
    assert ready.facts["billingEvent"]["id"] == event.pk
    assert "contact" not in ready.facts


def test_a_missing_price_leaves_it_pending_and_says_which(report: VisitReport, dispatcher: User) -> None:
    report.materials = [{"name": "Valve", "quantity": "1", "unit": "pc"}]
    make_price(report.tenant, "Time", "80.00", "Work")
    event = billed(report, dispatcher)
    assert (event.status, event.total) == ("Pending", None)
    assert "Valve" in event.waits_for
    assert told() == ["billing.event_created"]


def test_without_any_price_it_waits(report: VisitReport, dispatcher: User) -> None:
    assert billed(report, dispatcher).status == "Pending"


def test_prices_of_another_tenant_and_inactive_ones_do_not_count(
    report: VisitReport, dispatcher: User, other_tenant: object
) -> None:
    make_price(other_tenant, "Time", "80.00", "Work")
    make_price(report.tenant, "Time", "70.00", "Old", is_active=False)
    assert billed(report, dispatcher).lines == []


def test_what_is_not_billable_is_not_billed(report: VisitReport, dispatcher: User) -> None:
    report.is_billable = False
    assert preview(report) is None
    assert bill_report(report, now=at(12), by=dispatcher) is None
    assert told() == []


def test_the_preview_is_what_approval_bills(report: VisitReport, dispatcher: User) -> None:
    make_price(report.tenant, "Flat", "49.00", "Call-out")
    make_price(report.tenant, "Time", "80.00", "Work")
    bill = preview(report)
    event = billed(report, dispatcher)
    assert bill is not None
    assert (list(bill.lines), bill.total) == (event.lines, event.total)


def test_a_report_is_never_billed_twice(report: VisitReport, dispatcher: User) -> None:
    billed(report, dispatcher)
    with pytest.raises(Refused) as refused:
        bill_report(report, now=at(12), by=dispatcher)
    assert refused.value.code == "already_billed"
    assert told() == ["billing.event_created"]
    with pytest.raises(IntegrityError), transaction.atomic():
        make_billing_event(report)


def line(price: str | None = "80.00") -> Line:
    return Line("Work", "Work", Decimal("1.50"), "h", price and Decimal(price))  # type: ignore[arg-type]


def test_staff_complete_what_waits(report: VisitReport, dispatcher: User) -> None:
    event = make_billing_event(report, "Pending")
    done = complete_billing_event(event, lines=[line()], by=dispatcher, now=at(14))
    assert (done.status, done.total, done.completed_by) == ("Ready", Decimal("120.00"), dispatcher)
    assert told() == ["billing.event_ready"]
    report.refresh_from_db()
    assert report.billing_status == "Ready"


def test_it_is_completed_once(report: VisitReport, dispatcher: User) -> None:
    event = make_billing_event(report, "Pending")
    complete_billing_event(event, lines=[line()], by=dispatcher, now=at(14))
    with pytest.raises(Refused) as refused:
        complete_billing_event(event, lines=[line("90.00")], by=dispatcher, now=at(14))
    assert refused.value.code == "not_pending"
    event.refresh_from_db()
    assert event.total == Decimal("120.00")


@pytest.mark.parametrize("lines", [[], [line(None)]])
def test_a_line_without_a_price_is_not_released(
    lines: list[Line], report: VisitReport, dispatcher: User
) -> None:
    event = make_billing_event(report, "Pending")
    with pytest.raises(Refused) as refused:
        complete_billing_event(event, lines=lines, by=dispatcher, now=at(14))
    assert refused.value.code == "price_missing"
    event.refresh_from_db()
    assert event.status == "Pending"


def test_facts_of_many_cost_no_more_statements_than_of_one(
    report: VisitReport, jana: Employee, erp: object
) -> None:
    events = [make_billing_event(report)]
    with CaptureQueriesContext(
        connection,
    ) as one:
        parts_of(events)
    for number in range(3):
        target = make_target(erp, f"JOB-9{number}")  # type: ignore[arg-type]
        appointment = make_appointment(jana, target, start=at(11 + number))
        events.append(make_billing_event(make_report(appointment)))
    with CaptureQueriesContext(connection) as many:
        assert len(parts_of(events)) == 4
    assert len(many) == len(one)


def test_an_amount_beyond_all_measure_waits_for_a_person(report: VisitReport, dispatcher: User) -> None:
    report.materials = [{"name": "Valve", "quantity": "1000000", "unit": "pc"}]
    make_price(report.tenant, "Material", "99999999.99", "Valve")
    event = billed(report, dispatcher)
    # It is approved all the same: a slip on the phone does not hold up the office.
    assert (event.status, event.total) == ("Pending", None)
    assert "too large" in event.waits_for


def test_an_amount_beyond_all_measure_does_not_become_ready(report: VisitReport, dispatcher: User) -> None:
    event = make_billing_event(report, "Pending")
    lines = [Line("Material", "Valve", Decimal(1_000_000), "pc", Decimal("99999999.99"))]
    with pytest.raises(Refused) as refusal:
        complete_billing_event(event, lines=lines, by=dispatcher, now=at(12))
    assert "too large" in refusal.value.message
    event.refresh_from_db()
    assert event.status == "Pending"
