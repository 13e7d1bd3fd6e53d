"""The field service of the demo tenant: who drives, and what there is to do on the next days.

Made once, when the demo is made; from then on it belongs to whoever works with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from imports.jobs import Order, import_targets
from ordinavo_connect.clients.caller import caller_of
from ordinavo_connect.clients.models import ApiKey, Tenant, User
from routing.planning.employees import today, zone_of
from routing.planning.models import Absence, Employee, Language, WorkingHours

# The user name of the employee who shows My Day.
LOG_IN = "jana"
BATCH_ID = "DEMO-DAY"

_WHOLE_WEEK, _WORKING_WEEK = range(7), range(5)


@dataclass(frozen=True)
class DemoEmployee:
    """Somebody who drives.

    Args:
        weekdays: Monday is 0. Some are on duty at weekends, so that there is always somebody tomorrow.
        leave: from the first day to plan, for so many days.
    """

    name: str
    skills: tuple[str, ...]
    start: str
    latitude: float
    longitude: float
    phone: str
    weekdays: Iterable[int] = _WORKING_WEEK
    until: time = time(16, 30)
    area_km: int | None = None
    has_log_in: bool = False
    leave: int = 0


EMPLOYEES = (
    DemoEmployee(
        *("Jana Weber", ("Refrigeration", "Electrical"), "Depot, Schützenbahn 70, Essen", 51.4585, 7.017),
        phone="+49 151 20000001",
        weekdays=_WHOLE_WEEK,
        has_log_in=True,
    ),
    DemoEmployee(
        *("Malik Yilmaz", ("Medical devices", "Electrical"), "Klarastraße 33, Essen", 51.4365, 7.002),
        phone="+49 151 20000002",
        weekdays=_WHOLE_WEEK,
    ),
    DemoEmployee(
        *("Sofia Brandt", ("Refrigeration", "Gas heating"), "Dorstener Straße 120, Bochum", 51.4905, 7.203),
        phone="+49 151 20000003",
        weekdays=_WHOLE_WEEK,
    ),
    DemoEmployee(
        *("Tom Berger", ("Medical gas", "Medical devices"), "Universitätsstraße 90, Bochum", 51.468, 7.229),
        phone="+49 151 20000004",
        leave=3,
    ),
    DemoEmployee(
        *("Lena Hoffmann", ("Lift", "Electrical"), "Bochumer Straße 16, Essen-Steele", 51.4492, 7.076),
        phone="+49 151 20000005",
        until=time(13),
        area_km=15,
    ),
)


@dataclass(frozen=True)
class DemoJob:
    """A target that the demo's ERP sends.

    Args:
        window: of hours on its day, in the tenant's time zone.
        on_day: 0 is the first day to plan, 1 the one after.
        overdue: days since it was due.
        is_fixed: the visit starts exactly when the window opens.
    """

    number: int
    title: str
    customer: str
    location: str
    minutes: int
    skills: tuple[str, ...] = ()
    priority: str = "Normal"
    window: tuple[time, time] | None = None
    is_fixed: bool = False
    revenue: float | None = None
    overdue: int = 0
    on_day: int = 0
    service: str = "Maintenance"


_COLD, _POWER = ("Refrigeration",), ("Electrical",)
_MORNING = (time(8), time(11))

JOBS = (
    DemoJob(
        *(1, "Cold store: temperature alarm", "CUST-10042", "LOC-ESSEN-02", 90, _COLD, "Urgent", _MORNING),
        revenue=480,
        service="Repair",
    ),
    DemoJob(2, "Quarterly check of the loading ramp", "CUST-10042", "LOC-ESSEN-01", 60, _POWER, revenue=240),
    DemoJob(
        3, "Oven: thermostat replaced", "CUST-20044", "LOC-ESSEN-11", 45, _POWER, window=(time(12), time(15))
    ),
    DemoJob(
        *(
            4,
            "Operating table: annual safety check",
            "CUST-20088",
            "LOC-ESSEN-20",
            75,
            ("Medical devices",),
            "High",
        ),
        window=(time(9), time(10)),
        is_fixed=True,
        revenue=620,
    ),
    DemoJob(
        *(5, "Oxygen supply: leak test", "CUST-20088", "LOC-ESSEN-20", 60, ("Medical gas",), "High"),
        revenue=540,
    ),
    DemoJob(6, "Medicine fridge: door seal", "CUST-20110", "LOC-ESSEN-31", 30, _COLD, "High", revenue=150),
    DemoJob(7, "Chiller cabinet: cleaning", "CUST-20117", "LOC-ESSEN-34", 60, _COLD, overdue=3, revenue=210),
    DemoJob(
        8, "Freezer: compressor noise", "CUST-20117", "LOC-ESSEN-35", 45, _COLD, service="Repair", revenue=190
    ),
    DemoJob(
        *(9, "Cold store: monthly check", "CUST-20117", "LOC-BOCHUM-21", 60, _COLD),
        window=(time(8), time(12)),
        revenue=230,
    ),
    DemoJob(10, "Lift: half-yearly inspection", "CUST-20123", "LOC-ESSEN-38", 60, ("Lift",), revenue=260),
    DemoJob(
        11,
        "Store lighting: two circuits dead",
        "CUST-20019",
        "LOC-BOCHUM-02",
        50,
        _POWER,
        "High",
        revenue=180,
    ),
    DemoJob(
        *(12, "X-ray: filter changed", "CUST-20063", "LOC-BOCHUM-07", 40, ("medical devices",)),
        window=(time(13), time(16)),
        revenue=310,
    ),
    DemoJob(13, "Workshop: extraction hood serviced", "CUST-20095", "LOC-BOCHUM-12", 60, priority="Low"),
    DemoJob(
        *(14, "Ultrasound: service by contract", "CUST-20131", "LOC-BOCHUM-24", 60, ("Medical devices",)),
        window=(time(10), time(14)),
        revenue=350,
    ),
    DemoJob(
        *(
            15,
            "Heating of the hall fails at night",
            "CUST-20138",
            "LOC-BOCHUM-27",
            75,
            ("Gas heating",),
            "High",
        ),
        service="Repair",
    ),
    DemoJob(
        16, "Boathouse: winter check of the heating", "CUST-20138", "LOC-BOCHUM-28", 60, ("Gas heating",)
    ),
    DemoJob(
        *(17, "Kitchen fridge: yearly check", "CUST-20145", "LOC-BOCHUM-30", 45, _COLD),
        window=(time(14), time(16)),
    ),
    DemoJob(18, "Oven: second appointment", "CUST-20044", "LOC-ESSEN-11", 60, _POWER, on_day=1),
    DemoJob(19, "Ramp: hydraulics", "CUST-10042", "LOC-ESSEN-01", 90, priority="High", on_day=1),
    DemoJob(20, "Heating of the practice: yearly check", "CUST-20131", "LOC-BOCHUM-24", 75, on_day=1),
    DemoJob(21, "Chiller cabinet: new fan", "CUST-20117", "LOC-BOCHUM-21", 60, _COLD, on_day=1),
)


def is_new(tenant: Tenant) -> bool:
    """Whether the demo has no field service yet, and never had one: its log-in is made with it and stays."""
    return not (
        Employee.objects.filter(tenant=tenant).exists()
        or User.objects.filter(username__in=[LOG_IN, f"demo-{LOG_IN}"], memberships__tenant=tenant).exists()
    )


def add_employees(tenant: Tenant, *, log_in: User, now: datetime) -> None:
    """The employees, with their hours; one of them is on leave from the first day to plan."""
    for entry in EMPLOYEES:
        employee = Employee.objects.create(
            tenant=tenant,
            user=log_in if entry.has_log_in else None,
            name=entry.name,
            phone=entry.phone,
            skills=list(entry.skills),
            language=Language.ENGLISH,
            start_name=entry.start,
            latitude=entry.latitude,
            longitude=entry.longitude,
            area_km=entry.area_km,
        )
        WorkingHours.objects.bulk_create(_hours(employee, entry, weekday) for weekday in entry.weekdays)
        if entry.leave:
            first = first_day(tenant, now=now)
            last = first + timedelta(days=entry.leave - 1)
            Absence.objects.create(
                tenant=tenant, employee=employee, first_day=first, last_day=last, reason="Leave"
            )


def import_jobs_to_plan(key: ApiKey, *, now: datetime) -> None:
    """The jobs of the next days, as the demo's ERP sends them: one batch through the pipeline of every import."""
    tenant = key.client.tenant
    first = first_day(tenant, now=now)
    raws = [_payload(job, first, tenant) for job in JOBS]
    import_targets(Order(raws, is_batch=True, batch_id=BATCH_ID), caller_of(key))


def first_day(tenant: Tenant, *, now: datetime) -> date:
    """Tomorrow: what is published for it stands in My Day at once."""
    return today(tenant, now=now) + timedelta(days=1)


def _hours(employee: Employee, entry: DemoEmployee, weekday: int) -> WorkingHours:
    has_break = entry.until > time(14)
    pause = {"break_minutes": 30, "break_from": time(11, 30), "break_until": time(13)} if has_break else {}
    return WorkingHours(
        tenant=employee.tenant,
        employee=employee,
        weekday=weekday,
        starts_at=time(8),
        ends_at=entry.until,
        **pause,
    )


def _payload(job: DemoJob, first: date, tenant: Tenant) -> dict[str, Any]:
    day = first + timedelta(days=job.on_day)
    planning: dict[str, Any] = {
        "priority": job.priority,
        "estimatedWorkMinutes": job.minutes,
        "routeDate": day.isoformat(),
    }
    if job.window:
        start, end = (datetime.combine(day, moment, zone_of(tenant)).isoformat() for moment in job.window)
        planning |= {
            "preferredTimeWindowStart": start,
            "preferredTimeWindowEnd": end,
            "fixedTime": job.is_fixed,
        }
    if job.overdue:
        planning["dueDate"] = (day - timedelta(days=job.overdue)).isoformat()
    value = {"businessValue": {"expectedRevenue": job.revenue}} if job.revenue else {}
    return {
        "externalId": f"DEMO-{1000 + job.number}",
        "title": job.title,
        "templateKey": job.service.lower(),
        "customer": {"externalId": job.customer},
        "location": {"externalId": job.location},
        "planning": planning,
        "requiredSkills": list(job.skills),
        "customFields": {"serviceType": job.service},
        **value,
    }
