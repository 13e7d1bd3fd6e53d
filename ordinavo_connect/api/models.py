from django.db import models
from django.utils import timezone


class RateWindow(models.Model):
    """How many requests a client has made in its current window. One row a client.

    The table is UNLOGGED (see the migration): every request writes it, and after a crash it is worth nothing.
    """

    client_id = models.BigIntegerField(primary_key=True)
    window_start = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        db_table = "rate_window"

    def __str__(self) -> str:
        return f"client {self.client_id}: {self.count}"


class IdempotencyRecord(models.Model):
    """The first answer to a request that carried an Idempotency-Key, kept for its repeats.

    It is written in the transaction of the work that the answer tells of, so there is one exactly when the
    work is done. Answers from status 400 on are never kept.
    """

    client_id = models.BigIntegerField()
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    location = models.TextField(blank=True)
    body = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "idempotency_record"
        constraints = [
            # idempotency.begin finds a record by it.
            models.UniqueConstraint(fields=["client_id", "key"], name="idempotency_record_client_key"),
            models.CheckConstraint(condition=models.Q(status__lt=400), name="idempotency_record_no_error"),
        ]
        indexes = [
            # The oldest go first: idempotency.complete.
            models.Index(fields=["created_at"], name="idempotency_record_created"),
        ]

    def __str__(self) -> str:
        return f"client {self.client_id}: {self.status}"
