"""Lists are filtered by time in the zone of the tenant."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from imports.models import ImportJob
from ordinavo_connect.clients.models import User
from tests.api_caller import ApiCaller
from tests.imports.admin_cases import job

BrowserOf = Callable[[User], Client]


@pytest.mark.parametrize(
    ("bounds", "count"),
    [
        ({"from_0": "2026-07-01"}, 1),
        ({"from_0": "2026-07-02"}, 0),
        ({"to_0": "2026-06-30"}, 0),
        ({"to_0": "2026-07-01"}, 1),
        ({"from_0": "2026-07-01", "from_1": "00:30:00"}, 1),  # Berlin: two hours ahead of UTC
        ({"from_0": "2026-07-01", "from_1": "00:30:01"}, 0),
        ({"from_0": "x", "to_1": "y"}, 1),
        ({"from_0": "0001-01-01", "to_0": "9999-12-31"}, 1),
    ],
)
def test_jobs_of_a_time(
    api: ApiCaller, browser_of: BrowserOf, viewer: User, bounds: dict[str, str], count: int
) -> None:
    api.post("/inbound/targets", job("JOB-1"))
    ImportJob.objects.update(created_at=datetime(2026, 6, 30, 22, 30, tzinfo=UTC))
    filters = {f"created_at_{name}": value for name, value in bounds.items()}
    page = browser_of(viewer).get(reverse("admin:imports_importjob_changelist"), filters)
    assert page.context["cl"].result_count == count
