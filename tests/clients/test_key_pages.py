"""Keys in the admin: shown once, rotated, revoked."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ordinavo_connect.clients.key_lifecycle import create_key, revoke_key
from ordinavo_connect.clients.models import ApiKey, IntegrationClient, User
from tests.api_caller import ApiCaller

BrowserOf = Callable[[User], Client]
KEY = {"name": "production", "reach": "client"}


def new_key_page(client: IntegrationClient) -> str:
    return reverse("admin:clients_key_new", args=[client.pk])


def rotate_page(key: ApiKey) -> str:
    return reverse("admin:clients_key_rotate", args=[key.client_id, key.pk])


def revoke_page(key: ApiKey) -> str:
    return reverse("admin:clients_key_revoke", args=[key.client_id, key.pk])


def send(browser: Client, page: str, form: dict[str, Any]) -> Any:
    """Opens the page, as a person does, and sends its form."""
    return browser.post(page, form | {"once": browser.get(page).context["once"]})


def test_a_key_is_made_and_works(
    browser_of: BrowserOf, integration_admin: User, erp: IntegrationClient
) -> None:
    response = send(browser_of(integration_admin), new_key_page(erp), KEY)

    text = response.context["text"]
    assert text in response.content.decode()
    assert ApiCaller(text).get("/integration/health").status_code == 200
    key = erp.api_keys.get()
    assert (key.name, key.created_by, key.scopes, key.expires_at) == (
        "production",
        integration_admin,
        None,
        None,
    )


def test_a_reload_neither_shows_nor_makes_a_key(
    browser_of: BrowserOf, owner: User, erp: IntegrationClient
) -> None:
    browser = browser_of(owner)
    form = KEY | {"once": browser.get(new_key_page(erp)).context["once"]}
    text = browser.post(new_key_page(erp), form).context["text"]
    again = browser.post(new_key_page(erp), form, follow=True)

    assert text not in again.content.decode()
    assert "This page was sent already" in again.content.decode()
    assert erp.api_keys.count() == 1


def test_the_text_of_a_key_is_kept_nowhere(
    browser_of: BrowserOf, owner: User, erp: IntegrationClient
) -> None:
    browser = browser_of(owner)
    response = send(browser, new_key_page(erp), KEY)
    secret = response.context["text"].rpartition("_")[2]

    assert "no-store" in response.headers["Cache-Control"]
    for session in Session.objects.all():
        assert secret not in str(session.get_decoded())
    for entry in LogEntry.objects.all():
        assert secret not in entry.change_message
    assert (
        secret
        not in browser.get(reverse("admin:clients_integrationclient_change", args=[erp.pk])).content.decode()
    )


def test_a_key_may_be_narrower_and_end(browser_of: BrowserOf, owner: User, erp: IntegrationClient) -> None:
    with time_machine.travel(datetime(2027, 1, 1, tzinfo=UTC)):
        form = {"name": "k", "reach": "narrower", "scopes": ["customers.read"], "last_day": "2027-01-31"}
        send(browser_of(owner), new_key_page(erp), form)

    key = erp.api_keys.get()
    assert key.scopes == ["customers.read"]
    # The day ends in Berlin, where the tenant is.
    assert key.expires_at == datetime(2027, 1, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"name": " "}, "name"),
        ({"last_day": "2020-01-01"}, "last_day"),
        ({"last_day": "soon"}, "last_day"),
        ({"reach": "narrower"}, "scopes"),
        ({"reach": "narrower", "scopes": ["billing.read"]}, "scopes"),
    ],
)
def test_a_fault_is_told_beside_its_field(
    browser_of: BrowserOf, owner: User, erp: IntegrationClient, form: dict[str, Any], field: str
) -> None:
    response = send(browser_of(owner), new_key_page(erp), KEY | form)

    assert response.context["form"].errors.keys() == {field}
    assert not erp.api_keys.exists()


def test_a_key_is_rotated_with_an_overlap(browser_of: BrowserOf, owner: User, erp: IntegrationClient) -> None:
    key, _old = create_key(erp, name="production")
    response = send(browser_of(owner), rotate_page(key), {"overlap": "24"})

    assert ApiCaller(response.context["text"]).get("/integration/health").status_code == 200
    key.refresh_from_db()
    assert timedelta(hours=23) < key.expires_at - timezone.now() <= timedelta(hours=24)


def test_a_key_that_has_ended_is_not_rotated(
    browser_of: BrowserOf, owner: User, erp: IntegrationClient
) -> None:
    key, _text = create_key(erp, name="production")
    revoke_key(key)
    response = send(browser_of(owner), rotate_page(key), {"overlap": "24"})

    assert response.status_code == 302
    assert erp.api_keys.count() == 1


def test_a_key_is_revoked_after_a_question(
    browser_of: BrowserOf, owner: User, erp: IntegrationClient
) -> None:
    key, text = create_key(erp, name="production")
    ApiCaller(text).get("/integration/health")
    browser = browser_of(owner)

    assert "It is in use:" in browser.get(revoke_page(key)).content.decode()
    assert ApiCaller(text).get("/integration/health").status_code == 200
    browser.post(revoke_page(key))
    assert ApiCaller(text).get("/integration/health").json()["error"]["code"] == "api_key_revoked"


def test_the_client_shows_its_keys_by_their_public_part(
    browser_of: BrowserOf, owner: User, erp: IntegrationClient
) -> None:
    key, text = create_key(erp, name="production", scopes=["integration.health.read"])
    ApiCaller(text).get("/integration/health")
    page = (
        browser_of(owner)
        .get(reverse("admin:clients_integrationclient_change", args=[erp.pk]))
        .content.decode()
    )

    for shown in ("production", f"oc_live_{key.public_id}", "integration.health.read", "127.0.0.1"):
        assert shown in page


@pytest.mark.parametrize("name", ["viewer", "reviewer", "dispatcher"])
def test_other_roles_have_no_keys(
    browser_of: BrowserOf, erp: IntegrationClient, name: str, request: pytest.FixtureRequest
) -> None:
    key, _text = create_key(erp, name="production")
    browser = browser_of(request.getfixturevalue(name))

    for page in (new_key_page(erp), rotate_page(key), revoke_page(key)):
        assert browser.get(page).status_code == 403
        assert browser.post(page, KEY).status_code == 403
    assert ApiKey.objects.filter(revoked_at=None).count() == 1


def test_another_tenants_key_is_not_there(
    browser_of: BrowserOf, owner: User, erp: IntegrationClient, other_erp: IntegrationClient
) -> None:
    theirs, text = create_key(other_erp, name="production")
    browser = browser_of(owner)
    pages = [
        new_key_page(other_erp),
        rotate_page(theirs),
        revoke_page(theirs),
        # Below a client of one's own.
        reverse("admin:clients_key_revoke", args=[erp.pk, theirs.pk]),
    ]

    for page in pages:
        assert browser.post(page, KEY | {"overlap": "24"}).headers["Location"] == "/admin/"
    assert ApiCaller(text).get("/integration/health").status_code == 200
