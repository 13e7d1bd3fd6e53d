"""What became of a visit: what the employee did on the phone, and the report that the office decides on."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from imports.models import Target
from ordinavo_connect.clients.models import Tenant, User
from ordinavo_connect.clients.tenancy import TenantLink
from routing.planning.models import Appointment, Employee


class ReportStatus(models.TextChoices):
    """API contract, Visit reports."""

    DRAFT = "Draft", _("Draft")
    SUBMITTED = "Submitted", _("Submitted")
    APPROVED = "Approved", _("Approved")
    REJECTED = "Rejected", _("Sent back")


class Result(models.TextChoices):
    SUCCESSFUL = "Successful", _("Successful")
    PARTIAL = "Partial", _("Partial")
    NOT_POSSIBLE = "NotPossible", _("Not possible")


class VisitReport(models.Model):
    """What an employee says of a visit; one for each appointment, whatever is sent twice."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    appointment = models.OneToOneField(
        Appointment, on_delete=models.PROTECT, related_name="report", db_constraint=False
    )
    employee = models.ForeignKey(
        Employee, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    target = models.ForeignKey(
        Target, on_delete=models.PROTECT, related_name="visit_reports", db_constraint=False
    )
    # Of the target, for the list that an API client may read.
    source_system = models.CharField(max_length=64)
    title = models.CharField(max_length=420)
    status = models.CharField(max_length=10, choices=ReportStatus.choices, default=ReportStatus.DRAFT)
    result = models.CharField(max_length=12, choices=Result.choices, blank=True, default="")
    text = models.TextField(max_length=10_000, blank=True, default="")
    work_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    # [{"name", "quantity": "2.5", "unit": "pc"}]
    materials = models.JSONField(default=list, blank=True)
    is_billable = models.BooleanField(_("billable"), default=True)
    follow_up_required = models.BooleanField(default=False)
    follow_up_date = models.DateField(_("wish date"), null=True, blank=True)
    follow_up_text = models.TextField(max_length=2000, blank=True, default="")
    follow_up_target = models.ForeignKey(
        Target,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    # Who signed on the glass.
    signed_by = models.CharField(max_length=200, blank=True, default="")
    # As `billing` knows it: NotBillable, NotReady, then the billing event's status; written by it.
    billing_status = models.CharField(max_length=12, default="NotReady")
    submitted_at = models.DateTimeField(null=True, blank=True)
    # How often it was handed in: once more after each time that it was sent back.
    times_submitted = models.PositiveSmallIntegerField(default=0)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    rejection_reason = models.TextField(max_length=2000, blank=True, default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = _("visit report")
        verbose_name_plural = _("visit reports")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="visit_report_tenant_id"),
            models.CheckConstraint(name="visit_report_status", condition=Q(status__in=ReportStatus.values)),
            models.CheckConstraint(name="visit_report_result", condition=Q(result__in=["", *Result.values])),
            models.CheckConstraint(
                name="visit_report_complete_when_submitted",
                condition=Q(status="Draft")
                | (~Q(result="") & Q(work_minutes__isnull=False, submitted_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="visit_report_work_minutes",
                condition=Q(work_minutes__isnull=True) | Q(work_minutes__range=(0, 1440)),
            ),
            models.CheckConstraint(
                name="visit_report_decided",
                condition=~Q(status__in=["Approved", "Rejected"]) | Q(decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="visit_report_billing_status",
                condition=Q(
                    billing_status__in=["NotBillable", "NotReady", "Pending", "Ready", "Sent", "Failed"]
                ),
            ),
            TenantLink(field="appointment", to="planning.Appointment", name="visit_report_appointment"),
            TenantLink(field="employee", to="planning.Employee", name="visit_report_employee"),
            TenantLink(field="target", to="imports.Target", name="visit_report_target"),
            TenantLink(field="follow_up_target", to="imports.Target", name="visit_report_follow_up"),
        ]
        indexes = [
            # What waits for the office, oldest first.
            models.Index(
                fields=["tenant", "submitted_at"],
                condition=Q(status="Submitted"),
                name="visit_report_waiting",
            ),
            # The list of a tenant, and of a source system for the API.
            models.Index(fields=["tenant", "-id"], name="visit_report_newest"),
            models.Index(fields=["tenant", "source_system", "-id"], name="visit_report_of_source"),
        ]

    def __str__(self) -> str:
        return self.title


class AttachmentKind(models.TextChoices):
    PHOTO = "Photo", _("Photo")
    SIGNATURE = "Signature", _("Signature")


class Attachment(models.Model):
    """A photo or signature that a report names. It lies in the database, so that a report never lacks one.

    The phone names each by the hash of what it will send; the row waits for its content until then.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    report = models.ForeignKey(
        VisitReport, on_delete=models.CASCADE, related_name="attachments", db_constraint=False, db_index=False
    )
    kind = models.CharField(max_length=10, choices=AttachmentKind.choices)
    # SHA-256 in hex of what the phone sends, and of what is kept of it: re-encoded, without EXIF.
    sent_sha256 = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    content_type = models.CharField(max_length=32, blank=True, default="")
    bytes = models.PositiveIntegerField(default=0)
    content = models.BinaryField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField()
    arrived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="attachment_tenant_id"),
            # Sent twice, it is kept once.
            models.UniqueConstraint(fields=["report", "sent_sha256"], name="attachment_once_a_report"),
            models.CheckConstraint(name="attachment_kind", condition=Q(kind__in=AttachmentKind.values)),
            models.CheckConstraint(
                name="attachment_whole",
                condition=Q(arrived_at__isnull=True, content__isnull=True)
                | (Q(arrived_at__isnull=False, content__isnull=False, bytes__gt=0) & ~Q(sha256="")),
            ),
            TenantLink(field="report", to="visits.VisitReport", name="attachment_report"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.sent_sha256[:8]}"


class PhoneAction(models.Model):
    """What a phone asked for, by the id that it gave it: asked for twice, it is done once."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    employee = models.ForeignKey(
        Employee, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    appointment = models.ForeignKey(
        Appointment, on_delete=models.CASCADE, related_name="actions", db_constraint=False
    )
    action_id = models.UUIDField()
    # start, problem, complete, draft, submit
    kind = models.CharField(max_length=16)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "employee", "action_id"], name="phone_action_once"),
            TenantLink(field="employee", to="planning.Employee", name="phone_action_employee"),
            TenantLink(field="appointment", to="planning.Appointment", name="phone_action_appointment"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.action_id}"
