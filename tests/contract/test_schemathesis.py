"""Whatever the document allows, and what it does not: no 5xx, nothing undocumented, every answer as described.

What is valid by the document may still be refused (a window that ends before it starts), so that no positive data
has to be accepted. What is invalid is refused where it is not an item of a batch or of a dry run, which answer
with what is wrong with it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import CheckContext
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from ordinavo_connect.api.openapi.document import document
from ordinavo_connect.api.openapi.shared import REQUEST_HEADERS
from ordinavo_connect.clients.models import Tenant
from ordinavo_connect.clients.scopes import SCOPES
from tests.api_caller import ApiCaller
from tests.factories import make_client, make_key

BASE = "/api/connect/v1"
EXAMPLES = Path(__file__).parent.parent / "examples"
EXAMPLE_KEY = REQUEST_HEADERS["Idempotency-Key"]["example"]
MAX_EXAMPLES = 15  # for each operation; the boundary values that schemathesis works out come on top


def _document(*phases: str) -> Any:
    loaded = schemathesis.openapi.from_wsgi(
        f"{BASE}/openapi.json", get_wsgi_application(), config=SchemathesisConfig()
    )
    loaded.config.phases.update(phases=list(phases))
    return loaded


WITH_BOUNDARIES = _document("examples", "coverage", "fuzzing")
# The boundary values of a target are tried one at a time; in a batch they would only take longer.
WITHOUT_BOUNDARIES = _document("examples", "fuzzing")

pytestmark = pytest.mark.django_db


@dataclass
class Known:
    """What there is: a key that may do everything, a target of its client, and the job that brought it."""

    key: str
    job_id: int
    external_id: str = "JOB-2026-000918"


@pytest.fixture
def known(tenant: Tenant) -> Known:
    erp = make_client(tenant, scopes=list(SCOPES), rate_limit=1_000_000, auto_create_customers=True)
    key = make_key(erp)
    target = json.loads((EXAMPLES / "target-with-customer.request.json").read_text())
    return Known(key, ApiCaller(key).post("/inbound/targets", target).json()["importJobId"])


def lead_further(case: Any, turn: int) -> None:
    """The same key, foreign source systems and dry runs would end most cases before anything happens.

    What was made invalid on purpose stays as it is.
    """
    named = case.body.get("sourceSystem") if isinstance(case.body, dict) else None
    if isinstance(named, str) and len(named) <= 200 and turn % 8:
        del case.body["sourceSystem"]
    if turn % 2 and str((case.query or {}).get("dryRun")).lower() == "true":
        del case.query["dryRun"]
    if (case.headers or {}).get("Idempotency-Key") == EXAMPLE_KEY and turn % 8:
        case.headers["Idempotency-Key"] = f"{EXAMPLE_KEY}-{turn}"


def lead_to_what_is_known(case: Any, known: Known, turn: int) -> None:
    """Every other path leads to a target or job that there is."""
    parameters = case.path_parameters or {}
    if turn % 2:
        return
    if isinstance(parameters.get("jobId"), int) and 0 <= parameters["jobId"] < 10**18:
        parameters["jobId"] = known.job_id
    if isinstance(parameters.get("externalId"), str) and parameters["externalId"]:
        parameters["externalId"] = known.external_id


@pytest.fixture(autouse=True)
def _one_connection(known: Known) -> Iterator[None]:
    """Requests stay in the transaction of the test, as those of Django's own client do, which comes before."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schemathesis.check
def invalid_data_is_refused(context: CheckContext, response: Any, case: Any) -> bool | None:
    """`negative_data_rejection`, as far as the document promises it."""
    answers_with_what_is_wrong = case.path.endswith("/batch") or response.status_code == 200
    if case.method == "POST" and (answers_with_what_is_wrong or says_it_twice(case.body)):
        return None
    return negative_data_rejection(context, response, case)


def says_it_twice(body: Any) -> bool:
    """Whether a field is there by two of its names: only one of them is looked at."""
    if not isinstance(body, dict):
        return False
    planning = body["planning"].keys() if isinstance(body.get("planning"), dict) else set()
    return {"location", "address"} <= body.keys() or any(
        {f"preferredTimeWindow{edge}", f"timeWindow{edge}Utc"} <= planning for edge in ("Start", "End")
    )


_turns = count()


def _test_of(operation_id: str) -> Any:
    schema = WITHOUT_BOUNDARIES if operation_id == "importBatch" else WITH_BOUNDARIES

    @schema.include(operation_id=operation_id).parametrize()
    @settings(
        max_examples=MAX_EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    def every_answer_is_documented(case: Any, known: Known) -> None:
        turn = next(_turns)
        lead_further(case, turn)
        lead_to_what_is_known(case, known, turn)
        case.call_and_validate(
            headers={"Authorization": f"Bearer {known.key}"},
            excluded_checks=[positive_data_acceptance, negative_data_rejection],
        )

    return every_answer_is_documented


# A function for each operation: those of one function would share one name, of which pytest-xdist runs one.
for _path in document()["paths"].values():
    for _operation in _path.values():
        globals()[f"test_every_answer_of_{_operation['operationId']}_is_documented"] = _test_of(
            _operation["operationId"]
        )
