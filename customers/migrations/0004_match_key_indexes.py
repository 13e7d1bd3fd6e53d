"""The indexes by which candidates are found, once every row has its keys."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0003_fill_match_keys'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(condition=models.Q(('person_key', ''), _negated=True), fields=['customer', 'person_key'], name='contact_by_person'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['match_keys'], name='customer_match_keys'),
        ),
        migrations.AddIndex(
            model_name='location',
            index=django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['match_keys'], name='location_match_keys'),
        ),
    ]
