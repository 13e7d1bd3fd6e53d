"""Whether a client may go: what it brought in keeps it."""

from django.db.models import PROTECT

from ordinavo_connect.clients.models import IntegrationClient


def is_kept(client: IntegrationClient) -> bool:
    """Whether rows that must not lose their origin (import jobs, say) stand behind the client."""
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: client}).exists()
        for relation in client._meta.related_objects
        if relation.on_delete is PROTECT
    )
