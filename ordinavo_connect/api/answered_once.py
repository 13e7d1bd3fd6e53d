"""A POST that does its work once for each Idempotency-Key, in one transaction with the answer that is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from ordinavo_connect.api import idempotency


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered now, and what is kept for a repeat where that is less."""

    body: dict[str, Any]
    status: int
    location: str = ""
    kept: dict[str, Any] | None = None


def answered_once(request: Request, work: Callable[[], Answer], *, client_id: int) -> Response:
    """Do the work, once for each Idempotency-Key, and answer.

    Raises:
        ApiError: idempotency_in_progress, idempotency_conflict, validation_failed; and what the work raises,
            after which nothing of it stands.
    """
    key = idempotency.key_of(request)
    with transaction.atomic():
        if key is None:
            answer = work()
        else:
            fingerprint = idempotency.fingerprint_of(request)
            if stored := idempotency.begin(client_id=client_id, key=key, fingerprint=fingerprint):
                return idempotency.replay(stored)
            answer = work()
            idempotency.complete(
                client_id=client_id,
                key=key,
                fingerprint=fingerprint,
                status=answer.status,
                body=answer.kept or answer.body,
                location=answer.location,
            )
    headers = {"Location": answer.location} if answer.location else {}
    return Response(answer.body, status=answer.status, headers=headers)
