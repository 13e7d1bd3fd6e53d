from collections.abc import Callable
from typing import Any

import pytest

from ordinavo_connect.clients.models import Tenant
from tests.api_caller import ApiCaller
from tests.factories import make_client


@pytest.fixture
def api_with(tenant: Tenant, api_of: Callable[..., ApiCaller]) -> Callable[..., ApiCaller]:
    """The API of a client of Acme with settings of its own: `api_with(strategy="ManualOnly")`."""

    def call(*, key_scopes: list[str] | None = None, **settings: Any) -> ApiCaller:
        return api_of(make_client(tenant, **settings), scopes=key_scopes)

    return call
