"""The home page: what needs a person now, how imports go, and the first steps of a new tenant."""

from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from imports.figures import CHART_DAYS, imports_by_day, last_day_of
from imports.models import ImportJob
from ordinavo_connect.clients.models import IntegrationClient, Tenant, User
from tests.api_caller import ApiCaller
from tests.factories import make_key
from tests.imports.admin_cases import job, unknown_customer

Browsers = Callable[[User], Client]


def _home(browser: Client) -> str:
    return browser.get(reverse("admin:index")).content.decode()


def test_a_new_tenant_sees_its_steps(tenant: Tenant, browser_of: Browsers, owner: User) -> None:
    page = _home(browser_of(owner))
    assert reverse("admin:clients_integrationclient_add") in page
    assert "curl" in page


def test_steps_are_ticked_as_they_are_done(erp: IntegrationClient, browser_of: Browsers, owner: User) -> None:
    browser = browser_of(owner)
    assert _home(browser).count("oc-is-done") == 1
    make_key(erp)
    assert _home(browser).count("oc-is-done") == 2


def test_the_first_import_ticks_its_step_and_brings_the_chart(
    api: ApiCaller, browser_of: Browsers, owner: User
) -> None:
    api.post("/inbound/targets", job("JOB-1"))
    page = _home(browser_of(owner))
    assert page.count("oc-is-done") == 3
    assert "curl" not in page
    assert "Imports of the last 14 days" in page
    assert "All done" in page


def test_steps_that_a_tenant_does_not_want_go_away(api: ApiCaller, browser_of: Browsers, owner: User) -> None:
    api.post("/inbound/targets", job("JOB-1"))
    ImportJob.objects.update(created_at=timezone.now() - timedelta(days=15))
    assert "First steps" not in _home(browser_of(owner))


def test_it_says_what_waits_with_a_link_to_exactly_that(
    api: ApiCaller, browser_of: Browsers, owner: User
) -> None:
    unknown_customer(api)
    api.post("/inbound/targets/batch", {"items": [{"externalId": "JOB-9"}]})
    page = _home(browser_of(owner))
    assert "1 mapping waits for review" in page
    assert "1 item was rejected in the last 24 h" in page
    assert f"{reverse('admin:imports_importitem_changelist')}?status__exact=Rejected" in page


def test_keys_that_end_soon_are_told_to_those_who_make_keys(
    erp: IntegrationClient, browser_of: Browsers, owner: User, viewer: User
) -> None:
    make_key(erp, name="old", expires_at=timezone.now() + timedelta(days=3))
    make_key(erp, name="lasting", expires_at=timezone.now() + timedelta(days=300))
    assert "The key old of Acme ERP ends on" in _home(browser_of(owner))
    assert "lasting" not in _home(browser_of(owner))
    assert "The key old" not in _home(browser_of(viewer))


def test_nothing_of_another_tenant_is_counted(
    api: ApiCaller, browser_of: Browsers, other_owner: User
) -> None:
    unknown_customer(api)
    page = _home(browser_of(other_owner))
    assert "waits for review" not in page
    assert "First steps" in page


def test_days_are_those_of_the_tenants_calendar(api: ApiCaller, tenant: Tenant) -> None:
    api.post("/inbound/targets", job("JOB-1"))
    with timezone.override(tenant.time_zone):
        late = timezone.localtime().replace(hour=23, minute=30) - timedelta(days=2)
        ImportJob.objects.update(created_at=late)
        days = imports_by_day(tenant)
        assert len(days) == CHART_DAYS
        assert [day.day for day in days if day.total] == [late.date()]


def test_the_four_figures_of_a_client(api: ApiCaller, erp: IntegrationClient) -> None:
    unknown_customer(api, jobs=2)
    api.post("/inbound/targets/batch", {"items": [{"externalId": "JOB-9"}, job("JOB-1")]})
    ImportJob.objects.filter(pk=ImportJob.objects.earliest("pk").pk).update(
        created_at=timezone.now() - timedelta(hours=25)
    )
    assert [figure.value for figure in last_day_of(erp)] == [1, 1, 1, 1]


def test_each_figure_leads_to_what_it_counts(
    api: ApiCaller, erp: IntegrationClient, browser_of: Browsers, owner: User
) -> None:
    unknown_customer(api, jobs=2)
    api.post("/inbound/targets/batch", {"items": [{"externalId": "JOB-9"}, job("JOB-1")]})
    api.post("/inbound/targets", job("JOB-2"))
    ImportJob.objects.filter(pk=ImportJob.objects.latest("pk").pk).update(
        created_at=timezone.now() - timedelta(hours=25)
    )
    imports, _made, to_review, rejected = last_day_of(erp)
    browser = browser_of(owner)
    listed = [
        browser.get(figure.link).context["cl"].result_count for figure in (imports, to_review, rejected)
    ]
    assert (imports.value, to_review.value, rejected.value) == (2, 1, 1)
    assert listed == [2, 1, 1]


def test_what_was_rejected_lately_is_listed_without_what_was_long_ago(
    api: ApiCaller, browser_of: Browsers, owner: User
) -> None:
    for number in ("1", "2"):
        api.post("/inbound/targets", {"externalId": f"JOB-{number}"})
    ImportJob.objects.filter(pk=ImportJob.objects.earliest("pk").pk).update(
        created_at=timezone.now() - timedelta(hours=25)
    )
    browser = browser_of(owner)
    (need,) = browser.get(reverse("admin:index")).context["needs"]
    assert "1 item was rejected" in need["text"]
    assert browser.get(need["link"]).context["cl"].result_count == 1
