"""The filters of the list of questions: the same names in the address as the queue has."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from customers.models import EntityType, MappingReview, ReviewKind
from imports.pages.review_queue.queue import AGES, ORDERS, VALUES, Queue, queue_of
from ordinavo_connect.clients.admin_base import of_tenant, tenant_of

Choices = Iterable[tuple[str, Any]]


class _QueueFilter(DropdownFilter):
    """A filter that narrows the list as the queue does."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        name = str(self.parameter_name)
        return Queue(**{name: getattr(queue_of(request.GET), name)}).narrowed(queryset)


class KindFilter(_QueueFilter):
    title, parameter_name = _("why it waits"), "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return ReviewKind.choices


class EntityFilter(_QueueFilter):
    title, parameter_name = _("entity"), "entity"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return EntityType.choices


class SourceFilter(_QueueFilter):
    title, parameter_name = _("source system"), "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        rows = of_tenant(MappingReview.objects.all(), tenant_of(request))
        sources = rows.order_by("source_system").values_list("source_system", flat=True).distinct()
        return [(source, source) for source in sources]


class AgeFilter(_QueueFilter):
    title, parameter_name = _("age"), "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(name, words) for name, (_age, words) in AGES.items()]


class ValueFilter(_QueueFilter):
    title, parameter_name = _("value"), "value"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return list(VALUES.items())


class OrderFilter(_QueueFilter):
    """No filter: the order, which the list takes from the address (see `ReviewList`)."""

    title, parameter_name = _("order"), "first"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return list(ORDERS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset
