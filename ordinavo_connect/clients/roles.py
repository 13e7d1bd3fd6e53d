"""What each role of staff may do (API contract, Roles of staff), and the backend that asks it.

Permissions follow from the role in the tenant that a person works for right now; neither groups nor
permissions of single users count. Superusers may all.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import Model

from ordinavo_connect.clients.active_tenant import place_of
from ordinavo_connect.clients.models import Role, User

DECIDE_REVIEWS = "customers.decide_mappingreview"


def _all(app: str, actions: str, *models: str) -> frozenset[str]:
    return frozenset(f"{app}.{action}_{model}" for action in actions.split() for model in models)


_REGISTRY = ("customer", "location", "contact", "externalreference")
_HISTORY = tuple(f"{model}event" for model in _REGISTRY)

READ_IMPORTS = _all("imports", "view", "importjob", "importitem", "target")
READ_REGISTRY = _all("customers", "view", *_REGISTRY, *_HISTORY)
WRITE_REGISTRY = _all("customers", "add change delete", *_REGISTRY)
READ_REVIEWS = _all("customers", "view", "mappingreview")
READ_CLIENTS = _all("clients", "view", "integrationclient")
WRITE_CLIENTS = _all("clients", "add change delete", "integrationclient")
KEYS = _all("clients", "view add change", "apikey")
READ_EVENTS = _all("events", "view", "event")
READ_WEBHOOKS = _all("delivery", "view", "subscription", "delivery")
# Changing a delivery is sending it again.
MANAGE_WEBHOOKS = _all("delivery", "add change delete", "subscription") | _all(
    "delivery", "change", "delivery"
)
READ_PLANNING = _all("planning", "view", "employee", "routesuggestion", "route", "appointment")
# Changing a suggestion is planning and publishing; changing an appointment is moving or cancelling it.
PLAN = _all("planning", "add change", "routesuggestion") | _all("planning", "change", "appointment")
WRITE_EMPLOYEES = _all("planning", "view add change delete", "employee", "workinghours", "absence")
READ_REPORTS = _all("visits", "view", "visitreport")
DECIDE_REPORTS = "visits.decide_visitreport"
READ_BILLING = _all("billing", "view", "billingevent", "billingrule")
# Changing a billing event is giving it the prices that it waits for.
BILL = _all("billing", "change", "billingevent") | _all("billing", "add change delete", "billingrule")
READ_STAFF = _all("clients", "view", "membership", "tenant")
WRITE_STAFF = _all("clients", "add change delete", "membership") | _all("clients", "change", "tenant")

PERMISSIONS: dict[str, frozenset[str]] = {
    Role.OWNER: frozenset().union(
        *(READ_IMPORTS, READ_REGISTRY, WRITE_REGISTRY, READ_REVIEWS, {DECIDE_REVIEWS}),
        *(READ_CLIENTS, WRITE_CLIENTS, KEYS, READ_EVENTS, READ_WEBHOOKS, MANAGE_WEBHOOKS),
        *(READ_PLANNING, PLAN, WRITE_EMPLOYEES, READ_REPORTS, {DECIDE_REPORTS}, READ_BILLING, BILL),
        *(READ_STAFF, WRITE_STAFF),
    ),
    Role.INTEGRATION_ADMIN: frozenset().union(
        *(READ_CLIENTS, WRITE_CLIENTS, KEYS, READ_EVENTS, READ_WEBHOOKS, MANAGE_WEBHOOKS, READ_IMPORTS)
    ),
    Role.MAPPING_REVIEWER: READ_IMPORTS | READ_REGISTRY | READ_REVIEWS | {DECIDE_REVIEWS},
    Role.DISPATCHER: frozenset().union(
        *(READ_IMPORTS, READ_REGISTRY, READ_PLANNING, PLAN, WRITE_EMPLOYEES),
        *(READ_REPORTS, {DECIDE_REPORTS}, READ_BILLING, BILL),
    ),
    Role.VIEWER: frozenset().union(
        *(READ_IMPORTS, READ_REGISTRY, READ_REVIEWS, READ_CLIENTS, READ_EVENTS, READ_WEBHOOKS, READ_STAFF),
        *(READ_PLANNING, READ_REPORTS, READ_BILLING, _all("planning", "view", "workinghours", "absence")),
    ),
    # My Day only: see routing. Nothing in the admin.
    Role.EMPLOYEE: frozenset(),
}


class RoleBackend(ModelBackend):
    """Users log in with a password; what they may do stands in the table above."""

    def get_user_permissions(self, user_obj: Any, obj: Model | None = None) -> set[str]:
        return set()

    def get_group_permissions(self, user_obj: Any, obj: Model | None = None) -> set[str]:
        return set()

    def get_all_permissions(self, user_obj: Any, obj: Model | None = None) -> set[str]:
        return set(_permissions(user_obj))

    def has_perm(self, user_obj: Any, perm: str, obj: Model | None = None) -> bool:
        return perm in _permissions(user_obj)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return any(perm.startswith(f"{app_label}.") for perm in _permissions(user_obj))


def _permissions(user: Any) -> Iterable[str]:
    if not user.is_active or not isinstance(user, User):
        return ()
    place = place_of(user)
    return PERMISSIONS[place.role] if place.role else ()
