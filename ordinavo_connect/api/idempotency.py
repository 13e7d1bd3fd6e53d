"""One request, one effect: the first answer is kept with the work itself and repeated to whoever asks again.

The order in a view: `key_of` and the body are checked, then inside of the transaction that does the work

    stored = begin(client_id=..., key=key, fingerprint=fingerprint_of(request))
    if stored:
        return replay(stored)
    ... the work ...
    complete(client_id=..., key=key, fingerprint=..., status=202, body=answer, location=...)

Source: API contract, Idempotency.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from ordinavo_connect.api.errors import ApiError, FieldError
from ordinavo_connect.api.json import dumps
from ordinavo_connect.api.models import IdempotencyRecord
from ordinavo_connect.api.statements import prepared_cursor

HEADER = "Idempotency-Key"

# More than one for each that is written, so that a backlog shrinks.
_DELETED_AT_ONCE = 10

_KEY = re.compile(r"[\x20-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The answer as it was given first. `body` is JSON text; `location` is '' where there was none."""

    status: int
    body: bytes
    location: str


def key_of(request: Request) -> str | None:
    """The request's key, None where it has none.

    Raises:
        ApiError: validation_failed.
    """
    key = request.headers.get(HEADER)
    if key is not None and not _KEY.fullmatch(key):
        message = "1 to 255 printable ASCII characters are expected."
        raise ApiError("validation_failed", details=[FieldError(HEADER, "invalid_format", message)])
    return key


def fingerprint_of(request: Request) -> str:
    """What makes two requests the same: method, path with query, body. SHA-256 in hex."""
    head = f"{request.method}\n{request.get_full_path()}\n".encode("utf-8", "surrogateescape")
    return hashlib.sha256(head + hashlib.sha256(request.body).digest()).hexdigest()


def begin(*, client_id: int, key: str, fingerprint: str) -> StoredAnswer | None:
    """Claims the key until the end of the transaction, or gives the answer that it led to before.

    1. The claim is an advisory lock, tried, not waited for: a second INSERT would wait for the first to
       commit, and could never say "in progress".
    2. The look-up is a statement of its own after it: only then does it see what the last holder committed.

    Raises:
        ApiError: idempotency_in_progress, idempotency_conflict.
        TransactionManagementError: no transaction is open, so that the claim would end at once.
    """
    _require_transaction()
    if not _claim(client_id, key):
        raise ApiError("idempotency_in_progress", headers={"Retry-After": "1"})
    row = (
        IdempotencyRecord.objects.filter(client_id=client_id, key=key, created_at__gt=_oldest_kept())
        .values_list("fingerprint", "status", "body", "location")
        .first()
    )
    if row is None:
        return None
    first_fingerprint, status, body, location = row
    if first_fingerprint != fingerprint:
        raise ApiError("idempotency_conflict")
    return StoredAnswer(status, bytes(body), location)


def complete(
    *,
    client_id: int,
    key: str,
    fingerprint: str,
    status: int,
    body: Mapping[str, Any] | bytes,
    location: str = "",
) -> None:
    """Keeps the answer, in the transaction that did the work; an answer from 400 on is not kept.

    `body` is the answer's JSON value or its text; a secret in it must be null. `begin` must have claimed the
    key in the same transaction, so an old row can only be an expired one, and is replaced.
    """
    _require_transaction()
    if status >= 400:
        return
    delete_expired(limit=_DELETED_AT_ONCE)
    IdempotencyRecord.objects.bulk_create(
        [
            IdempotencyRecord(
                client_id=client_id,
                key=key,
                fingerprint=fingerprint,
                status=status,
                location=location,
                body=body if isinstance(body, bytes) else dumps(body),
            )
        ],
        update_conflicts=True,
        unique_fields=["client_id", "key"],
        update_fields=["fingerprint", "status", "location", "body", "created_at"],
    )


def replay(stored: StoredAnswer) -> Response:
    headers = {"Idempotency-Replayed": "true"}
    if stored.location:
        headers["Location"] = stored.location
    return Response(stored.body, status=stored.status, headers=headers)


def delete_expired(*, limit: int) -> int:
    """Takes up to `limit` that are no longer kept away, the oldest first; says how many they were.

    Some go with each new one, so that the table stays as large as a day; the rest goes by the clock. Rows that
    another is taking away are left to it.
    """
    with prepared_cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM idempotency_record WHERE id IN (
                SELECT id FROM idempotency_record WHERE created_at <= %s
                ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED
            )
            """,
            [_oldest_kept(), limit],
        )
        return cursor.rowcount


def _claim(client_id: int, key: str) -> bool:
    digest = hashlib.sha256(f"idempotency:{client_id}:{key}".encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [int.from_bytes(digest[:8], signed=True)])
        return bool(cursor.fetchone()[0])


def _oldest_kept() -> datetime:
    return timezone.now() - timedelta(hours=settings.IDEMPOTENCY_HOURS)


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("Idempotency works inside of the work's transaction.")
