"""The OpenAPI document of the whole API (API contract, Health)."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.plumbing import ComponentRegistry
from pydantic.alias_generators import to_camel

from ordinavo_connect.api.json import dumps

_DESCRIPTION = """\
Field service jobs in by REST, their customers mapped safely, events out.

- **Authentication**: `Authorization: Bearer <api key>`. Tenant, source system and scopes all come from the key.
- **JSON** in camelCase and UTF-8, times in UTC. Types are strict: `"45"` is no number. Unknown fields are never an
  error; the answer to an import lists them as a warning, so that typing errors are seen.
- **Errors** from 400 to 599 have one form; `code` is for programs, and all fields that are wrong are named at once.
- **Repeating** a POST is safe with an `Idempotency-Key`.
- **Lists** come in pages: go on with `cursor` while there is a `nextCursor`.
- **Rate limit**: a number of requests a minute for each client, told on every answer to a caller with a key.
"""


# What tells of requests that this product makes (OpenAPI 3.1, `webhooks`): path items by name.
DescribeWebhooks = Callable[[ComponentRegistry], dict[str, dict[str, Any]]]
_describe_webhooks: list[DescribeWebhooks] = []


def add_webhooks(describe: DescribeWebhooks) -> None:
    """Have the document tell of webhooks too; called where an app is set up."""
    _describe_webhooks.append(describe)


class _Generator(SchemaGenerator):
    """drf-spectacular's walk through the addresses, in a document of our own."""

    def coerce_path(self, path: str, method: str, view: Any) -> str:
        return re.sub(r"\{(\w+)\}", lambda match: f"{{{to_camel(match[1])}}}", path)

    def get_schema(self, request: Any = None, public: bool = True) -> dict[str, Any]:
        paths = self.parse(request, public)  # type: ignore[no-untyped-call]
        webhooks: dict[str, dict[str, Any]] = {}
        for describe in _describe_webhooks:
            webhooks |= describe(self.registry)
        return {
            "openapi": settings.SPECTACULAR_SETTINGS["OAS_VERSION"],
            "info": {
                "title": settings.SPECTACULAR_SETTINGS["TITLE"],
                "version": settings.SPECTACULAR_SETTINGS["VERSION"],
                "description": _DESCRIPTION,
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": "/"}],
            "tags": [{"name": tag} for tag in _tags(paths | webhooks)],
            "paths": paths,
            "webhooks": webhooks,
            "components": self.registry.build({}),
        }


def _tags(paths: dict[str, dict[str, Any]]) -> list[str]:
    operations = (operation for path in paths.values() for operation in path.values())
    return sorted({tag for operation in operations for tag in operation["tags"]})


def document() -> dict[str, Any]:
    """The document as it stands in code, in English whatever the language of the request."""
    with translation.override("en"):
        return _Generator().get_schema()  # type: ignore[no-untyped-call]


@cache
def document_text() -> bytes:
    """The document as JSON, made once in a process."""
    return dumps(document())
