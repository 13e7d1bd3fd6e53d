"""From a view to its part of the OpenAPI document: Django REST framework's DEFAULT_SCHEMA_CLASS."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from django.core.exceptions import ImproperlyConfigured
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent

from ordinavo_connect.api.errors import STATUS_BY_CODE
from ordinavo_connect.api.json import MEDIA_TYPE
from ordinavo_connect.api.openapi import shared
from ordinavo_connect.api.openapi.models import component_reference, schema_reference
from ordinavo_connect.api.openapi.operation import Answer, Body, Operation, Parameter
from ordinavo_connect.api.openapi.shapes import Error

if TYPE_CHECKING:
    from ordinavo_connect.api.views import ApiView

BASE_PATH = "/api/connect/v1"


class Schema(AutoSchema):
    """Reads `documentation`, `scopes` and `public` of an ApiView.

    Views outside of the API itself (readiness, pages) are no part of the document; one of the API that says
    nothing of a method stops the making of it.
    """

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> dict[str, Any] | None:
        self.registry, self.path, self.method = registry, path, method
        if not path.startswith(f"{BASE_PATH}/"):
            return None
        operation = self._documented()
        shown: dict[str, Any] = {
            "operationId": operation.id,
            "tags": [operation.tag],
            "summary": operation.summary,
            "description": self._description(operation),
            "parameters": self._parameters(operation),
            "security": self._security(),
            "responses": self._answers(operation) | self._refusals(operation),
        }
        if operation.body:
            shown["requestBody"] = self._body(operation.body)
        return shown | ({"x-required-scope": self._scope} if self._scope else {})

    def _documented(self) -> Operation:
        documentation: Mapping[str, Operation] = getattr(self.view, "documentation", {})
        if self.method not in documentation:
            raise ImproperlyConfigured(
                f"{type(self.view).__name__}.documentation says nothing of {self.method}."
            )
        return documentation[self.method]

    @property
    def _endpoint(self) -> "ApiView":
        return cast("ApiView", self.view)

    @property
    def _scope(self) -> str | None:
        return self._endpoint.scopes.get(self.method)

    def _description(self, operation: Operation) -> str:
        scope = f"Needs the scope `{self._scope}`." if self._scope else ""
        return "\n\n".join(part for part in (operation.description, scope) if part)

    def _security(self) -> list[dict[str, list[str]]]:
        """The scopes stand as the roles that a scheme may name (OpenAPI 3.1, Security Requirement Object)."""
        if self._endpoint.public:
            return []
        roles = [self._scope] if self._scope else []
        return [dict.fromkeys(requirement, roles) for requirement in self.get_auth()]

    def _parameters(self, operation: Operation) -> list[dict[str, Any]]:
        headers = ("X-Correlation-Id", *operation.headers)
        return [_parameter(each) for each in operation.parameters] + [self._shared_header(n) for n in headers]

    def _shared_header(self, name: str) -> dict[str, str]:
        parameter = {"name": name, "in": "header", **shared.REQUEST_HEADERS[name]}
        return self._component(ResolvedComponent.PARAMETER, name, parameter)

    def _body(self, body: Body) -> dict[str, Any]:
        schema = schema_reference(
            body.model, mode="validation", registry=self.registry, descriptions=body.descriptions
        )
        return {"required": body.is_required, "content": _content(schema, body.examples)}

    def _answers(self, operation: Operation) -> dict[str, Any]:
        return {str(status): self._answer(answer) for status, answer in operation.answers.items()}

    def _answer(self, answer: Answer) -> dict[str, Any]:
        names = ("X-Correlation-Id", *(() if self._endpoint.public else shared.RATE_LIMIT), *answer.headers)
        shown: dict[str, Any] = {"description": answer.description, "headers": self._headers(names)}
        if answer.model:
            schema = schema_reference(answer.model, mode="serialization", registry=self.registry)
            shown["content"] = _content(schema, answer.examples)
        return shown

    def _refusals(self, operation: Operation) -> dict[str, Any]:
        """Answers that every endpoint has are shared; where this one has more codes, it has its own."""
        usual = (
            *shared.REFUSALS,
            *(() if self._endpoint.public else shared.REFUSALS_WITH_KEY),
            *(shared.REFUSALS_WITH_BODY if operation.body else ()),
        )
        own = {STATUS_BY_CODE[code] for code in operation.refusals}
        codes_by_status = shared.by_status((*usual, *operation.refusals))
        return {
            str(status): self._refusal(status, codes, is_own=status in own)
            for status, codes in codes_by_status.items()
        }

    def _refusal(self, status: int, codes: list[str], *, is_own: bool) -> dict[str, Any]:
        error = schema_reference(Error, mode="serialization", registry=self.registry)
        answer = shared.error_answer(status, codes, error=error, has_key=not self._endpoint.public)
        self._headers(answer["headers"])
        # A public endpoint knows no rate limit, so that its answers are others.
        name = shared.response_name(status) + ("WithoutKey" if self._endpoint.public else "")
        return answer if is_own else self._component(ResolvedComponent.RESPONSE, name, answer)

    def _headers(self, names: Any) -> dict[str, dict[str, str]]:
        return {name: self._component(ResolvedComponent.HEADER, name, shared.HEADERS[name]) for name in names}

    def _component(self, kind: str, name: str, content: Mapping[str, Any]) -> dict[str, str]:
        return component_reference(kind, name, content, self.registry)


def _content(schema: dict[str, str], examples: Mapping[str, tuple[str, Any]]) -> dict[str, Any]:
    shown = {name: {"summary": summary, "value": value} for name, (summary, value) in examples.items()}
    return {MEDIA_TYPE: {"schema": schema} | ({"examples": shown} if shown else {})}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.description,
        "required": parameter.place == "path",
        "schema": dict(parameter.schema),
    }
