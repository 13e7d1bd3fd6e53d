"""What the application's role may do: work with rows; of history and audit, read and add."""

from typing import TYPE_CHECKING

from psycopg import sql

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

ROWS = sql.SQL("SELECT, INSERT, UPDATE, DELETE")
CHANGES = sql.SQL("UPDATE, DELETE, TRUNCATE")


def grant_rights(owner: "BaseDatabaseWrapper", *, role: str) -> None:
    """Give `role` its rights on every table of `owner`'s schema, those to come too. Repeatable.

    A role that owns the tables needs no rights and can lose none: nothing is done then.
    """
    if role == owner.settings_dict["USER"]:
        return
    app, public = sql.Identifier(role), sql.SQL("SCHEMA public")
    statements = [
        sql.SQL("GRANT USAGE ON {} TO {}").format(public, app),
        sql.SQL("GRANT {} ON ALL TABLES IN {} TO {}").format(ROWS, public, app),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN {} TO {}").format(public, app),
        sql.SQL("ALTER DEFAULT PRIVILEGES IN {} GRANT {} ON TABLES TO {}").format(public, ROWS, app),
        sql.SQL("ALTER DEFAULT PRIVILEGES IN {} GRANT USAGE, SELECT ON SEQUENCES TO {}").format(public, app),
    ]
    statements += [
        sql.SQL("REVOKE {} ON {} FROM {}").format(CHANGES, sql.Identifier(table), app)
        for table in append_only_tables()
    ]
    _execute(owner, statements)


def append_only_tables() -> list[str]:
    """The tables of history, and what else only grows."""
    from django.apps import apps  # The package is imported by settings, before there are apps.

    return sorted(model._meta.db_table for model in apps.get_models() if hasattr(model, "pgh_tracked_model"))


def _execute(owner: "BaseDatabaseWrapper", statements: list[sql.Composed]) -> None:
    """All at once: no moment between two statements shows history as changeable."""
    from django.db import transaction  # As above.

    with transaction.atomic(using=owner.alias), owner.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement.as_string(None))
