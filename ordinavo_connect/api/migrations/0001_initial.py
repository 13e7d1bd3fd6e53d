import django.utils.timezone
from django.db import migrations, models

# Every request writes its client's row, and after a crash an empty table is as good as any: no write-ahead
# log. Room in each page keeps these updates off the index.
UNLOGGED = "ALTER TABLE rate_window SET UNLOGGED; ALTER TABLE rate_window SET (fillfactor = 50)"
LOGGED = "ALTER TABLE rate_window SET LOGGED; ALTER TABLE rate_window RESET (fillfactor)"


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="RateWindow",
            fields=[
                ("client_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("window_start", models.DateTimeField()),
                ("count", models.PositiveIntegerField()),
            ],
            options={"db_table": "rate_window"},
        ),
        migrations.RunSQL(UNLOGGED, LOGGED),
        migrations.CreateModel(
            name="IdempotencyRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("client_id", models.BigIntegerField()),
                ("key", models.CharField(max_length=255)),
                ("fingerprint", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField()),
                ("location", models.TextField(blank=True)),
                ("body", models.BinaryField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "idempotency_record",
                "indexes": [models.Index(fields=["created_at"], name="idempotency_record_created")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("client_id", "key"), name="idempotency_record_client_key"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__lt", 400)), name="idempotency_record_no_error"
                    ),
                ],
            },
        ),
    ]
