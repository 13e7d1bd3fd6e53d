"""How many targets wait for reviews: for a whole list of them in a constant number of statements."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Count

from customers.models import MappingReview
from customers.reviews import key_of
from imports.models import Target


def waiting_counts(reviews: Iterable[MappingReview]) -> dict[int, int]:
    """How many targets were sent with the key of each review, by the review's id: a statement for each entity."""
    wanted: dict[tuple[int, str], dict[tuple[str, str], list[int]]] = defaultdict(lambda: defaultdict(list))
    for review in reviews:
        keys = wanted[review.tenant_id, review.entity_type]
        keys[review.source_system, str(key_of(review))].append(review.pk)
    counts: dict[int, int] = {}
    for (tenant_id, entity), keys in wanted.items():
        column = f"{entity}_key"
        rows = Target.objects.filter(
            **{
                "tenant_id": tenant_id,
                "source_system__in": {source for source, _key in keys},
                f"{column}__in": {key for _source, key in keys},
            }
        )
        for source, key, count in rows.order_by().values_list("source_system", column).annotate(Count("pk")):
            counts |= dict.fromkeys(keys.get((source, key), ()), count)
    return counts
