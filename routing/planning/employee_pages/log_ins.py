"""A log-in to My Day for an employee: a user, a membership with the role Employee, and the link to the employee."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from ordinavo_connect.clients.models import Role, User
from ordinavo_connect.clients.staff import take_on
from routing.planning.models import Employee


@transaction.atomic
def create_log_in(employee: Employee, *, username: str) -> tuple[User, str]:
    """The user, and a password, which is not kept.

    Raises:
        ValidationError: the name is taken, or the employee has a log-in by now; nothing was made.
    """
    first, _space, last = employee.name.partition(" ")
    member, password = take_on(
        employee.tenant.sandbox_of or employee.tenant,
        username=username,
        role=Role.EMPLOYEE,
        first_name=first[:150],
        last_name=last[:150],
    )
    if not Employee.objects.filter(pk=employee.pk, user=None).update(user=member.user):
        raise ValidationError({"username": _("Somebody made a log-in for this employee in the meantime.")})
    return member.user, password
