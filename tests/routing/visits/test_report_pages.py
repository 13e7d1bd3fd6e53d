"""Visit reports in the admin: what waits, and the decision on each."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from ordinavo_connect.clients.models import IntegrationClient, User
from routing.planning.models import Appointment, Employee
from routing.visits.models import VisitReport
from tests.routing.billing.cast import make_price, make_report
from tests.routing.cast import at, make_appointment, make_target

pytestmark = pytest.mark.django_db

LIST = "admin:visits_visitreport_changelist"


def page(report: VisitReport, action: str = "change") -> str:
    return reverse(f"admin:visits_visitreport_{action}", args=[report.pk])


@pytest.fixture
def waiting(appointment: Appointment) -> VisitReport:
    """Jana's report, handed in at 11:00."""
    return make_report(
        appointment, status="Submitted", decided_at=None, text="Filters changed.", times_submitted=1
    )


@pytest.fixture
def later(jana: Employee, erp: IntegrationClient) -> VisitReport:
    """Her next one, handed in at 13:00."""
    appointment = make_appointment(jana, make_target(erp, "JOB-2"), start=at(12))
    return make_report(
        appointment,
        status="Submitted",
        decided_at=None,
        submitted_at=at(13),
        title="Later",
        times_submitted=1,
    )


def test_what_waits_is_listed_oldest_first(
    later: VisitReport, waiting: VisitReport, browse_as: Callable[[str], Any]
) -> None:
    html = browse_as("dispatcher").get(f"{reverse(LIST)}?status__exact=Submitted").content.decode()
    assert html.index(waiting.title) < html.index(later.title)


@pytest.mark.parametrize("words", ["essen weber", "job-1", "#{id}"])
def test_it_is_found_by_what_people_remember(
    words: str, waiting: VisitReport, later: VisitReport, browse_as: Callable[[str], Any]
) -> None:
    asked = {"q": words.format(id=waiting.pk)}
    html = browse_as("dispatcher").get(reverse(LIST), asked).content.decode()
    assert waiting.title in html
    assert page(later) not in html


def test_the_page_shows_the_bill_before_the_click(
    waiting: VisitReport, browse_as: Callable[[str], Any]
) -> None:
    make_price(waiting.tenant, "Time", "80.00", "Technician")
    html = browse_as("dispatcher").get(page(waiting)).content.decode()
    assert "Filters changed." in html
    assert "120.00 EUR" in html
    assert "Technician" in html


def test_a_missing_price_is_said_before_the_click(
    waiting: VisitReport, browse_as: Callable[[str], Any]
) -> None:
    assert "No price fits this visit" in browse_as("dispatcher").get(page(waiting)).content.decode()


def test_approval_leads_to_the_next_that_waits(
    waiting: VisitReport, later: VisitReport, browse_as: Callable[[str], Any], dispatcher: User
) -> None:
    response = browse_as("dispatcher").post(page(waiting, "approve"), {"seen": "1"})
    assert response.url == page(later)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.decided_by) == ("Approved", dispatcher)
    assert waiting.billing_event.status == "Pending"


def test_the_last_one_leads_to_the_list(waiting: VisitReport, browse_as: Callable[[str], Any]) -> None:
    response = browse_as("dispatcher").post(page(waiting, "approve"), {"seen": "1"})
    assert response.url == reverse(LIST)


def test_sending_back_needs_a_reason(waiting: VisitReport, browse_as: Callable[[str], Any]) -> None:
    dispatcher = browse_as("dispatcher")
    refused = dispatcher.post(page(waiting, "send_back"), {"seen": "1", "reason": "  "}, follow=True)
    assert "Say what is to be corrected" in refused.content.decode()
    dispatcher.post(page(waiting, "send_back"), {"seen": "1", "reason": "The photo is dark."})
    waiting.refresh_from_db()
    assert (waiting.status, waiting.rejection_reason) == ("Rejected", "The photo is dark.")


def test_who_comes_second_is_told_who_was_first(
    waiting: VisitReport, browse_as: Callable[[str], Any], owner: User
) -> None:
    browse_as("owner").post(page(waiting, "approve"), {"seen": "1"})
    second = browse_as("dispatcher").post(
        page(waiting, "send_back"), {"seen": "1", "reason": "No."}, follow=True
    )
    assert "owner approved this report already" in second.content.decode()
    waiting.refresh_from_db()
    assert waiting.status == "Approved"


def test_a_report_that_was_corrected_meanwhile_is_looked_at_again(
    waiting: VisitReport, browse_as: Callable[[str], Any]
) -> None:
    VisitReport.objects.update(times_submitted=2)
    response = browse_as("dispatcher").post(page(waiting, "approve"), {"seen": "1"}, follow=True)
    assert "corrected meanwhile" in response.content.decode()
    waiting.refresh_from_db()
    assert waiting.status == "Submitted"


def test_a_viewer_reads_and_decides_nothing(waiting: VisitReport, browse_as: Callable[[str], Any]) -> None:
    viewer = browse_as("viewer")
    html = viewer.get(page(waiting)).content.decode()
    assert "Filters changed." in html
    assert 'data-key="a"' not in html
    for action in ("approve", "send_back"):
        assert viewer.post(page(waiting, action), {"reason": "x"}).status_code == 403


@pytest.mark.parametrize("who", ["integration_admin", "reviewer", "employee"])
def test_others_do_not_see_it(who: str, waiting: VisitReport, browse_as: Callable[[str], Any]) -> None:
    for address in (reverse(LIST), page(waiting), page(waiting, "print")):
        assert browse_as(who).get(address).status_code in (302, 403)


def test_another_tenants_answers_as_an_unknown_one(
    waiting: VisitReport, browse_as: Callable[[str], Any]
) -> None:
    stranger = browse_as("other_owner")
    for action in ("change", "print"):
        unknown = stranger.get(reverse(f"admin:visits_visitreport_{action}", args=[987654321]))
        theirs = stranger.get(page(waiting, action))
        assert (theirs.status_code, theirs.url) == (unknown.status_code, unknown.url)
    stranger.post(page(waiting, "approve"))
    waiting.refresh_from_db()
    assert waiting.status == "Submitted"


def test_the_printed_report_has_no_prices(waiting: VisitReport, browse_as: Callable[[str], Any]) -> None:
    make_price(waiting.tenant, "Time", "80.00", "Technician")
    html = browse_as("viewer").get(page(waiting, "print")).content.decode()
    assert "Filters changed." in html
    assert "80.00" not in html


def test_home_tells_how_many_wait(waiting: VisitReport, browse_as: Callable[[str], Any]) -> None:
    html = browse_as("dispatcher").get(reverse("admin:index")).content.decode()
    assert "1 report waits for approval" in html


def test_an_empty_list_says_where_reports_come_from(browse_as: Callable[[str], Any]) -> None:
    assert "No reports yet" in browse_as("dispatcher").get(reverse(LIST)).content.decode()


def test_a_longer_list_costs_no_more_statements(
    waiting: VisitReport,
    later: VisitReport,
    browse_as: Callable[[str], Any],
    django_assert_max_num_queries: Any,
) -> None:
    viewer = browse_as("viewer")
    viewer.get(reverse(LIST))
    with django_assert_max_num_queries(18):
        viewer.get(reverse(LIST))
