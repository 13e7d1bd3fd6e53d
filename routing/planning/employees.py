"""When employees work on a day, in the time zone of their tenant."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ordinavo_connect.clients.models import Tenant
from routing.planning.models import Absence, Employee, WorkingHours

# How far ahead somebody is looked for who works: four weeks outlast any closing of a whole company.
DAYS_AHEAD = 28
_WORKING_WEEK = range(5)


@dataclass(frozen=True)
class Pause:
    """A break that begins between two moments and lasts `seconds`."""

    earliest: datetime
    latest: datetime
    seconds: int


@dataclass(frozen=True)
class Shift:
    """From when to when somebody works, aware, in the tenant's zone."""

    starts_at: datetime
    ends_at: datetime
    pause: Pause | None = None


@dataclass(frozen=True)
class WorkingDay:
    """What an employee does on a day.

    Args:
        shift: None: does not work.
        absence: then, why: it ends a sentence about the person, as "is away on 2 July". The reason that staff wrote
            down is theirs: sentences about plans reach API clients too.
        away_until: the last day of the leave that the day lies in, where it does.
    """

    shift: Shift | None
    absence: str = ""
    away_until: date | None = None


def zone_of(tenant: Tenant) -> ZoneInfo:
    return ZoneInfo(tenant.time_zone)


def today(tenant: Tenant, *, now: datetime) -> date:
    """The day that it is where the tenant works."""
    return now.astimezone(zone_of(tenant)).date()


def shifts_on(employees: Iterable[Employee], day: date, *, zone: ZoneInfo) -> dict[int, WorkingDay]:
    """What each employee does on the day, by id: two statements."""
    ids = [employee.pk for employee in employees]
    weekly, exceptions = _weekly(ids), _exceptions(ids, first=day, last=day)
    return {pk: _working_day(day, weekly[pk].get(day.weekday()), exceptions[pk], zone) for pk in ids}


def next_working_day(tenant: Tenant, *, after: date, employee_ids: Collection[int] | None = None) -> date:
    """The first day after `after` on which somebody works: of the employees named, else of all that are active.

    Where nobody works for four weeks, the next day from Monday to Friday. Three statements.
    """
    employees = Employee.objects.filter(tenant=tenant, is_active=True)
    if employee_ids is not None:
        employees = employees.filter(pk__in=employee_ids)
    ids = list(employees.values_list("pk", flat=True))
    days = [after + timedelta(days=ahead) for ahead in range(1, DAYS_AHEAD + 1)]
    weekly, exceptions = _weekly(ids), _exceptions(ids, first=days[0], last=days[-1])
    for day in days:
        if any(_times(day, weekly[pk].get(day.weekday()), exceptions[pk]) for pk in ids):
            return day
    return next(day for day in days if day.weekday() in _WORKING_WEEK)


def _weekly(ids: list[int]) -> defaultdict[int, dict[int, WorkingHours]]:
    """Hours by employee and weekday."""
    found: defaultdict[int, dict[int, WorkingHours]] = defaultdict(dict)
    for hours in WorkingHours.objects.filter(employee__in=ids):
        found[hours.employee_id][hours.weekday] = hours
    return found


def _exceptions(ids: list[int], *, first: date, last: date) -> defaultdict[int, list[Absence]]:
    """Exceptions by employee that touch the days, the one that was entered last at the end."""
    found: defaultdict[int, list[Absence]] = defaultdict(list)
    rows = Absence.objects.filter(employee__in=ids, first_day__lte=last, last_day__gte=first)
    for absence in rows.order_by("pk"):
        found[absence.employee_id].append(absence)
    return found


def _working_day(
    day: date, hours: WorkingHours | None, exceptions: list[Absence], zone: ZoneInfo
) -> WorkingDay:
    times = _times(day, hours, exceptions)
    if times is not None:
        return WorkingDay(_shift(day, times, hours, zone))
    if leave := [absence.last_day for absence in exceptions if absence.covers(day)]:
        return WorkingDay(None, _("is away on %(day)s") % {"day": date_format(day, "j F")}, max(leave))
    return WorkingDay(None, _("does not work on %(day)s") % {"day": date_format(day, "l, j F")})


def _times(day: date, hours: WorkingHours | None, exceptions: list[Absence]) -> tuple[time, time] | None:
    """From when to when somebody works on a day; None: not at all.

    1. A day off is off, whatever else was entered for it.
    2. An exception with times stands for the hours of the weekday; of two, the one that was entered last.
    3. One of several days does so on days with hours only: two weeks of half days are no work on Sundays. One of a
       single day may be an extra Saturday.
    """
    there = [absence for absence in exceptions if absence.covers(day)]
    if any(absence.works_from is None for absence in there):
        return None
    for absence in reversed(there):
        if hours is not None or absence.first_day == absence.last_day:
            assert absence.works_from is not None  # noqa: S101 (see above)
            assert absence.works_until is not None  # noqa: S101 (a constraint of the table)
            return absence.works_from, absence.works_until
    return (hours.starts_at, hours.ends_at) if hours is not None else None


def _shift(day: date, times: tuple[time, time], hours: WorkingHours | None, zone: ZoneInfo) -> Shift:
    starts_at, ends_at = (datetime.combine(day, moment, zone) for moment in times)
    return Shift(starts_at, ends_at, _pause(day, hours, zone))


def _pause(day: date, hours: WorkingHours | None, zone: ZoneInfo) -> Pause | None:
    """The break of the weekday; what of it has no room in the shift falls away in the plan."""
    if hours is None or not hours.break_minutes or hours.break_from is None or hours.break_until is None:
        return None
    earliest, latest = (
        datetime.combine(day, moment, zone) for moment in (hours.break_from, hours.break_until)
    )
    return Pause(earliest, latest, hours.break_minutes * 60)
