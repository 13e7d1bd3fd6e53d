"""Tenants and their sandboxes."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ordinavo_connect.clients.models import SANDBOX_SUFFIX, Tenant


def create_tenant(slug: str, *, name: str = "") -> Tenant:
    """A live tenant; without a name it is called as its slug.

    Raises:
        ValidationError: the slug is taken, malformed, or that of a sandbox.
    """
    if slug.endswith(SANDBOX_SUFFIX):
        raise ValidationError(
            {"slug": [_("A slug that ends in %(suffix)s is that of a sandbox.") % {"suffix": SANDBOX_SUFFIX}]}
        )
    tenant = Tenant(slug=slug, name=name or slug)
    tenant.full_clean()
    tenant.save(force_insert=True)
    return tenant


def sandbox_of(tenant: Tenant) -> Tenant:
    """The sandbox of a live tenant, made where there is none yet; a sandbox is its own."""
    if tenant.is_sandbox:
        return tenant
    sandbox, _made = Tenant.objects.get_or_create(
        sandbox_of=tenant,
        defaults={
            "slug": tenant.slug + SANDBOX_SUFFIX,
            "name": f"{tenant.name} (sandbox)"[:200],
            "time_zone": tenant.time_zone,
            "default_work_minutes": tenant.default_work_minutes,
        },
    )
    return sandbox


def in_environment(tenant: Tenant, environment: str) -> Tenant:
    """Where a client of `live` or `test` works: the tenant itself, or its sandbox.

    Raises:
        ValidationError: the environment is neither, or a sandbox was to be live.
    """
    if environment == "test":
        return sandbox_of(tenant)
    if environment != "live":
        raise ValidationError({"environment": [_("An environment is live or test.")]})
    if tenant.is_sandbox:
        raise ValidationError(
            {"environment": [_("%(slug)s is a sandbox: its environment is test.") % {"slug": tenant.slug}]}
        )
    return tenant
