"""Who may call the API: a Bearer key, checked with one query and one comparison in constant time.

Source: API contract, Authentication.
"""

import hmac
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from ordinavo_connect.api.client_address import address_of
from ordinavo_connect.api.errors import ApiError
from ordinavo_connect.api.statements import prepared_cursor
from ordinavo_connect.clients.caller import Caller, caller_of
from ordinavo_connect.clients.keys import KeyText, hash_of, parse
from ordinavo_connect.clients.models import ApiKey, IntegrationClient, Tenant

# A busy key is written once a minute, not once a request.
USE_IS_NOTED_EVERY = timedelta(minutes=1)

# What an unknown key is compared with, so that it takes as long as a known one with a wrong secret.
_NO_SECRET = bytes(32)


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <api key>`."""

    def authenticate(self, request: Request) -> tuple[Caller, Caller]:
        """The caller, as `request.user` and as `request.auth`.

        Raises:
            ApiError: the key is missing, malformed, unknown or wrong (`unauthorized`), or, told only to a
                caller whose secret is right, revoked, expired or of a disabled client.
        """
        shown = parse(_bearer(request.headers.get("Authorization", "")))
        if shown is None:
            raise ApiError("unauthorized")
        key = _checked(shown, at=timezone.now())
        note_use(key, address=address_of(request))
        caller = caller_of(key)
        return caller, caller

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _bearer(header: str) -> str:
    scheme, _, credentials = header.partition(" ")
    return credentials.strip(" ") if scheme.lower() == "bearer" else ""


def _checked(shown: KeyText, *, at: datetime) -> ApiKey:
    """The key that was shown, if it opens the door.

    Every refusal runs the same query and one comparison in constant time, and says why only to a caller whose
    secret was right: nobody learns which keys exist.
    """
    key = _key_of(shown.public_id)
    is_right = hmac.compare_digest(hash_of(shown.secret), bytes(key.secret_hash) if key else _NO_SECRET)
    if key is None or not is_right or shown.environment != key.client.tenant.environment:
        raise ApiError("unauthorized")
    if key.revoked_at is not None:
        raise ApiError("api_key_revoked")
    if key.expires_at is not None and key.expires_at <= at:
        raise ApiError("api_key_expired")
    if not key.client.is_active:
        raise ApiError("client_disabled")
    return key


_MODELS = (ApiKey, IntegrationClient, Tenant)
_FIELDS = [[field.attname for field in model._meta.concrete_fields] for model in _MODELS]
_LOOK_UP = (
    "SELECT "
    + ", ".join(
        f"{alias}.{field.column}"
        for alias, model in zip("kct", _MODELS, strict=True)
        for field in model._meta.concrete_fields
    )
    + f" FROM {ApiKey._meta.db_table} k"
    f" JOIN {IntegrationClient._meta.db_table} c ON c.id = k.client_id"
    f" JOIN {Tenant._meta.db_table} t ON t.id = c.tenant_id WHERE k.public_id = %s"
)


def _key_of(public_id: str) -> ApiKey | None:
    """A key with its client and tenant: one prepared statement.

    Every request asks for it, and putting the same query together anew took longer than the rest of a small one.
    """
    with prepared_cursor() as cursor:
        cursor.execute(_LOOK_UP, [public_id])
        row = cursor.fetchone()
    if row is None:
        return None
    values = iter(row)
    of_key, of_client, of_tenant = ([next(values) for _ in fields] for fields in _FIELDS)
    key = ApiKey.from_db("default", _FIELDS[0], of_key)
    key.client = IntegrationClient.from_db("default", _FIELDS[1], of_client)
    key.client.tenant = Tenant.from_db("default", _FIELDS[2], of_tenant)
    return key


def note_use(key: ApiKey, *, address: str) -> None:
    """Write when and from where a key was last used: once a minute, or when the address changes."""
    now, source = timezone.now(), address or None
    if key.last_used_at and key.last_used_at > now - USE_IS_NOTED_EVERY and key.last_used_from == source:
        return
    # Of many requests at once, one writes: the others find it done.
    is_due = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_IS_NOTED_EVERY) | ~Q(last_used_from=source)
    ApiKey.objects.filter(is_due, pk=key.pk).update(last_used_at=now, last_used_from=source)
