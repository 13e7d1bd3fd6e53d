"""Who hears of events, and what was sent to them."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ordinavo_connect.clients.models import SOURCE_SYSTEM, IntegrationClient, Tenant
from ordinavo_connect.clients.tenancy import TenantLink
from webhooks.events.catalogue import PAYLOAD_VERSION
from webhooks.events.models import Event


class SubscriptionStatus(models.TextChoices):
    ACTIVE = "Active", _("Active")
    PAUSED = "Paused", _("Paused")
    DISABLED = "Disabled", _("Disabled")


class Subscription(models.Model):
    """An address of a receiver, and which events it gets in which form (API contract, Webhooks).

    While it is paused, its events wait; while it is disabled, none are queued, and a replay brings them.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    client = models.ForeignKey(
        IntegrationClient,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        editable=False,
    )
    # Whose external IDs its bodies carry, and which API clients may see it.
    source_system = models.CharField(max_length=64, validators=[SOURCE_SYSTEM])
    name = models.CharField(max_length=200, blank=True, default="")
    url = models.CharField(_("URL"), max_length=2000)
    # Exact names, prefixes such as `visit_report.*`, or `*`.
    event_types = ArrayField(models.CharField(max_length=64))
    # [{"field": "target.customFields.serviceType", "anyOf": ["Maintenance"]}]: all must hold.
    conditions = models.JSONField(default=list, blank=True)
    status = models.CharField(
        max_length=8, choices=SubscriptionStatus.choices, default=SubscriptionStatus.ACTIVE
    )
    disabled_reason = models.CharField(max_length=500, blank=True, default="")
    include_customer = models.BooleanField(_("customer"), default=True)
    include_location = models.BooleanField(_("location"), default=True)
    include_contact = models.BooleanField(_("contact"), default=True)
    include_contact_details = models.BooleanField(_("contact e-mail, phone and role"), default=False)
    include_report_summary = models.BooleanField(_("preview of the visit report"), default=False)
    include_billing_details = models.BooleanField(_("billing lines and amounts"), default=False)
    payload_version = models.CharField(max_length=10, default=PAYLOAD_VERSION, editable=False)
    timeout_seconds = models.PositiveSmallIntegerField(
        default=15, validators=[MinValueValidator(1), MaxValueValidator(30)]
    )
    max_in_flight = models.PositiveSmallIntegerField(
        _("requests under way"), default=10, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )
    # Encrypted: a JSON object of name to value; the secret as `whsec_…`.
    headers = models.TextField(blank=True, default="", editable=False)
    secret = models.TextField(editable=False)
    previous_secret = models.TextField(blank=True, default="", editable=False)
    previous_secret_until = models.DateTimeField(null=True, blank=True, editable=False)
    # What became of the test after its creation: see webhooks.delivery.verdict.
    verdict = models.JSONField(null=True, blank=True, editable=False)
    # The present row of failures: when it began, how long it is, and until when the breaker holds back.
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    consecutive_failures = models.PositiveIntegerField(default=0, editable=False)
    breaker_opened_at = models.DateTimeField(null=True, blank=True, editable=False)
    breaker_until = models.DateTimeField(null=True, blank=True, editable=False)
    last_error = models.CharField(max_length=500, blank=True, default="", editable=False)
    last_success_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The newest event when it was made: for people, who ask why an older one was not sent.
    after_event = models.BigIntegerField(default=0, editable=False)
    # Ids of the events that were there then and waited for fan-out, as [first, last] each: they are not for it. All
    # that fan-out meets besides was committed after it. Clocks that jump change nothing of that.
    earlier_events = models.JSONField(default=list, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("webhook subscription")
        verbose_name_plural = _("webhook subscriptions")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="subscription_tenant_id"),
            models.CheckConstraint(
                name="subscription_status", condition=Q(status__in=SubscriptionStatus.values)
            ),
            models.CheckConstraint(name="subscription_timeout", condition=Q(timeout_seconds__range=(1, 30))),
            models.CheckConstraint(name="subscription_in_flight", condition=Q(max_in_flight__range=(1, 50))),
            TenantLink(field="client", to="clients.IntegrationClient", name="subscription_client"),
        ]

    def __str__(self) -> str:
        return self.name or self.url


class Body(models.Model):
    """The bytes that receivers of one privacy profile get of an event; every attempt sends these."""

    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="bodies", db_index=False)
    # Which parts, whose external IDs, which version: see webhooks.delivery.privacy.
    profile = models.CharField(max_length=128)
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "profile"], name="body_once_a_profile")]

    def __str__(self) -> str:
        return f"{self.event_id} {self.profile}"


class DeliveryStatus(models.TextChoices):
    PENDING = "Pending", _("Pending")
    DELIVERED = "Delivered", _("Delivered")
    FAILED = "Failed", _("Failed")


class Delivery(models.Model):
    """An event on its way to a subscription, delivered at least once.

    A sender claims it: it puts `due_at` behind its lease and its own `claim` beside it, and settles it only where
    that claim still stands. One that died leaves a delivery that is due again when the lease is over.
    """

    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    body = models.ForeignKey(Body, on_delete=models.CASCADE, related_name="+", db_index=False)
    # Of the event, for lists.
    event_type = models.CharField(max_length=64)
    status = models.CharField(max_length=9, choices=DeliveryStatus.choices, default=DeliveryStatus.PENDING)
    attempt_count = models.PositiveIntegerField(default=0)
    # Of these, those of the present row of retries: a redelivery begins a new one.
    retry_count = models.PositiveSmallIntegerField(default=0)
    # When the next attempt is due, or a claim ends; null once it is settled.
    due_at = models.DateTimeField(null=True, blank=True)
    # Why then: "first", "retry", "retry_after", "by_hand", "replay".
    due_reason = models.CharField(max_length=16, blank=True, default="first")
    # Sent although the subscription is paused or disabled: a test, a redelivery or a replay.
    is_forced = models.BooleanField(default=False)
    claim = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints = [
            models.UniqueConstraint(fields=["event", "subscription"], name="delivery_once"),
            models.CheckConstraint(name="delivery_status", condition=Q(status__in=DeliveryStatus.values)),
            models.CheckConstraint(
                name="delivery_due_while_pending",
                condition=Q(status="Pending", due_at__isnull=False)
                | (~Q(status="Pending") & Q(due_at__isnull=True)),
            ),
        ]
        indexes = [
            # The sender's claim: what is due of one subscription, in order; many are due at the same moment.
            models.Index(
                fields=["subscription", "due_at", "id"], condition=Q(status="Pending"), name="delivery_due"
            ),
            # The same of one that is paused, disabled or held back, whose other deliveries may be many.
            models.Index(
                fields=["subscription", "due_reason", "due_at", "id"],
                condition=Q(status="Pending", is_forced=True),
                name="delivery_forced",
            ),
            # What senders hold: counted by subscription with each claim; of one that died, others take it over.
            models.Index(
                fields=["subscription", "claim"], condition=Q(claim__isnull=False), name="delivery_held"
            ),
            models.Index(fields=["subscription", "-id"], name="delivery_of_subscription"),
            models.Index(fields=["tenant", "-id"], name="delivery_newest"),
            # Lists of what was given up, which is little of much.
            models.Index(fields=["tenant", "-id"], condition=Q(status="Failed"), name="delivery_failed"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class Attempt(models.Model):
    """One request of a delivery, and what came back."""

    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts", db_index=False)
    number = models.PositiveIntegerField()
    # What it sent: a replay may give its delivery other bytes later. Null: from before this was kept. Bodies go with
    # their event, as attempts do, so nothing checks the link.
    body = models.ForeignKey(
        Body, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    error_code = models.CharField(max_length=64, blank=True, default="")
    error_message = models.CharField(max_length=500, blank=True, default="")
    # Up to 1 KiB of the answer, as text.
    response_excerpt = models.TextField(blank=True, default="")
    # {"dns": 1.2, "connect": 3.4, "tls": 9.1, "firstByte": 20.5}: milliseconds; what did not happen is left out.
    phases = models.JSONField(default=dict)
    # As sent, the values of the subscription's own headers masked.
    request_headers = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="attempt_once")]
        indexes = [
            # Health of endpoints: the attempts of a period.
            models.Index(fields=["started_at"], name="attempt_by_time"),
        ]

    def __str__(self) -> str:
        return f"#{self.delivery_id}.{self.number}"


class NoticeKind(models.TextChoices):
    """What operators are told of."""

    FAILING = "endpoint_failing", _("An endpoint fails")
    WILL_BE_DISABLED = "endpoint_will_be_disabled", _("An endpoint will be disabled")
    DISABLED = "endpoint_disabled", _("An endpoint was disabled")
    BREAKER_OPEN = "breaker_open", _("The breaker of an endpoint opened")
    BACKLOG = "backlog", _("Deliveries pile up")


class Notice(models.Model):
    """Something of a subscription that operators should know, until it is over."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, null=True, blank=True, related_name="notices", db_index=False
    )
    kind = models.CharField(max_length=32, choices=NoticeKind.choices)
    # What the sentence is made of: {"since": "…", "error": "…", "waiting": 1200}.
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "kind"],
                condition=Q(ended_at__isnull=True),
                name="notice_open_once",
            ),
            models.CheckConstraint(name="notice_kind", condition=Q(kind__in=NoticeKind.values)),
        ]
        indexes = [
            models.Index(fields=["tenant"], condition=Q(ended_at__isnull=True), name="notice_open"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
