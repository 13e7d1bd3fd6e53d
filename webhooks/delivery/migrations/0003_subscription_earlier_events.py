from django.db import migrations, models


class Migration(migrations.Migration):
    """Which events were there before a subscription; of those that exist, everything earlier is fanned out."""

    dependencies = [("delivery", "0002_attempt_body")]
    operations = [
        migrations.AddField(
            "subscription",
            "earlier_events",
            models.JSONField(blank=True, default=list, editable=False),
        )
    ]
