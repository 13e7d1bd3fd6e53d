"""Who changed the registry, and why: every row of its history says so."""

import json
import uuid
from typing import Any

from django.db import connection

from ordinavo_connect.api.correlation import correlation_id
from ordinavo_connect.api.statements import prepared_cursor


def explain_changes(reason: str, *, user: Any = None, client_id: int | None = None) -> None:
    """Say who changes the registry in the rest of this transaction. The history's triggers read it.

    It is set in a statement of its own, since what pghistory itself prepends to statements is lost for a COPY.

    Args:
        reason: what for, as "import job 17".
        user: the member of staff who acts, if one does.
        client_id: the Integration Client that acts, if one does.

    Raises:
        RuntimeError: no transaction is open, in which the context would hold.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("The reason of a change is set in the transaction of the change.")
    who = {"user": user.pk, "username": user.get_username()} if user else {}
    metadata = {**who, "client": client_id, "reason": reason, "correlationId": correlation_id()}
    with prepared_cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pghistory.context_id', %s, true), set_config('pghistory.context_metadata', %s, true)",
            [str(uuid.uuid4()), json.dumps(metadata)],
        )
