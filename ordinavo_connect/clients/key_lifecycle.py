"""The life of an API key: made, rotated with an overlap, revoked. Its text leaves as a return value only."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet, TextChoices, Value
from django.db.models.functions import Coalesce, Least
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ordinavo_connect.clients import scopes as catalogue
from ordinavo_connect.clients.client_rules import Errors, expiry_error
from ordinavo_connect.clients.keys import new_key
from ordinavo_connect.clients.models import ApiKey, IntegrationClient, User

# An old key that works on for longer is a second key, not an overlap.
LONGEST_OVERLAP = timedelta(days=30)


class KeyEnded(Exception):
    """The key was revoked, has expired or was rotated already: there is nothing left to rotate or revoke."""


def create_key(
    client: IntegrationClient,
    *,
    name: str,
    scopes: Iterable[str] | None = None,
    expires_at: datetime | None = None,
    by: User | None = None,
) -> tuple[ApiKey, str]:
    """A new key of a client, and its text: the only time that it is to be had.

    Args:
        scopes: narrower than the client's; None: all of the client's, those that it gets later too.
        expires_at: with its zone, in the future; None: never.

    Raises:
        ValidationError: with every fault at once, by the name of the argument.
    """
    errors: Errors = {}
    names = None
    try:
        names = None if scopes is None else _scopes_of(client, scopes)
    except ValueError as error:
        errors["scopes"] = [str(error)]
    if wrong := expiry_error(expires_at):
        errors["expires_at"] = [wrong]
    if not 1 <= len(name.strip()) <= 200:
        errors["name"] = [_("A key needs a name of 1 to 200 characters.")]
    if errors:
        raise ValidationError(errors)
    return _insert(client, name=name.strip(), scopes=names, expires_at=expires_at, by=by)


@transaction.atomic
def rotate_key(key: ApiKey, *, overlap: timedelta, by: User | None = None) -> tuple[ApiKey, str]:
    """A key of the same name, scopes and length of life in place of this one, which works on for the overlap.

    Of two calls at once one makes a key.

    Raises:
        KeyEnded: the key was rotated, revoked or has expired already.
        ValidationError: the overlap is negative or longer than 30 days.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise ValidationError({"overlap": [_("The overlap lies between 0 hours and 30 days.")]})
    now = timezone.now()
    life = key.expires_at - key.created_at if key.expires_at else None
    fresh, text = _insert(
        key.client, name=key.name, scopes=key.scopes, expires_at=now + life if life else None, by=by
    )
    ends = Value(now + overlap)
    rotated = _living(key, now).update(
        replaced_by=fresh, expires_at=Least(Coalesce("expires_at", ends), ends)
    )
    if rotated != 1:
        raise KeyEnded  # The transaction takes the new key back.
    return fresh, text


def revoke_key(key: ApiKey) -> None:
    """The key stops working at once and for good.

    Raises:
        KeyEnded: it was revoked already.
    """
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()) != 1:
        raise KeyEnded


def _living(key: ApiKey, now: datetime) -> QuerySet[ApiKey]:
    not_expired = Q(expires_at=None) | Q(expires_at__gt=now)
    return ApiKey.objects.filter(not_expired, pk=key.pk, revoked_at=None, replaced_by=None)


def _scopes_of(client: IntegrationClient, names: Iterable[str]) -> list[str]:
    wanted = catalogue.canonical(names)
    if missing := [name for name in wanted if not catalogue.allows(client.scopes, name)]:
        raise ValueError(_("The client has not: %(scopes)s.") % {"scopes": ", ".join(missing)})
    return wanted


def _insert(
    client: IntegrationClient,
    *,
    name: str,
    scopes: list[str] | None,
    expires_at: datetime | None,
    by: User | None,
) -> tuple[ApiKey, str]:
    made = new_key(client.tenant.environment)
    key = ApiKey.objects.create(
        tenant_id=client.tenant_id,
        client=client,
        name=name,
        public_id=made.public_id,
        secret_hash=made.secret_hash,
        scopes=scopes,
        expires_at=expires_at,
        created_by=by,
    )
    return key, made.text


class KeyState(TextChoices):
    """What a key is worth at a moment."""

    ACTIVE = "active", gettext_lazy("Active")
    ENDING = "ending", gettext_lazy("Rotated, works on until it ends")
    EXPIRED = "expired", gettext_lazy("Expired")
    REVOKED = "revoked", gettext_lazy("Revoked")


def state_of(key: ApiKey, *, at: datetime) -> KeyState:
    """The state of a key: revoked before expired, as the API tells it."""
    if key.revoked_at is not None:
        return KeyState.REVOKED
    if key.expires_at is not None and key.expires_at <= at:
        return KeyState.EXPIRED
    return KeyState.ENDING if key.replaced_by_id else KeyState.ACTIVE
