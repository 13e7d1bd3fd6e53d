"""The outbox: facts that subscribers will hear of."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ordinavo_connect.clients.models import Tenant


class Event(models.Model):
    """Something that happened, written in the transaction of the change that it tells of.

    `facts` are as they were: ids, names, the customer number, and per entity its `externalIds` by source system;
    what a subscriber gets of them is decided when a body is rendered.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    event_id = models.CharField(max_length=40, unique=True)  # "evt_" and a ULID
    type = models.CharField(max_length=64)
    source_system = models.CharField(max_length=64, blank=True, default="")
    # Given by fan-out once the event is committed, ascending: the cursor of GET /events. Null: waits for it.
    position = models.BigIntegerField(null=True, editable=False)
    occurred_at = models.DateTimeField()
    facts = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [models.UniqueConstraint(fields=["tenant", "id"], name="event_tenant_id")]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="event_newest"),
            # The story of a target.
            models.Index(F("facts__target__id"), name="event_of_target"),
            # What fan-out has to do next.
            models.Index(fields=["id"], condition=Q(position__isnull=True), name="event_waits"),
            # GET /events, and the highest position so far.
            models.Index(fields=["tenant", "position"], name="event_by_position"),
            models.Index(fields=["position"], condition=Q(position__isnull=False), name="event_position"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"
