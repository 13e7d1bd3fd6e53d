"""What the OpenAPI document says of keys, scopes and the health check."""

from datetime import datetime
from typing import Annotated, Any, Literal

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from pydantic import Field, WithJsonSchema

from ordinavo_connect.api.openapi.operation import Answer, Operation
from ordinavo_connect.api.openapi.shapes import AnswerShape
from ordinavo_connect.clients.scopes import ALIASES, SCOPES

Scope = Annotated[str, WithJsonSchema({"type": "string", "enum": list(SCOPES)})]


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "ordinavo_connect.clients.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        short = {name: alias for alias, name in ALIASES.items()}
        lines = [
            f"- `{name}`{f' (also `{short[name]}`)' if name in short else ''}: {sentence}"
            for name, sentence in SCOPES.items()
        ]
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "oc_live_… or oc_test_…",
            "description": "An API key of an Integration Client. Each operation names the scope that it needs:\n\n"
            + "\n".join(lines),
        }


class Health(AnswerShape):
    """The caller as its key describes it."""

    status: Literal["ok"]
    api_version: Literal["v1"]
    tenant: Annotated[str, Field(description="The tenant's public name; a sandbox has its own.")]
    integration_client: str
    source_system: str
    environment: Literal["live", "test"]
    scopes: Annotated[list[Scope], Field(description="What client and key allow together.")]
    key_expires_at: datetime | None
    server_time: datetime


GET_HEALTH = Operation(
    id="getHealth",
    tag="Connection",
    summary="Check the connection and the key",
    description="Tells who the caller is, what the key may do, and when it expires.",
    answers={
        200: Answer(
            "The connection works.",
            Health,
            {
                "health": (
                    "A key for imports",
                    {
                        "status": "ok",
                        "apiVersion": "v1",
                        "tenant": "tenant-123",
                        "integrationClient": "ERP",
                        "sourceSystem": "erp",
                        "environment": "live",
                        "scopes": ["integration.health.read", "inbound.targets.write", "customers.map"],
                        "keyExpiresAt": None,
                        "serverTime": "2026-06-18T08:00:00Z",
                    },
                )
            },
        )
    },
)
