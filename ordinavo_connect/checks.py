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
