"""Wiping a sandbox: its registry, imports, events and subscriptions; its clients and keys stay."""

from django.apps import apps
from django.db import models, transaction

from customers.history import explain_changes
from ordinavo_connect.api.models import IdempotencyRecord
from ordinavo_connect.clients.models import IntegrationClient, Tenant


def wipe(tenant: Tenant) -> int:
    """Delete what a sandbox holds, in one transaction.

    Returns:
        How many rows went.

    Raises:
        ValueError: the tenant is no sandbox.
    """
    if not tenant.is_sandbox:
        raise ValueError(f"{tenant.slug} is no sandbox.")
    with transaction.atomic():
        explain_changes("sandbox wiped")
        # Links are checked at the end of the transaction, so the order does not matter.
        wiped = sum(_rows(model, tenant)._raw_delete("default") for model in _wiped_models())
        clients = IntegrationClient.objects.filter(tenant=tenant).values("pk")
        # A repeated request is a new one: what it led to before is gone.
        IdempotencyRecord.objects.filter(client_id__in=clients).delete()
    return wiped


def _wiped_models() -> list[type[models.Model]]:
    """Whatever belongs to a tenant, but its clients and people; history stays."""
    return [
        model
        for model in apps.get_models()
        if model._meta.app_label != "clients"
        and not hasattr(model, "pgh_tracked_model")
        and any(field.name == "tenant" for field in model._meta.concrete_fields)
    ]


def _rows(model: type[models.Model], tenant: Tenant) -> "models.QuerySet[models.Model]":
    return model._base_manager.filter(tenant=tenant)
