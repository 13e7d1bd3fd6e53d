"""Billing events and prices in the admin."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from ordinavo_connect.clients.models import User
from routing.billing.models import BillingEvent, BillingRule
from routing.visits.models import VisitReport
from tests.routing.billing.cast import make_billing_event, make_price, told

pytestmark = pytest.mark.django_db

LIST = "admin:billing_billingevent_changelist"


def page(event: BillingEvent, action: str = "change") -> str:
    return reverse(f"admin:billing_billingevent_{action}", args=[event.pk])


def rows(*lines: tuple[str, str, str, str]) -> dict[str, str]:
    """The form as a browser sends it: (description, quantity, unit, unit price)."""
    data = {"line-TOTAL_FORMS": str(len(lines)), "line-INITIAL_FORMS": str(len(lines))}
    for number, (description, quantity, unit, price) in enumerate(lines):
        data |= {
            f"line-{number}-kind": "",
            f"line-{number}-description": description,
            f"line-{number}-quantity": quantity,
            f"line-{number}-unit": unit,
            f"line-{number}-unit_price": price,
        }
    return data


@pytest.fixture
def pending(report: VisitReport) -> BillingEvent:
    return make_billing_event(report, "Pending")


@pytest.mark.parametrize("who", ["owner", "dispatcher", "viewer"])
def test_the_list_names_amount_and_state(
    who: str, billing_event: BillingEvent, browse_as: Callable[[str], Any]
) -> None:
    html = browse_as(who).get(reverse(LIST)).content.decode()
    assert "120.00 EUR" in html
    assert "Ready" in html
    assert billing_event.report.title in html


@pytest.mark.parametrize(("words", "is_found"), [("essen job-1", True), ("essen job-2", False)])
def test_it_is_found_by_what_people_remember(
    words: str, is_found: bool, billing_event: BillingEvent, browse_as: Callable[[str], Any]
) -> None:
    html = browse_as("dispatcher").get(reverse(LIST), {"q": words}).content.decode()
    assert (page(billing_event) in html) is is_found


@pytest.mark.parametrize("who", ["integration_admin", "reviewer", "employee"])
def test_others_do_not_see_it(who: str, billing_event: BillingEvent, browse_as: Callable[[str], Any]) -> None:
    assert browse_as(who).get(reverse(LIST)).status_code in (302, 403)
    assert browse_as(who).get(page(billing_event)).status_code in (302, 403)


def test_another_tenants_answers_as_an_unknown_one(
    billing_event: BillingEvent, browse_as: Callable[[str], Any]
) -> None:
    stranger = browse_as("other_owner")
    unknown = stranger.get(reverse("admin:billing_billingevent_change", args=[987654321]))
    theirs = stranger.get(page(billing_event))
    assert (theirs.status_code, theirs.url) == (unknown.status_code, unknown.url)
    assert stranger.post(page(billing_event, "offer_again")).status_code == unknown.status_code


def test_what_waits_is_completed_with_prices(
    pending: BillingEvent, browse_as: Callable[[str], Any], dispatcher: User
) -> None:
    dispatcher_browser = browse_as("dispatcher")
    assert "No price for Work." in dispatcher_browser.get(page(pending)).content.decode()
    given = rows(("Work", "1.5", "h", "80"), ("", "", "", ""))
    assert dispatcher_browser.post(page(pending, "complete"), given).status_code == 302
    pending.refresh_from_db()
    assert (pending.status, str(pending.total), pending.completed_by) == ("Ready", "120.00", dispatcher)
    assert told() == ["billing.event_ready"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("Work", "1.5", "h", ""), "Every line needs a price."),
        (("", "1.5", "h", "80"), "Say what is billed"),
        (("Work", "", "h", "80"), "How many?"),
        (("Work", "0", "h", "80"), "greater than or equal"),
    ],
)
def test_a_wrong_row_says_what_is_wrong_and_keeps_what_was_typed(
    line: tuple[str, str, str, str], said: str, pending: BillingEvent, browse_as: Callable[[str], Any]
) -> None:
    response = browse_as("dispatcher").post(page(pending, "complete"), rows(line, ("Typed", "2", "pc", "3")))
    assert said in response.content.decode()
    assert 'value="Typed"' in response.content.decode()
    pending.refresh_from_db()
    assert pending.status == "Pending"


def test_a_price_that_was_added_meanwhile_is_filled_in(
    pending: BillingEvent, browse_as: Callable[[str], Any]
) -> None:
    make_price(pending.tenant, "Time", "77.00", "Work")
    assert 'value="77.00"' in browse_as("dispatcher").get(page(pending)).content.decode()


def test_who_may_only_look_is_offered_nothing(pending: BillingEvent, browse_as: Callable[[str], Any]) -> None:
    viewer = browse_as("viewer")
    assert "Complete and release" not in viewer.get(page(pending)).content.decode()
    assert viewer.post(page(pending, "complete"), rows(("Work", "1", "h", "1"))).status_code == 403
    pending.refresh_from_db()
    assert pending.status == "Pending"


def test_what_failed_is_offered_again(report: VisitReport, browse_as: Callable[[str], Any]) -> None:
    failed = make_billing_event(report, "Failed")
    dispatcher = browse_as("dispatcher")
    html = dispatcher.get(page(failed)).content.decode()
    assert "The customer is blocked." in html
    assert "Offer again" in html
    dispatcher.post(page(failed, "offer_again"))
    failed.refresh_from_db()
    assert failed.status == "Ready"


def test_the_csv_has_the_filtered_rows(billing_event: BillingEvent, browse_as: Callable[[str], Any]) -> None:
    export = reverse("admin:billing_billingevent_export")
    viewer = browse_as("viewer")
    csv = b"".join(viewer.get(export).streaming_content).decode()
    assert "120.00,EUR" in csv
    filtered = b"".join(viewer.get(f"{export}?status__exact=Sent").streaming_content).decode()
    assert len(filtered.splitlines()) == 1


def test_home_tells_what_waits_and_what_failed(
    pending: BillingEvent, browse_as: Callable[[str], Any]
) -> None:
    html = browse_as("dispatcher").get(reverse("admin:index")).content.decode()
    assert "1 billing event waits for a price" in html


def test_an_empty_list_says_what_to_do(browse_as: Callable[[str], Any]) -> None:
    dispatcher = browse_as("dispatcher")
    assert "Nothing to bill yet" in dispatcher.get(reverse(LIST)).content.decode()
    prices = dispatcher.get(reverse("admin:billing_billingrule_changelist"))
    assert "Add the first price" in prices.content.decode()


def test_a_price_is_added_and_not_twice(browse_as: Callable[[str], Any], tenant: Any) -> None:
    dispatcher = browse_as("dispatcher")
    price = {
        "kind": "Time",
        "description": "Technician",
        "template_key": "",
        "unit": "",
        "unit_price": "80",
        "step_minutes": "15",
        "is_active": "on",
    }
    add = reverse("admin:billing_billingrule_add")
    assert dispatcher.post(add, price).status_code == 302
    assert BillingRule.objects.get().tenant == tenant
    again = dispatcher.post(add, price | {"description": "TECHNICIAN"})
    assert "There is such a price already." in again.content.decode()
    html = dispatcher.get(reverse("admin:billing_billingrule_changelist")).content.decode()
    assert "80.00 EUR / h" in html


def test_a_long_list_costs_no_more_statements(
    report: VisitReport, browse_as: Callable[[str], Any], django_assert_max_num_queries: Any
) -> None:
    make_billing_event(report)
    viewer = browse_as("viewer")
    viewer.get(reverse(LIST))
    with django_assert_max_num_queries(16):
        viewer.get(reverse(LIST))
