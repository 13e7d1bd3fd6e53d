from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """What senders hold of one subscription, and what was given up, are found at once."""

    dependencies = [("delivery", "0003_subscription_earlier_events")]
    operations = [
        migrations.AddIndex(
            "delivery",
            models.Index(
                fields=["subscription", "claim"], condition=Q(claim__isnull=False), name="delivery_held"
            ),
        ),
        migrations.RemoveIndex("delivery", "delivery_claimed"),
        migrations.AddIndex(
            "delivery",
            models.Index(fields=["tenant", "-id"], condition=Q(status="Failed"), name="delivery_failed"),
        ),
    ]
