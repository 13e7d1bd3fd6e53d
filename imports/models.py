"""The import log, and the targets that imports make."""

import json
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customers.models import Contact, Customer, Location, Priority
from ordinavo_connect.clients.models import IntegrationClient, Tenant
from ordinavo_connect.clients.tenancy import TenantLink


def _whole_or_float(digits: str) -> int | float:
    number = int(digits)
    return number if -(2**63) <= number < 2**64 else float(digits)


class NumbersAsSent(json.JSONDecoder):
    """A number beyond 64 bits is a float: PostgreSQL gives 1e300 back with all its digits, as if it were whole."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs, parse_int=_whole_or_float)


class JSONAsSent(models.JSONField):
    """JSON as text, which keeps the order of its keys: staff see a payload as its sender wrote it."""

    def db_type(self, connection: Any) -> str:
        return "json"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return super().from_db_value(value, expression, connection) if isinstance(value, str) else value


class JobStatus(models.TextChoices):
    ACCEPTED = "Accepted", _("Accepted")
    PROCESSING = "Processing", _("Processing")
    COMPLETED = "Completed", _("Completed")
    PARTIALLY_FAILED = "PartiallyFailed", _("Partially failed")
    FAILED = "Failed", _("Failed")


class ItemStatus(models.TextChoices):
    PENDING = "Pending", _("Pending")
    IMPORTED = "Imported", _("Imported")
    UPDATED = "Updated", _("Updated")
    UNCHANGED = "Unchanged", _("Unchanged")
    CANCELLED = "Cancelled", _("Cancelled")
    REJECTED = "Rejected", _("Rejected")


class Operation(models.TextChoices):
    CREATE = "create", _("create")
    UPDATE = "update", _("update")
    UPSERT = "upsert", _("upsert")
    CANCEL = "cancel", _("cancel")


class TargetStatus(models.TextChoices):
    OPEN = "Open", _("Open")
    PLANNED = "Planned", _("Planned")
    IN_PROGRESS = "InProgress", _("In progress")
    COMPLETED = "Completed", _("Completed")
    CANCELLED = "Cancelled", _("Cancelled")


class MappingStatus(models.TextChoices):
    """What became of the context of a target (API contract, Import)."""

    CONFLICT = "Conflict", _("Conflict")
    AMBIGUOUS = "Ambiguous", _("Ambiguous")
    MANUAL_REVIEW = "ManualReview", _("Manual review")
    NOT_FOUND = "NotFound", _("Not found")
    PARTIAL = "Partial", _("Partial")
    CREATED = "Created", _("Created")
    MAPPED = "Mapped", _("Mapped")


class ImportJob(models.Model):
    """One request to import targets: who asked, when, and what became of it."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    client = models.ForeignKey(
        IntegrationClient, on_delete=models.PROTECT, related_name="import_jobs", db_constraint=False
    )
    source_system = models.CharField(max_length=64)
    status = models.CharField(max_length=16, choices=JobStatus.choices)
    batch_id = models.CharField(_("batch ID"), max_length=128, blank=True, default="")
    is_batch = models.BooleanField(default=False)
    is_atomic = models.BooleanField(default=False)
    total_items = models.PositiveIntegerField(default=0)
    processed_items = models.PositiveIntegerField(default=0)
    created_items = models.PositiveIntegerField(default=0)
    updated_items = models.PositiveIntegerField(default=0)
    unchanged_items = models.PositiveIntegerField(default=0)
    cancelled_items = models.PositiveIntegerField(default=0)
    rejected_items = models.PositiveIntegerField(default=0)
    warning_items = models.PositiveIntegerField(default=0)
    # Warnings of the request: [{"code", "entity", "field", "message"}].
    warnings = models.JSONField(default=list)
    correlation_id = models.CharField(max_length=128, blank=True, default="")
    created_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("import job")
        verbose_name_plural = _("import jobs")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="import_job_tenant_id"),
            models.CheckConstraint(name="import_job_status", condition=Q(status__in=JobStatus.values)),
            models.CheckConstraint(
                name="import_job_processed", condition=Q(processed_items__lte=F("total_items"))
            ),
            TenantLink(field="client", to="clients.IntegrationClient", name="import_job_client"),
        ]
        indexes = [
            # The newest jobs of a source system, for the API, and of a tenant, for the admin.
            models.Index(
                fields=["tenant", "source_system", "-created_at", "-id"], name="import_job_of_source"
            ),
            models.Index(fields=["tenant", "-created_at", "-id"], name="import_job_newest"),
            models.Index(
                fields=["tenant", "batch_id"], condition=~Q(batch_id=""), name="import_job_by_batch_id"
            ),
            models.Index(fields=["tenant", "correlation_id"], name="import_job_by_correlation"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class Target(models.Model):
    """A job that an external system wants done, in its present state.

    `priority` and `work_minutes` are what was asked for; where they are blank, the location's defaults, then
    `Normal` and the tenant's default stand in for them: see imports.targets.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    source_system = models.CharField(max_length=64)
    external_id = models.CharField(_("external ID"), max_length=128)
    status = models.CharField(max_length=12, choices=TargetStatus.choices, default=TargetStatus.OPEN)
    title = models.CharField(max_length=200)
    description = models.TextField(max_length=4000, blank=True, default="")
    external_type = models.CharField(max_length=64, blank=True, default="")
    template_key = models.CharField(max_length=64, blank=True, default="")
    priority = models.CharField(max_length=8, choices=Priority.choices, blank=True, default="")
    work_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    due_date = models.DateField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    route_date = models.DateField(null=True, blank=True)
    window_start = models.DateTimeField(null=True, blank=True)
    window_end = models.DateTimeField(null=True, blank=True)
    fixed_time = models.BooleanField(default=False)
    expected_revenue = models.FloatField(null=True, blank=True)
    customer_tier = models.CharField(max_length=200, blank=True, default="")
    close_probability = models.FloatField(null=True, blank=True)
    required_skills = models.JSONField(default=list, blank=True)
    custom_fields = models.JSONField(default=dict, blank=True, decoder=NumbersAsSent)
    source_updated_at = models.DateTimeField(null=True, blank=True)
    customer = models.ForeignKey(
        Customer,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="targets",
        db_constraint=False,
    )
    location = models.ForeignKey(
        Location,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="targets",
        db_constraint=False,
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, blank=True, related_name="targets", db_constraint=False
    )
    # Coordinates of the payload: they count whether or not a location was linked.
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    # Whose rules apply when the context is mapped again: the client that sent it last.
    client = models.ForeignKey(
        IntegrationClient, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    # What was last given: {"customer": {...}, "location": {...}, "contact": {...}}, in columns of the registry.
    context = models.JSONField(default=dict, blank=True, editable=False)
    # What became of each entity that was given: see imports.mapping.
    mapping = models.JSONField(default=dict, blank=True)
    mapping_status = models.CharField(max_length=12, choices=MappingStatus.choices, blank=True, default="")
    # How the source system named what was given, as "id:CUST-1" or "hash:…"; blank where nothing was given.
    customer_key = models.CharField(max_length=133, blank=True, default="", editable=False)
    location_key = models.CharField(max_length=133, blank=True, default="", editable=False)
    contact_key = models.CharField(max_length=133, blank=True, default="", editable=False)
    content_hash = models.CharField(max_length=64)
    # What an upper app shows here: the published appointment, written through imports.targets.
    appointment = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="target_tenant_id"),
            models.UniqueConstraint(fields=["tenant", "source_system", "external_id"], name="target_once"),
            models.CheckConstraint(name="target_status", condition=Q(status__in=TargetStatus.values)),
            models.CheckConstraint(name="target_priority", condition=Q(priority__in=["", *Priority.values])),
            models.CheckConstraint(
                name="target_mapping_status", condition=Q(mapping_status__in=["", *MappingStatus.values])
            ),
            models.CheckConstraint(
                name="target_work_minutes",
                condition=Q(work_minutes__isnull=True) | Q(work_minutes__range=(1, 1440)),
            ),
            models.CheckConstraint(
                name="target_window_order",
                condition=Q(window_start__isnull=True)
                | Q(window_end__isnull=True)
                | Q(window_end__gt=F("window_start")),
            ),
            models.CheckConstraint(
                name="target_coordinates_both_or_none",
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
            ),
            TenantLink(field="client", to="clients.IntegrationClient", name="target_client"),
            TenantLink(field="customer", to="customers.Customer", name="target_customer"),
            TenantLink(field="location", to="customers.Location", name="target_location"),
            TenantLink(field="contact", to="customers.Contact", name="target_contact"),
        ]
        indexes = [
            # The open targets of a day, for planning; those without a date come first or last, all together.
            models.Index(
                fields=["tenant", "route_date"], condition=Q(status="Open"), name="target_open_by_day"
            ),
            # Reconciling: GET /inbound/targets?updatedAfter=.
            models.Index(fields=["tenant", "source_system", "updated_at", "id"], name="target_by_update"),
            # Linking after a decision: the targets that wait for one reference.
            models.Index(
                fields=["tenant", "source_system", "customer_key"],
                condition=~Q(customer_key=""),
                name="target_by_customer_key",
            ),
            models.Index(
                fields=["tenant", "source_system", "location_key"],
                condition=~Q(location_key=""),
                name="target_by_location_key",
            ),
            models.Index(
                fields=["tenant", "source_system", "contact_key"],
                condition=~Q(contact_key=""),
                name="target_by_contact_key",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def effective_priority(self) -> str:
        """What was asked for, else the location's default, else Normal."""
        default = self.location.default_priority if self.location else ""
        return self.priority or default or Priority.NORMAL.value

    @property
    def effective_work_minutes(self) -> int:
        """What was asked for, else the location's default, else the tenant's, in minutes."""
        default = self.location.default_work_minutes if self.location else None
        return self.work_minutes or default or self.tenant.default_work_minutes


class ImportItem(models.Model):
    """One target of an import job: what was received, what came of it and why.

    A child of a log: a plain key leads to its job, and the tenant stands beside it.
    """

    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="items", db_index=False)
    index = models.PositiveIntegerField()
    external_id = models.CharField(_("external ID"), max_length=128, blank=True, default="")
    operation = models.CharField(max_length=8, choices=Operation.choices, blank=True, default="")
    status = models.CharField(max_length=12, choices=ItemStatus.choices)
    target = models.ForeignKey(
        Target,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="import_items",
        db_constraint=False,
    )
    # As it came; characters that the database cannot hold are replaced and marked.
    received = JSONAsSent(null=True)
    # What became of each entity that was given, and how it was decided: see imports.mapping. Null without context.
    mapping = models.JSONField(null=True, blank=True)
    mapping_status = models.CharField(max_length=12, choices=MappingStatus.choices, blank=True, default="")
    # Warnings of the target: [{"code", "entity", "field", "message"}]; those of its context stand in `mapping`.
    warnings = models.JSONField(default=list)
    # The codes of all its warnings, for the filter.
    warning_codes = ArrayField(models.CharField(max_length=64), default=list)
    error_code = models.CharField(max_length=64, blank=True, default="")
    error_message = models.TextField(blank=True, default="")
    # [{"field", "code", "message"}]
    details = models.JSONField(default=list)
    # What changed: {"title": ["old", "new"]}; null for a new target.
    changes = models.JSONField(null=True, blank=True, decoder=NumbersAsSent)
    content_hash = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        verbose_name = _("import item")
        verbose_name_plural = _("import items")
        constraints = [
            # Lists the items of a job in order.
            models.UniqueConstraint(fields=["job", "index"], name="import_item_index_once"),
            models.CheckConstraint(name="import_item_status", condition=Q(status__in=ItemStatus.values)),
            TenantLink(field="target", to="imports.Target", name="import_item_target"),
        ]
        indexes = [
            # Earlier and later imports of one external ID; and the filter of jobs.
            models.Index(fields=["tenant", "external_id", "-id"], name="import_item_by_external_id"),
            # Those whose names were compared, for the page of match quality.
            models.Index(
                fields=["tenant", "-id"],
                condition=Q(mapping__customer__has_key="explanation")
                | Q(mapping__location__has_key="explanation")
                | Q(mapping__contact__has_key="explanation"),
                name="import_item_compared",
            ),
            # What was rejected lately, for Home and the list.
            models.Index(
                fields=["tenant", "-id"], condition=Q(status="Rejected"), name="import_item_rejected"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.job_id}[{self.index}] {self.external_id}"

    @property
    def all_warnings(self) -> list[dict[str, Any]]:
        """Warnings of the target, then those of its context."""
        return [*self.warnings, *((self.mapping or {}).get("warnings", []))]
