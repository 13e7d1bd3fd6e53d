"""A filter of lists: from a moment, to a moment, in the zone of the tenant."""

from datetime import date, datetime, time
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateTimeFilter


class MomentRangeFilter(RangeDateTimeFilter):
    """As the theme's; a day without a time is the whole day, and what is no moment filters nothing."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        bounds = {"gte": self._moment("from", time.min), "lte": self._moment("to", time.max)}
        return queryset.filter(
            **{f"{self.parameter_name}__{lookup}": bound for lookup, bound in bounds.items() if bound}
        )

    def _moment(self, end: str, otherwise: time) -> datetime | None:
        day, hour = (
            str(self.used_parameters.get(f"{self.parameter_name}_{end}_{part}") or "") for part in (0, 1)
        )
        try:
            at = datetime.combine(date.fromisoformat(day), time.fromisoformat(hour) if hour else otherwise)
            return timezone.make_aware(at.replace(tzinfo=None))
        except (ValueError, OverflowError):
            return None
