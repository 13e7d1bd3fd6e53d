"""What the targets that wait for a question are worth: the sum of their expected revenue, and the most urgent."""

from typing import Any

from django.db.models import (
    Case,
    FloatField,
    IntegerField,
    Max,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Concat
from django.utils.formats import number_format

from customers.models import MappingReview, Priority
from imports.mapping import ENTITIES
from imports.models import Target, TargetStatus

# Targets that nobody works on any more are worth nothing to a reviewer.
_OVER = (TargetStatus.CANCELLED, TargetStatus.COMPLETED)
_URGENCY = Case(
    *(When(priority=name, then=Value(rank)) for rank, name in enumerate(Priority.values)),
    # As a target without a priority is planned.
    default=Value(Priority.values.index(Priority.NORMAL)),
    output_field=IntegerField(),
)


def with_value(reviews: QuerySet[MappingReview]) -> QuerySet[Any]:
    """Reviews with `value`, the expected revenue of what waits for them, and `urgency`, an index of `Priority`."""
    return reviews.annotate(
        value=Coalesce(_of_targets(Sum("expected_revenue"), FloatField()), Value(0.0)),
        urgency=Coalesce(_of_targets(Max(_URGENCY), IntegerField()), Value(0)),
    )


def value_in_words(value: float) -> str:
    """An amount for a list: no currency, since none is sent; blank where nothing is expected."""
    return number_format(round(value), use_l10n=True, force_grouping=True) if value else ""


def urgency_in_words(urgency: int) -> str:
    """The priority, where it is more than normal."""
    is_more = urgency > Priority.values.index(Priority.NORMAL)
    return str(Priority(Priority.values[urgency]).label) if is_more else ""


def _of_targets(total: Any, output: Any) -> Case:
    key = Concat(OuterRef("key_kind"), Value(":"), OuterRef("external_id"))
    return Case(
        *(
            When(entity_type=entity, then=Subquery(_waiting(entity, key, total), output_field=output))
            for entity in ENTITIES
        ),
        output_field=output,
    )


def _waiting(entity: str, key: Any, total: Any) -> Any:
    rows = Target.objects.filter(
        tenant_id=OuterRef("tenant_id"),
        source_system=OuterRef("source_system"),
        **{f"{entity}_key": key},
    )
    # Said once more, so that the index of what is not blank serves it.
    rows = rows.exclude(**{f"{entity}_key": ""}).exclude(status__in=_OVER)
    return rows.order_by().values("tenant_id").annotate(total=total).values("total")
