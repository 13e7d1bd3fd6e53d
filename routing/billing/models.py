"""What is billed for a visit, and by which rules."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from imports.models import Target
from ordinavo_connect.clients.models import IntegrationClient, Tenant, User
from ordinavo_connect.clients.tenancy import TenantLink
from routing.planning.models import Appointment
from routing.visits.models import VisitReport


class RuleKind(models.TextChoices):
    FLAT = "Flat", _("Flat: once a visit")
    TIME = "Time", _("Time: by the hour, in steps")
    MATERIAL = "Material", _("Material: by the unit used")


class BillingRule(models.Model):
    """One price of a tenant. Every active rule that fits a report makes a line of its bill."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=RuleKind.choices)
    # What the line says; for material, also the name that it is found by, without regard to case.
    description = models.CharField(max_length=200)
    # Blank: of every target.
    template_key = models.CharField(max_length=64, blank=True, default="")
    unit = models.CharField(max_length=20, blank=True, default="")
    unit_price = models.DecimalField(max_digits=10, decimal_places=2, validators=[MinValueValidator(0)])
    # Of time: every step begun counts.
    step_minutes = models.PositiveSmallIntegerField(
        default=15, validators=[MinValueValidator(1), MaxValueValidator(480)]
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        ordering = ["kind", "description"]
        constraints = [
            models.UniqueConstraint(
                "tenant",
                "kind",
                models.functions.Lower("description"),
                "template_key",
                name="billing_rule_once",
                violation_error_message=_("There is such a price already."),
            ),
            models.CheckConstraint(name="billing_rule_kind", condition=Q(kind__in=RuleKind.values)),
            models.CheckConstraint(name="billing_rule_price", condition=Q(unit_price__gte=0)),
            models.CheckConstraint(name="billing_rule_step", condition=Q(step_minutes__range=(1, 480))),
        ]

    def __str__(self) -> str:
        return f"{self.description} {self.unit_price}"


class BillingStatus(models.TextChoices):
    """API contract, Billing events."""

    PENDING = "Pending", _("Pending")
    READY = "Ready", _("Ready")
    SENT = "Sent", _("Sent")
    FAILED = "Failed", _("Failed")


class BillingEvent(models.Model):
    """What an approved report costs: one for each, whatever is clicked, retried or killed."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    report = models.OneToOneField(
        VisitReport, on_delete=models.PROTECT, related_name="billing_event", db_constraint=False
    )
    target = models.ForeignKey(Target, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    source_system = models.CharField(max_length=64)
    status = models.CharField(max_length=8, choices=BillingStatus.choices, default=BillingStatus.PENDING)
    # Why it waits, in words.
    waits_for = models.TextField(blank=True, default="")
    # [{"kind", "description", "quantity": "1.50", "unit", "unitPrice": "80.00" or null, "amount" or null}]
    lines = models.JSONField(default=list)
    total = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3)
    document_number = models.CharField(max_length=200, blank=True, default="")
    # What the ERP said when it failed.
    error = models.TextField(max_length=2000, blank=True, default="")
    # Who acknowledged it, and who among the staff completed it.
    acknowledged_by = models.ForeignKey(
        IntegrationClient,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    completed_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = _("billing event")
        verbose_name_plural = _("billing events")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="billing_event_tenant_id"),
            models.CheckConstraint(name="billing_event_status", condition=Q(status__in=BillingStatus.values)),
            models.CheckConstraint(
                name="billing_event_priced_when_ready",
                condition=Q(status="Pending") | Q(total__isnull=False, ready_at__isnull=False),
            ),
            models.CheckConstraint(
                name="billing_event_number_when_sent",
                condition=Q(status="Sent", sent_at__isnull=False) & ~Q(document_number="")
                | ~Q(status="Sent") & Q(document_number=""),
            ),
            TenantLink(field="report", to="visits.VisitReport", name="billing_event_report"),
            TenantLink(field="target", to="imports.Target", name="billing_event_target"),
            TenantLink(field="appointment", to="planning.Appointment", name="billing_event_appointment"),
            TenantLink(
                field="acknowledged_by", to="clients.IntegrationClient", name="billing_event_acknowledged_by"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="billing_event_newest"),
            models.Index(fields=["tenant", "source_system", "-id"], name="billing_event_of_source"),
            # What waits for a price, and what for the ERP.
            models.Index(
                fields=["tenant", "status", "id"],
                condition=Q(status__in=["Pending", "Ready", "Failed"]),
                name="billing_event_open",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
