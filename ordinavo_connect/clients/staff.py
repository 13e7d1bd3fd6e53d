"""People who work for a tenant: taken on, given a role and a password."""

import secrets

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from ordinavo_connect.clients.models import Membership, Role, Tenant, User

# 12 bytes: 16 characters, too many to guess at ten tries a quarter of an hour.
PASSWORD_BYTES = 12


@transaction.atomic
def take_on(
    tenant: Tenant, *, username: str, role: str, first_name: str = "", last_name: str = "", email: str = ""
) -> tuple[Membership, str]:
    """A new person as a member of a tenant, and a password, which is not kept.

    Raises:
        ValidationError: with every fault at once, by the name of the argument.
    """
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    user = User(
        username=username,
        first_name=first_name,
        last_name=last_name,
        email=email,
        is_staff=role != Role.EMPLOYEE,
    )
    user.set_password(password)
    user.full_clean()
    user.save(force_insert=True)
    membership = Membership(tenant=tenant, user=user, role=role)
    membership.full_clean()
    membership.save(force_insert=True)
    return membership, password


@transaction.atomic
def change_role(membership: Membership, *, role: str) -> None:
    """Another role from the next request on.

    Raises:
        ValidationError: the tenant would be left without an owner.
    """
    if role != Role.OWNER:
        keep_an_owner(membership)
    Membership.objects.filter(pk=membership.pk).update(role=role)


def keep_an_owner(membership: Membership) -> None:
    """Refuses what would take a tenant its last owner. Two owners who step down at once do so one after the other.

    Belongs into the transaction of the change.

    Raises:
        ValidationError: this member is the last owner.
    """
    Tenant.objects.select_for_update(no_key=True).get(pk=membership.tenant_id)
    others = Membership.objects.filter(tenant_id=membership.tenant_id, role=Role.OWNER).exclude(
        pk=membership.pk
    )
    if Membership.objects.filter(pk=membership.pk, role=Role.OWNER).exists() and not others.exists():
        raise ValidationError(_("A tenant keeps at least one owner: give the role to somebody else first."))


def new_password(user: User) -> str:
    """A new random password, which is not kept; the old one, and sessions that it opened, end."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    user.set_password(password)
    user.save(update_fields=["password"])
    return password


def may_manage(actor: User, user: User) -> bool:
    """Whether somebody may set another person's password and name.

    Whoever sets a password can be that person, so all that the person may do must be the actor's to give: the
    actor owns every tenant that the person works for, and is a superuser where the person is one.
    """
    if actor.is_superuser:
        return True
    if user.is_superuser:
        return False
    owned = Membership.objects.filter(user=actor, role=Role.OWNER).values("tenant")
    return not Membership.objects.filter(user=user).exclude(tenant__in=owned).exists()
