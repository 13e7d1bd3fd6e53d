"""System checks: what is wrong with the way that the product is set up. Ids are stable."""

from typing import Any, cast

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper

OLDEST_POSTGRESQL = 150000


@register(Tags.security)
def debug_is_off(**_kwargs: Any) -> list[CheckMessage]:
    """Pages of errors show settings and code where DEBUG is on."""
    if not settings.DEBUG:
        return []
    return [
        Warning("DEBUG is on.", hint="Unset DEBUG wherever others can reach the server.", id="ordinavo.W001")
    ]


@register(Tags.security)
def secret_key_is_strong(**_kwargs: Any) -> list[CheckMessage]:
    """Sessions can be forged by whoever guesses the key."""
    if len(settings.SECRET_KEY) >= 50 and len(set(settings.SECRET_KEY)) >= 5:
        return []
    hint = "Set SECRET_KEY to 50 random characters or more."
    return [Warning("SECRET_KEY is short or simple.", hint=hint, id="ordinavo.W002")]


@register(Tags.security)
def owner_is_another_role(**_kwargs: Any) -> list[CheckMessage]:
    """History is append-only only towards a role that does not own its tables."""
    app, owner = settings.DATABASES["default"], settings.DATABASES["owner"]
    if app["USER"] != owner["USER"]:
        return []
    hint = "Set DATABASE_OWNER_URL to the role that owns the tables, and DATABASE_URL to one that does not."
    return [
        Warning(
            "DATABASE_URL and DATABASE_OWNER_URL name one role: history is not append-only.",
            hint=hint,
            id="ordinavo.W003",
        )
    ]


@register(Tags.security)
def cookies_are_secure(**_kwargs: Any) -> list[CheckMessage]:
    """A session's cookie travels in the clear where a server is reached by more than its own machine."""
    local = {"localhost", "127.0.0.1", "[::1]", "testserver"}
    if settings.SECURE_COOKIES or set(settings.ALLOWED_HOSTS) <= local:
        return []
    hint = "Serve by https and set SECURE_COOKIES=true."
    return [Warning("Cookies are sent over http too.", hint=hint, id="ordinavo.W004")]


@register(Tags.security)
def encryption_keys_are_set(**_kwargs: Any) -> list[CheckMessage]:
    """A key made in VAR_DIR is no use to another machine on the same database, nor in its backup."""
    if settings.ARE_ENCRYPTION_KEYS_SET or settings.IS_DATABASE_EMBEDDED:
        return []
    hint = "Set ENCRYPTION_KEYS, to the content of VAR_DIR/encryption_key where secrets are stored already."
    return [
        Warning(
            "ENCRYPTION_KEYS is not set: only this folder can read the secrets of webhooks.",
            hint=hint,
            id="ordinavo.W007",
        )
    ]


@register(Tags.security)
def webhooks_stay_outside(**_kwargs: Any) -> list[CheckMessage]:
    """Who may subscribe chooses the URL, and so reaches what the sender reaches."""
    if not settings.WEBHOOK_ALLOWED_NETWORKS:
        return []
    networks = ", ".join(map(str, settings.WEBHOOK_ALLOWED_NETWORKS))
    return [
        Warning(
            f"Webhooks may reach {networks}, whatever lies there.",
            hint="Unset WEBHOOK_ALLOWED_NETWORKS unless receivers stand in these networks.",
            id="ordinavo.W005",
        )
    ]


@register(Tags.security)
def webhooks_are_encrypted(**_kwargs: Any) -> list[CheckMessage]:
    """Signed bodies can be read on the way where they go by http."""
    if not settings.WEBHOOK_ALLOW_HTTP:
        return []
    hint = "Unset WEBHOOK_ALLOW_HTTP wherever receivers are not on this machine."
    return [Warning("Webhooks may go by http, in the clear.", hint=hint, id="ordinavo.W006")]


@register(Tags.database)
def postgresql_is_recent(**kwargs: Any) -> list[CheckMessage]:
    """Checked where a command asks for checks of the database, `migrate` for one."""
    versions = [cast(DatabaseWrapper, connections[alias]).pg_version for alias in kwargs["databases"] or ()]
    return [
        Error(
            f"PostgreSQL {version // 10000} is too old.",
            hint="PostgreSQL 15 is the oldest that works.",
            id="ordinavo.E001",
        )
        for version in versions
        if version < OLDEST_POSTGRESQL
    ]
