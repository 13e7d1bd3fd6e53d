"""The page of an import item tells what was received, what was decided and what came of it."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from imports.models import ImportItem, Target
from ordinavo_connect.clients.models import Tenant, User
from tests.api_caller import ApiCaller
from tests.factories import make_customer, make_reference
from tests.imports.admin_cases import conflict, job

Browsers = Callable[[User], Client]


def _page(browser: Client, item: ImportItem) -> str:
    return browser.get(reverse("admin:imports_importitem_change", args=[item.pk])).content.decode()


def test_received_is_shown_with_unknown_fields_marked(
    api: ApiCaller, browser_of: Browsers, viewer: User
) -> None:
    api.post("/inbound/targets", job("JOB-1", colour="blue"))
    page = _page(browser_of(viewer), ImportItem.objects.get())
    assert '<span class="oc-unknown">  &quot;colour&quot;: &quot;blue&quot;' in page
    assert "Marked" in page


def test_nothing_that_was_received_becomes_markup(api: ApiCaller, browser_of: Browsers, viewer: User) -> None:
    evil = "<script>alert(1)</script>"
    api.post("/inbound/targets", job("JOB-1", title=evil, customFields={evil: evil}))
    for address in (
        reverse("admin:imports_importitem_change", args=[ImportItem.objects.get().pk]),
        reverse("admin:imports_importitem_changelist"),
        reverse("admin:imports_target_change", args=[Target.objects.get().pk]),
        reverse("admin:imports_target_changelist"),
    ):
        assert evil not in browser_of(viewer).get(address).content.decode()


def test_decided_names_the_record_the_rule_and_the_open_review(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, reviewer: User
) -> None:
    review, known, other = conflict(api, tenant)
    page = _page(browser_of(reviewer), ImportItem.objects.get())
    for text in (
        str(known),
        str(other),
        "by external ID",
        "Conflict",
        "The external ID leads to this customer",
    ):
        assert text in page
    assert reverse("admin:customers_mappingreview_change", args=[review.pk]) in page


def test_who_may_not_see_reviews_gets_no_link_to_one(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, dispatcher: User
) -> None:
    conflict(api, tenant)
    assert "Waits for review" not in _page(browser_of(dispatcher), ImportItem.objects.get())


def test_result_shows_changes_field_by_field_and_events(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, viewer: User
) -> None:
    api.post("/inbound/targets", job("JOB-1"))
    make_reference(make_customer(tenant), "CUST-1")
    api.post("/inbound/targets", job("JOB-1", title="Moved", customer={"externalId": "CUST-1"}))
    page = _page(browser_of(viewer), ImportItem.objects.latest("pk"))
    for text in ("Visit JOB-1", "Moved", "Rhein-Ruhr Medical Supply", "target.updated", "evt_"):
        assert text in page
    assert "target.imported" not in page  # That is the event of the first import.


def test_a_rejected_item_says_which_field_and_why(api: ApiCaller, browser_of: Browsers, viewer: User) -> None:
    api.post("/inbound/targets", job("JOB-1", location={"latitude": 200, "longitude": 7}))
    page = _page(browser_of(viewer), ImportItem.objects.get())
    assert "location.latitude" in page
    assert "target.rejected" in page


def test_earlier_and_later_imports_of_the_external_id_are_a_strip(
    api: ApiCaller, other_api: ApiCaller, browser_of: Browsers, viewer: User
) -> None:
    for number in range(3):
        api.post("/inbound/targets", job("JOB-1", description=str(number)))
    other_api.post("/inbound/targets", job("JOB-1"))
    items = list(ImportItem.objects.order_by("pk"))
    page = _page(browser_of(viewer), items[1])
    strip = page[page.index("oc-strip") : page.index("</nav>", page.index("oc-strip"))]
    addresses = [reverse("admin:imports_importitem_change", args=[item.pk]) for item in items]
    assert [address in strip for address in addresses] == [True, True, True, False]


def test_an_item_that_is_no_object_has_a_page_too(api: ApiCaller, browser_of: Browsers, viewer: User) -> None:
    api.post("/inbound/targets/batch", {"items": ["nonsense", None, {"externalId": 7}, [1, {"a": []}]]})
    for item in ImportItem.objects.all():
        assert "Rejected" in _page(browser_of(viewer), item)


def test_the_list_is_searched_and_filtered(api: ApiCaller, browser_of: Browsers, viewer: User) -> None:
    api.post("/inbound/targets/batch", {"items": [job("JOB-1"), job("JOB-2"), {"externalId": "JOB-3"}]})
    browser, address = browser_of(viewer), reverse("admin:imports_importitem_changelist")
    for query, count in (({"q": "JOB-2"}, 1), ({"status__exact": "Rejected"}, 1), ({"q": "JOB"}, 0), ({}, 3)):
        assert browser.get(address, query).context["cl"].result_count == count


def test_the_export_is_safe_to_open_in_a_spreadsheet(
    api: ApiCaller, browser_of: Browsers, viewer: User
) -> None:
    api.post("/inbound/targets", job("=cmd|'/C calc'!A0"))
    exported = b"".join(browser_of(viewer).get(reverse("admin:imports_importitem_export"))).decode()
    assert ",'=cmd|" in exported


def test_who_sees_no_registry_reads_names_without_links(
    api: ApiCaller, tenant: Tenant, browser_of: Browsers, integration_admin: User
) -> None:
    customer = make_customer(tenant)
    make_reference(customer, "CUST-1")
    api.post("/inbound/targets", job("JOB-1", customer={"externalId": "CUST-1"}))
    item = ImportItem.objects.get()
    for page in (
        reverse("admin:imports_importitem_change", args=[item.pk]),
        reverse("admin:imports_target_change", args=[item.target_id]),
    ):
        text = browser_of(integration_admin).get(page).content.decode()
        assert str(customer) in text
        assert reverse("admin:customers_customer_change", args=[customer.pk]) not in text


def test_an_item_that_was_refused_does_not_claim_that_nothing_came(
    api: ApiCaller, browser_of: Browsers, viewer: User
) -> None:
    api.post("/inbound/targets", {"externalId": "JOB-1", "title": "", "customer": {"externalId": "CUST-1"}})
    page = reverse("admin:imports_importitem_change", args=[ImportItem.objects.get().pk])
    assert "It was refused before anything was mapped." in browser_of(viewer).get(page).content.decode()
