from django.db import migrations

_START = """
CREATE SEQUENCE events_position AS bigint;
SELECT setval('events_position', (SELECT max(position) FROM events_event)) FROM events_event LIMIT 1;
"""


class Migration(migrations.Migration):
    """Positions are never given twice, whatever is deleted."""

    dependencies = [("events", "0001_initial")]
    operations = [migrations.RunSQL(_START, "DROP SEQUENCE events_position")]
