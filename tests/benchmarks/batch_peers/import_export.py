"""django-import-export with the same rows: a resource as a project writes it that wants to go on with its work.

It gets less to do: rows of a table in the place of JSON, nothing to check but types, no log of what came in, no
events, no mapping but by external ID.
"""

import json
import time
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from import_export import fields, resources
from import_export.widgets import ForeignKeyWidget, JSONWidget
from tablib import Dataset

from customers.models import Contact, Customer, ExternalReference, Location
from imports.models import Target
from tests.benchmarks.items import item
from tests.benchmarks.workplace import SOURCE_SYSTEM, Workplace

WARM_UP_ROWS = 200
# All rows take about a minute here; where it is much more, a sample of about this length stands for them.
LONGEST_SECONDS = 60.0
SAMPLE_SECONDS = 20.0


@dataclass(frozen=True)
class Measured:
    """Rows a second, of how many rows, and in words how it was measured."""

    per_second: float
    rows: int
    how: str


class ByReference(ForeignKeyWidget):
    """Finds a record by what the source system calls it."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        entity = self.model._meta.model_name
        reference = ExternalReference.objects.select_related(entity).get(
            tenant_id=kwargs["tenant_id"],
            source_system=SOURCE_SYSTEM,
            entity_type=entity,
            key_kind="id",
            external_id=value,
        )
        return getattr(reference, entity)


class TargetResource(resources.ModelResource):
    """Targets by external ID, with their customer, location and contact."""

    customer = fields.Field("customer", "customer", ByReference(Customer))
    location = fields.Field("location", "location", ByReference(Location))
    contact = fields.Field("contact", "contact", ByReference(Contact))
    custom_fields = fields.Field("custom_fields", "custom_fields", JSONWidget())

    class Meta:
        model = Target
        import_id_fields = ("external_id",)
        fields = (
            *("external_id", "title", "description", "customer", "location", "contact"),
            *("priority", "work_minutes", "due_date", "window_start", "window_end"),
            *("latitude", "longitude", "custom_fields"),
        )

    def __init__(self, tenant_id: int) -> None:
        super().__init__()
        self._tenant_id = tenant_id

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(tenant_id=self._tenant_id, source_system=SOURCE_SYSTEM)

    def before_save_instance(self, instance: Target, row: Any, **kwargs: Any) -> None:
        instance.tenant_id, instance.client_id = self._tenant_id, kwargs["client_id"]
        instance.source_system = SOURCE_SYSTEM
        instance.created_at = instance.updated_at = timezone.now()

    def after_import(self, *_args: Any, **_kwargs: Any) -> None:
        """Leaves the sequence alone: the application's role may not set it, and no row brings an id."""


def measure(work: Workplace, rows: int) -> Measured:
    """Load the rows of `batch_import` once, after a short warm-up."""
    rate = WARM_UP_ROWS / _seconds(work, "import-export-warm", WARM_UP_ROWS)
    is_sample = rows / rate > LONGEST_SECONDS
    count = min(rows, max(WARM_UP_ROWS, int(rate * SAMPLE_SECONDS))) if is_sample else rows
    seconds = _seconds(work, "import-export", count)
    how = f"a sample of {count:,} rows, once" if is_sample else f"all {count:,} rows, once"
    return Measured(per_second=count / seconds, rows=count, how=how)


def _seconds(work: Workplace, name: str, count: int) -> float:
    dataset = _dataset(
        [item(f"{name}-{number}", number, customers=work.customers) for number in range(count)]
    )
    start = time.perf_counter()
    TargetResource(work.tenant_id).import_data(
        dataset, raise_errors=True, tenant_id=work.tenant_id, client_id=work.client_id
    )
    return time.perf_counter() - start


def _dataset(items: list[dict[str, Any]]) -> Dataset:
    rows = [_row(sent) for sent in items]
    return Dataset(*[tuple(row.values()) for row in rows], headers=list(rows[0]))


def _row(sent: dict[str, Any]) -> dict[str, Any]:
    planning, place = sent["planning"], sent["location"]
    return {
        "external_id": sent["externalId"],
        "title": sent["title"],
        "description": sent["description"],
        "customer": sent["customer"]["externalId"],
        "location": place["externalId"],
        "contact": sent["contact"]["externalId"],
        "priority": planning["priority"],
        "work_minutes": planning["estimatedWorkMinutes"],
        "due_date": planning["dueDate"],
        "window_start": _plain(planning["preferredTimeWindowStart"]),
        "window_end": _plain(planning["preferredTimeWindowEnd"]),
        "latitude": place["latitude"],
        "longitude": place["longitude"],
        "custom_fields": json.dumps(sent["customFields"]),
    }


def _plain(moment: str) -> str:
    """A time in the first format that the package tries."""
    return moment.replace("T", " ").removesuffix("Z")
