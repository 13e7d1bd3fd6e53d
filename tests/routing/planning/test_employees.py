"""When employees work: weekdays, exceptions, breaks, days on which clocks change."""

from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ordinavo_connect.clients.models import Tenant
from routing.planning.employees import next_working_day, shifts_on, zone_of
from routing.planning.models import Absence, Employee, WorkingHours
from tests.routing.cast import DAY, at, make_employee

pytestmark = pytest.mark.django_db

SATURDAY, SUNDAY = date(2026, 7, 4), date(2026, 7, 5)


def day_of(employee: Employee, day: date = DAY):
    return shifts_on([employee], day, zone=zone_of(employee.tenant))[employee.pk]


def away(employee: Employee, first: date, last: date | None = None, **fields):
    return Absence.objects.create(
        tenant=employee.tenant, employee=employee, first_day=first, last_day=last or first, **fields
    )


def test_a_weekday_has_its_hours(jana):
    shift = day_of(jana).shift

    assert (shift.starts_at, shift.ends_at, shift.pause) == (at(8), at(16, 30), None)


def test_a_break_is_part_of_the_day(jana):
    WorkingHours.objects.filter(employee=jana).update(
        break_minutes=30, break_from=time(11, 30), break_until=time(13)
    )
    pause = day_of(jana).shift.pause

    assert (pause.earliest, pause.latest, pause.seconds) == (at(11, 30), at(13), 1800)


def test_a_day_without_hours_is_said_with_its_name(jana):
    found = day_of(jana, SUNDAY)

    assert (found.shift, found.absence) == (None, "does not work on Sunday, 5 July")


def test_leave_is_told_without_its_reason(jana):
    away(jana, DAY, DAY + timedelta(days=3), reason="Operation on the knee")
    found = day_of(jana)

    assert (found.shift, found.absence) == (None, "is away on 2 July")


def test_a_half_day_stands_for_the_hours(jana):
    away(jana, DAY, works_from=time(7), works_until=time(12))
    shift = day_of(jana).shift

    assert (shift.starts_at, shift.ends_at) == (at(7), at(12))


def test_half_days_of_two_weeks_are_no_work_on_sundays(jana):
    away(jana, DAY, DAY + timedelta(days=13), works_from=time(8), works_until=time(12))

    assert day_of(jana, SUNDAY).shift is None


def test_one_exception_may_be_an_extra_saturday(jana):
    away(jana, SATURDAY, works_from=time(9), works_until=time(13))

    assert day_of(jana, SATURDAY).shift.starts_at == at(9, day=SATURDAY)


def test_a_day_off_is_off_whatever_else_was_entered(jana):
    away(jana, DAY)
    away(jana, DAY, works_from=time(8), works_until=time(12))

    assert day_of(jana).shift is None


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23 - 1), (date(2026, 10, 25), 25 - 1)], ids=["spring", "autumn"]
)
def test_the_clock_on_the_wall_counts_where_clocks_change(tenant, day, hours):
    night = make_employee(tenant, weekdays=[6], hours=(time(0), time(23)))
    shift = day_of(night, day).shift

    assert (shift.ends_at.timestamp() - shift.starts_at.timestamp()) / 3600 == hours


def test_many_employees_take_as_many_statements_as_one(tenant):
    few = [make_employee(tenant)]
    many = [make_employee(tenant) for _ in range(5)]

    def statements(employees) -> int:
        with CaptureQueriesContext(connection) as queries:
            shifts_on(employees, DAY, zone=zone_of(tenant))
        return len(queries)

    assert statements(many) == statements(few) == 2


def test_the_next_working_day_is_the_next_on_which_somebody_works(tenant: Tenant):
    weekly = make_employee(tenant, weekdays=[0, 3])  # Monday, Thursday
    monday = date(2026, 7, 6)

    assert next_working_day(tenant, after=DAY) == monday
    away(weekly, monday)
    assert next_working_day(tenant, after=DAY) == date(2026, 7, 9)
    make_employee(tenant, weekdays=[5])
    assert next_working_day(tenant, after=DAY) == SATURDAY
    assert next_working_day(tenant, after=DAY, employee_ids=[weekly.pk]) == date(2026, 7, 9)


def test_without_employees_it_is_the_next_weekday(tenant: Tenant):
    assert next_working_day(tenant, after=date(2026, 7, 3)) == date(2026, 7, 6)


def test_who_is_not_active_does_not_count(tenant: Tenant):
    make_employee(tenant, weekdays=[5], is_active=False)
    make_employee(tenant, weekdays=[0])

    assert next_working_day(tenant, after=DAY) == date(2026, 7, 6)
