"""Which questions a reviewer goes through, and in which order: all of it stands in the address."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import EntityType, MappingReview, ReviewKind, ReviewStatus
from imports.pages.review_queue.value import with_value

AGES: dict[str, tuple[timedelta, Promise]] = {
    "1h": (timedelta(hours=1), _("older than an hour")),
    "1d": (timedelta(days=1), _("older than a day")),
    "7d": (timedelta(days=7), _("older than a week")),
}
VALUES: dict[str, Promise] = {
    "1": _("with an expected revenue"),
    "1000": _("worth 1,000 or more"),
    "10000": _("worth 10,000 or more"),
}
OLDEST, VALUE = "oldest", "value"
ORDERS: dict[str, Promise] = {OLDEST: _("Oldest first"), VALUE: _("Most valuable first")}
# Of questions that one import raised, the customer's comes first: the others rest on it.
CUSTOMER_FIRST = Case(
    When(entity_type=EntityType.CUSTOMER, then=Value(0)),
    When(entity_type=EntityType.LOCATION, then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)
# Each with its direction: what comes after a question is found by comparing with it, not by counting.
_ORDERS = {
    OLDEST: ("opened_at", "place", "pk"),
    VALUE: ("-value", "-urgency", "opened_at", "place", "pk"),
}
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue as the address gives it; what it does not know is left out.

    Args:
        kind: of `ReviewKind`.
        source: a source system.
        entity: of `EntityType`.
        age: of `AGES`, at least.
        value: of `VALUES`, expected revenue at least.
        client: the id of an Integration Client.
        first: of `ORDERS`.
    """

    kind: str = ""
    source: str = ""
    entity: str = ""
    age: str = ""
    value: str = ""
    client: str = ""
    first: str = OLDEST

    @property
    def query(self) -> str:
        """The queue as the query of an address."""
        return urlencode({_PARAMETERS[name]: value for name, value in self._given().items()})

    def without(self, name: str) -> str:
        """The query without one of its filters."""
        given = {_PARAMETERS[n]: v for n, v in self._given().items() if n != name}
        return urlencode(given)

    def ordered(self, first: str) -> str:
        """The query in another order."""
        given = {_PARAMETERS[n]: v for n, v in self._given().items() if n != "first"}
        return urlencode(given | ({} if first == OLDEST else {"first": first}))

    def rows(self, reviews: QuerySet[MappingReview]) -> QuerySet[Any]:
        """The open ones of the reviews that belong into the queue, in its order."""
        rows = self.placed(self.narrowed(reviews.filter(status=ReviewStatus.OPEN)))
        return rows.order_by(*_ORDERS[self.first])

    def narrowed(self, reviews: QuerySet[MappingReview]) -> QuerySet[Any]:
        """The reviews that the filters let through."""
        exact = {"kind": self.kind, "source_system": self.source, "entity_type": self.entity}
        rows = reviews.filter(**{name: value for name, value in exact.items() if value})
        if self.client:
            rows = rows.filter(client_id=int(self.client))
        if self.age:
            rows = rows.filter(opened_at__lte=timezone.now() - AGES[self.age][0])
        return with_value(rows).filter(value__gte=float(self.value)) if self.value else rows

    def placed(self, reviews: QuerySet[MappingReview]) -> QuerySet[Any]:
        """The reviews with what the order compares."""
        rows = reviews.annotate(place=CUSTOMER_FIRST)
        return with_value(rows) if self.first == VALUE else rows

    def following(
        self, reviews: QuerySet[MappingReview], review: MappingReview, *, passed: Iterable[int] = ()
    ) -> int | None:
        """The question after one; after the last, the first.

        Args:
            reviews: all of the tenant.
            passed: ids of questions that the person just decided, whatever the database says of them yet.
        """
        names = [name.removeprefix("-") for name in _ORDERS[self.first]]
        here = self.placed(reviews.filter(pk=review.pk)).values(*names).first()
        ids = self.rows(reviews).exclude(pk__in={review.pk, *passed}).values_list("pk", flat=True)
        following: int | None = ids.filter(_after(_ORDERS[self.first], here)).first() if here else None
        return following or ids.first()

    def _given(self) -> dict[str, str]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value and (name, value) != ("first", OLDEST)}

    def in_words(self) -> list[dict[str, str]]:
        """The filters as a reviewer reads them, each with the query without it."""
        words = {
            "kind": ReviewKind(self.kind).label if self.kind else "",
            "source": self.source,
            "entity": EntityType(self.entity).label if self.entity else "",
            "age": AGES[self.age][1] if self.age else "",
            "value": VALUES[self.value] if self.value else "",
            "client": f"#{self.client}" if self.client else "",
        }
        return [{"text": str(text), "without": self.without(n)} for n, text in words.items() if text]


# Names in the address; the client's is that of the list's filter.
_PARAMETERS = {field.name: field.name for field in fields(Queue)} | {"client": "client__id__exact"}


def queue_of(query: QueryDict) -> Queue:
    """The queue that an address asks for; a value that does not exist is as none."""
    given = {name: query.get(parameter, "")[:_LONGEST] for name, parameter in _PARAMETERS.items()}
    known: dict[str, Any] = {
        "kind": ReviewKind.values,
        "entity": EntityType.values,
        "age": AGES,
        "value": VALUES,
        "first": ORDERS,
    }
    checked = {name: value for name, value in given.items() if name not in known or value in known[name]}
    if not (checked["client"].isdecimal() and len(checked["client"]) < 19):
        checked["client"] = ""
    return Queue(**checked)


def _after(order: tuple[str, ...], here: dict[str, Any]) -> Q:
    """What comes later in an order: greater in the first column, or equal there and later in the rest."""
    later, equal = Q(), Q()
    for column in order:
        name = column.removeprefix("-")
        side = "lt" if column.startswith("-") else "gt"
        later |= equal & Q(**{f"{name}__{side}": here[name]})
        equal &= Q(**{name: here[name]})
    return later
