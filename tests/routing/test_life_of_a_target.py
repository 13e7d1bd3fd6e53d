"""The page of a target tells its whole life, in order, with who and the way there."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from imports.models import Target
from ordinavo_connect.clients.models import IntegrationClient, Tenant, User
from routing.billing.acknowledgement import acknowledge
from routing.billing.models import BillingEvent, BillingRule, RuleKind
from routing.planning.appointments import move_appointment, report_problem, start_appointment
from routing.planning.models import Appointment, Employee
from routing.planning.publishing import publish_suggestion
from routing.visits.decisions import approve_report, reject_report
from routing.visits.models import VisitReport
from routing.visits.reports import submit_report
from tests.routing.cast import NOW, at, make_suggestion
from tests.routing.visits.cast import submitted


@pytest.fixture
def life(
    tenant: Tenant,
    erp: IntegrationClient,
    jana: Employee,
    malik: Employee,
    target: Target,
    dispatcher: User,
    owner: User,
) -> VisitReport:
    """Planned for Jana, moved to Malik, reported, sent back, handed in again, approved with a follow-up, billed."""
    BillingRule.objects.create(
        tenant=tenant, kind=RuleKind.FLAT, description="Trip", unit="visit", unit_price="35.00"
    )
    publish_suggestion(make_suggestion(tenant, {jana: [target]}), version=0, by=dispatcher, now=NOW)
    appointment = Appointment.objects.get()
    move_appointment(appointment, employee=malik, start_at=at(9), by=owner, now=at(7))
    report = submitted(appointment, follow_up_required=True, follow_up_text="Replace the left valve")
    reject_report(report, reason="Which filters?", by=owner, now=at(12))
    report = submit_report(VisitReport.objects.get(), now=at(13))
    approve_report(report, by=dispatcher, now=at(14))
    event = BillingEvent.objects.get()
    acknowledge(event, document_number="INV-4711", error="", client=erp, now=at(15))
    return report


def _told(browser: Client, target: Target) -> list[str]:
    """The lines of the time line, the oldest first; events of webhooks left out."""
    page = browser.get(f"/admin/imports/target/{target.pk}/change/").content.decode()
    line = page.partition('<ol class="oc-timeline">')[2].partition("</ol>")[0]
    entries = re.findall(r"<li>(.*?)</li>", line, flags=re.DOTALL)
    texts = [" ".join(re.sub(r"<[^>]+>", " ", entry).split()) for entry in reversed(entries)]
    return [text.partition(" ")[2] for text in texts if not text.startswith("bolt")]


def test_the_whole_life_stands_in_order(
    browser_of: Callable[[User], Client], owner: User, target: Target, life: VisitReport
) -> None:
    told = _told(browser_of(owner), target)

    expected = [
        r"Suggested for Jana Weber, Thu 2 July, 09:00–10:00",
        r"Planned for Jana Weber, Thu 2 July, 09:00–10:00 by dispatcher",
        r"Moved to Malik Yilmaz, Thu 2 July, 09:00–10:00 by owner",
        r"Report begun by Malik Yilmaz",
        r"Work began by Malik Yilmaz",
        r"Work done by Malik Yilmaz",
        r"Report handed in: Successful by Malik Yilmaz · Filters changed\.",
        r"Report sent back by owner · Which filters\?",
        r"Report handed in: Successful by Malik Yilmaz",
        r"Report approved by dispatcher",
        r"Follow-up made: JOB-1-F1 Replace the left valve",
        r"Billing event made",
        r"Ready to be billed: 35\.00 EUR",
        r"Billed as INV-4711 by Acme ERP",
    ]
    assert len(told) == len(expected), told
    for text, line in zip(expected, told, strict=True):
        assert re.match(text, line), (text, line)


def test_what_happened_before_a_move_and_every_start_stay_in_it(
    browser_of: Callable[[User], Client],
    owner: User,
    appointment: Appointment,
    target: Target,
    malik: Employee,
) -> None:
    start_appointment(appointment, now=at(9))
    report_problem(appointment, code="no_access", text="Nobody opens.", now=at(9, 5))
    move_appointment(appointment, employee=malik, start_at=at(13), by=owner, now=at(10))
    start_appointment(appointment, now=at(13))

    told = _told(browser_of(owner), target)
    assert [re.match(r"(Work|Problem|Moved)", line) is not None for line in told].count(True) == 4
    assert told[-4].startswith("Work began by Jana Weber")
    assert told[-3].startswith("Problem reported: Nobody there, no access by Jana Weber · Nobody opens.")
    assert told[-2].startswith("Moved to Malik Yilmaz")
    assert told[-1].startswith("Work went on by Malik Yilmaz")


def test_a_follow_up_says_what_it_follows(
    browser_of: Callable[[User], Client], owner: User, life: VisitReport
) -> None:
    follow_up = Target.objects.get(external_id="JOB-1-F1")

    assert _told(browser_of(owner), follow_up)[0].startswith("Made as the follow-up of Maintenance JOB-1")


def test_who_may_not_see_billing_reads_nothing_of_it(
    browser_of: Callable[[User], Client], integration_admin: User, target: Target, life: VisitReport
) -> None:
    told = " ".join(_told(browser_of(integration_admin), target))

    assert "INV-4711" not in told
    assert "Report approved" in told


def test_no_line_leads_where_the_person_may_not_go(
    browser_of: Callable[[User], Client], integration_admin: User, target: Target, life: VisitReport
) -> None:
    page = browser_of(integration_admin).get(f"/admin/imports/target/{target.pk}/change/").content.decode()

    for path in ("/admin/planning/", "/admin/visits/", "/admin/billing/"):
        assert path not in page
