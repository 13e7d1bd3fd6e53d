"""What a view says of its methods, for the OpenAPI document.

A view has `documentation`: an Operation for each method that it handles. What follows from the view itself (its
scope, whether it needs a key) and what every endpoint shares is added by `ordinavo_connect.api.schema`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from ordinavo_connect.api.paging import DEFAULT_LIMIT, MAX_LIMIT


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query or of the path. `schema` is its JSON schema, with its bounds."""

    name: str
    description: str
    schema: Mapping[str, Any]
    place: Literal["query", "path"] = "query"


@dataclass(frozen=True, slots=True)
class Body:
    """What an operation takes.

    Args:
        examples: by name, a sentence on the example, and the example.
        descriptions: of fields that have none in their model: by name of the model, then of the field in JSON.
        is_required: false where an empty body is taken for an empty object.
    """

    model: type[BaseModel]
    examples: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    descriptions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation answers when all is well. `headers` are names of `shared.HEADERS`, beyond the usual."""

    description: str
    model: type[BaseModel] | None = None
    examples: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path.

    Args:
        id: the operationId, which generators of clients make function names of: it never changes.
        tag: the chapter of the document.
        refusals: error codes beyond those that every endpoint has.
        headers: names of `shared.REQUEST_HEADERS`, beyond the usual.
    """

    id: str
    summary: str
    tag: str
    answers: Mapping[int, Answer]
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    headers: tuple[str, ...] = ()
    body: Body | None = None
    refusals: tuple[str, ...] = ()


def page_parameters() -> tuple[Parameter, ...]:
    """`limit` and `cursor`, which every list has (API contract, Import jobs)."""
    return (
        Parameter(
            "limit",
            "How many to list at most.",
            {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        ),
        Parameter(
            "cursor",
            "Where to go on: the `nextCursor` of the page before. It is good for the same filters only.",
            {"type": "string", "minLength": 1, "maxLength": 1024},
        ),
    )
