"""Whether a record of the registry may go: jobs that are linked to it keep it."""

from django.db.models import SET_NULL, Model


def is_kept(record: Model) -> bool:
    """Whether rows of an app above are linked to a record: deleting it would take their link away.

    Reviews are of this app: they keep their story without the record.
    """
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: record.pk}).exists()
        for relation in record._meta.related_objects
        if relation.on_delete is SET_NULL and relation.related_model._meta.app_label != record._meta.app_label
    )
