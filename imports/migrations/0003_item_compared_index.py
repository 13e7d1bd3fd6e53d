"""Finds the items whose names were compared, for the page of match quality."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("imports", "0002_open_targets_by_day")]

    operations = [
        migrations.AddIndex(
            model_name="importitem",
            index=models.Index(
                fields=["tenant", "-id"],
                condition=Q(mapping__customer__has_key="explanation")
                | Q(mapping__location__has_key="explanation")
                | Q(mapping__contact__has_key="explanation"),
                name="import_item_compared",
            ),
        ),
    ]
