import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """An attempt remembers the bytes that it sent; of earlier ones nobody knows."""

    dependencies = [("delivery", "0001_initial")]
    operations = [
        migrations.AddField(
            "attempt",
            "body",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="delivery.body",
            ),
        )
    ]
