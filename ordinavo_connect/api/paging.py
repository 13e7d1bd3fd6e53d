"""Cursor paging: a page begins after the last row of the one before (keyset), however many lie between.

One query a page, the same for the last page as for the first; a row added or removed meanwhile neither
repeats nor hides another. Source: API contract, Import jobs.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import orjson
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model, Q, QuerySet
from django.utils.crypto import constant_time_compare
from django.utils.encoding import force_bytes

from ordinavo_connect.api.query import QueryParameters

Row = TypeVar("Row")

DEFAULT_LIMIT, MAX_LIMIT = 100, 500

_SEAL_BYTES = 8
_MAX_CURSOR_LENGTH = 1024


class Page(NamedTuple, Generic[Row]):
    rows: list[Row]
    next_cursor: str | None


def page(queryset: QuerySet[Any, Row], params: QueryParameters, *, order: Sequence[str]) -> Page[Row]:
    """One page of a queryset, by the request's `limit` and `cursor`.

    `order` names the columns, `-` for descending, and must end in a unique one: ("-created_at", "-id"). Rows
    may be model instances or dicts that have these columns, none of them null. All filters must have been
    read from `params` before: a cursor is good for the list and the filters that it came from.

    Raises:
        ApiError: validation_failed, with everything that is wrong in `params`.
    """
    context = _context(params, order)
    limit = params.integer("limit", 1, MAX_LIMIT, DEFAULT_LIMIT)
    position = _position(params, context)
    params.check()
    if position is not None:
        queryset = queryset.filter(_after(queryset.model, order, position))
    rows = list(queryset.order_by(*order)[: limit + 1])
    if len(rows) <= limit:
        return Page(rows, None)
    return Page(rows[:limit], _cursor(context, [_value(rows[limit - 1], name.lstrip("-")) for name in order]))


def listed(items: Sequence[Any], next_cursor: str | None) -> dict[str, Any]:
    """The body of a list."""
    return {"items": items, "nextCursor": next_cursor}


def _after(model: type[Model], order: Sequence[str], position: Sequence[Any]) -> Q:
    """Rows behind the position: a row comparison, spelled out so that directions may differ.

    The first term repeats what follows from the others; by it the index finds where to begin.
    """
    names = [name.lstrip("-") for name in order]
    values = [_field_value(model, name, value) for name, value in zip(names, position, strict=True)]
    beyond = ["lt" if name.startswith("-") else "gt" for name in order]
    result = Q()
    for at, (name, value, comparison) in enumerate(zip(names, values, beyond, strict=True)):
        same = dict(zip(names[:at], values[:at], strict=True))
        result |= Q(**same, **{f"{name}__{comparison}": value})
    return Q(**{f"{names[0]}__{beyond[0]}e": values[0]}) & result


def _field_value(model: type[Model], name: str, value: Any) -> Any:
    """A value of the position as its column has it; an annotation's is what JSON made of it."""
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return value
    return field.to_python(value) if isinstance(field, Field) else value


def _value(row: Any, name: str) -> Any:
    return row[name] if isinstance(row, Mapping) else getattr(row, name)


# A cursor is base64url of a seal and the position as JSON. The seal is keyed: a position that this server has
# not given out for this list is refused, so none can be made up.


def _context(params: QueryParameters, order: Sequence[str]) -> bytes:
    return orjson.dumps([params.path, params.read, list(order)], option=orjson.OPT_SORT_KEYS)


def _cursor(context: bytes, position: list[Any]) -> str:
    text = orjson.dumps(position)
    return _encoded(_seal(context, text) + text)


def _position(params: QueryParameters, context: bytes) -> list[Any] | None:
    cursor = params.text("cursor", _MAX_CURSOR_LENGTH)
    if cursor is None:
        return None
    sealed = _decoded(cursor)
    seal, text = sealed[:_SEAL_BYTES], sealed[_SEAL_BYTES:]
    if not constant_time_compare(seal, _seal(context, text)):
        message = "The cursor is not one that this list gave out for these filters."
        params.refuse("cursor", "invalid_cursor", message)
        return None
    position: list[Any] = orjson.loads(text)
    return position


def _encoded(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _decoded(cursor: str) -> bytes:
    """b"" for what `_encoded` would not have written: the decoder overlooks what is not of its alphabet."""
    try:
        sealed = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
    except ValueError:
        return b""
    return sealed if _encoded(sealed) == cursor else b""


def _seal(context: bytes, text: bytes) -> bytes:
    key = hashlib.sha256(b"cursor" + force_bytes(settings.SECRET_KEY)).digest()
    return hashlib.blake2b(context + b"\0" + text, key=key, digest_size=_SEAL_BYTES).digest()
