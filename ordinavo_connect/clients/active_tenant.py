"""Which tenant a member of staff works for right now: one at a time, chosen in the user menu.

A membership of a live tenant counts for its sandbox too. An employee's does not count here: that role has no
admin. The choice is kept in the session, and holds only as long as a membership stands behind it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from ordinavo_connect.clients.models import Membership, Role, Tenant, User

SESSION_KEY = "active_tenant"

# A superuser may go everywhere; the menu names this many.
MENU_LENGTH = 50


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody works, as what, and where else the person may go."""

    tenant: Tenant | None = None
    role: Role | None = None
    choices: tuple[Tenant, ...] = ()


def place_of(user: User) -> Place:
    """Where this user works: as the request decided, outside of one at the first of the person's tenants."""
    place: Place | None = getattr(user, "place", None)
    if place is None:
        place = put_to_work(user, chosen=None)
    return place


def put_to_work(user: User, *, chosen: int | None) -> Place:
    """Decide the place of a user, for as long as this object lives. `chosen`: the id of a tenant."""
    place = _of_superuser(user, chosen) if user.is_superuser else _of_member(user, chosen)
    user.place = place  # type: ignore[attr-defined]
    return place


def may_enter(user: User, tenant: Tenant) -> bool:
    """Whether the user can make this tenant the active one."""
    return user.is_superuser or any(tenant.pk == choice.pk for choice in place_of(user).choices)


def _of_member(user: User, chosen: int | None) -> Place:
    roles: dict[int, Role] = {}
    choices: list[Tenant] = []
    for membership in _memberships(user):
        for tenant in _with_sandbox(membership.tenant):
            roles[tenant.pk] = Role(membership.role)
            choices.append(tenant)
    if not choices:
        return Place()
    active = next((tenant for tenant in choices if tenant.pk == chosen), choices[0])
    return Place(active, roles[active.pk], tuple(choices))


def _of_superuser(user: User, chosen: int | None) -> Place:
    choices = tuple(Tenant.objects.order_by("name", "pk")[:MENU_LENGTH])
    active = Tenant.objects.filter(pk=chosen).first() if chosen is not None else None
    if active is None:
        own = _memberships(user)
        active = own[0].tenant if own else next((choice for choice in choices if not choice.is_sandbox), None)
    return Place(active, Role.OWNER, choices)


def _memberships(user: User) -> list[Membership]:
    rows = Membership.objects.filter(user=user).exclude(role=Role.EMPLOYEE)
    return list(rows.select_related("tenant__sandbox").order_by("tenant__name", "pk"))


def _with_sandbox(tenant: Tenant) -> tuple[Tenant, ...]:
    sandbox: Tenant | None = getattr(tenant, "sandbox", None)
    return (tenant, sandbox) if sandbox else (tenant,)


class ActiveTenantMiddleware:
    """Gives requests to the admin their `tenant` (None where there is none), and shows times in its zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.tenant = None  # type: ignore[attr-defined]
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if request.resolver_match is None or "admin" not in request.resolver_match.app_names:
            return
        user: User | AnonymousUser = request.user
        if not user.is_authenticated:
            return
        place = put_to_work(user, chosen=request.session.get(SESSION_KEY))
        request.tenant = place.tenant  # type: ignore[attr-defined]
        if place.tenant:
            timezone.activate(place.tenant.time_zone)
