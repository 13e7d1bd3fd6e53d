"""Why a target is in no route, and what would have to change.

Codes: API contract, Route suggestions. A target gets the first that holds:

1. `not_open`: cancelled, completed or planned already; or left out by staff, which is `lower_priority`, see below.
2. `missing_coordinates`.
3. `no_employee_available`: nobody works on the day (for a pinned one: the employee does not).
4. `skill_missing`: no employee who works on the day has all the skills, but apart from them somebody could do it.
   Apart from that, what follows is about those who have the skills, or about all where nobody has them.
5. `outside_working_area`: it lies in none of their areas.
6. `time_window_unreachable`: its time lies on another day.
7. `outside_working_hours`: of those whose area it lies in, nobody works at its time, or long enough after it.
8. `time_window_unreachable`: of those who work then, nobody gets there in time, or is free of breaks.
9. `capacity_exceeded`: it takes longer than the day of anybody who could do it.
10. `lower_priority`: it would fit in place of targets that are each worth more.
11. `capacity_exceeded`: those who could do it have no time left.
"""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from routing.planning.ground import Ground, Orders, is_within_area, missing_skills
from routing.planning.plan import Exclusion
from routing.planning.problem import Employee, Job, Problem
from routing.planning.timing import Tour, Visit
from routing.planning.travel import Matrix
from routing.planning.wording import absence, day_text, minutes, names

Reason = tuple[str, str]


def explain(problem: Problem, *, matrix: Matrix, orders: Orders) -> tuple[Exclusion, ...]:
    """A reason for every job that is in no route."""
    return explained(Ground(problem, matrix), orders)


def explained(ground: Ground, orders: Orders) -> tuple[Exclusion, ...]:
    """As `explain`."""
    planned = {target_id for order in orders.values() for target_id in order}
    tours = {
        employee_id: ground.tour(employee_id, orders.get(employee_id, ())) for employee_id in ground.shifts
    }
    return tuple(
        Exclusion(job.target_id, *_reason(ground, tours, job))
        for job in ground.problem.jobs
        if job.target_id not in planned
    )


def _reason(ground: Ground, tours: dict[int, Tour], job: Job) -> Reason:
    return _of_target(job) or _of_employees(ground, job) or _of_plan(ground, tours, job)


def _of_target(job: Job) -> Reason | None:
    """What nobody could mend by planning differently."""
    if not job.is_open:
        if job.status:
            return "not_open", _("Its status is %(status)s; only open targets are planned.") % {
                "status": job.status
            }
        return "not_open", _("It is not open; only open targets are planned.")
    if job.is_left_out:
        return "lower_priority", _("Staff left it out of this plan.")
    if job.point is None:
        return "missing_coordinates", _(
            "It has no coordinates: give latitude and longitude with the target or its location."
        )
    return None


def _of_employees(ground: Ground, job: Job) -> Reason | None:
    """What keeps everybody from it, even on an empty day."""
    if job.pin is not None:
        return _of_pinned(ground, job)
    available = ground.available
    if not available:
        return "no_employee_available", _nobody(ground)
    skilled = [employee for employee in available if job.skill_keys <= employee.skill_keys]
    if skilled:
        return _of_place_and_time(ground, skilled, job)
    return _of_place_and_time(ground, available, job) or ("skill_missing", _skill_text(ground, job))


def _of_pinned(ground: Ground, job: Job) -> Reason | None:
    """It is in the plan unless the employee does not work at all."""
    if ground.candidates(job.target_id) or job.pin is None:
        return None
    employee = ground.problem.employee.get(job.pin.employee_id)
    if employee is None:
        return "no_employee_available", _("It is pinned to somebody who is not part of this plan.")
    return "no_employee_available", _("It is pinned to %(name)s, who %(absence)s.") % {
        "name": employee.name,
        "absence": absence(employee),
    }


def _nobody(ground: Ground) -> str:
    away = [employee for employee in ground.problem.employees if not employee.is_available]
    if not away:
        return _("There is no employee to plan for: add one, or choose others.")
    who = "; ".join(f"{employee.name} {absence(employee)}" for employee in away[:3])
    return _("Nobody works on %(day)s: %(who)s.") % {"day": day_text(ground.problem, 12 * 3600), "who": who}


def _skill_text(ground: Ground, job: Job) -> str:
    """Names the skill, and who has it."""
    lacking = _lacking_everywhere(ground.available, job) or list(job.required_skills)
    text = ngettext("Needs the skill %(skills)s", "Needs the skills %(skills)s", len(lacking))
    text %= {"skills": ", ".join(lacking)}
    away = [
        employee
        for employee in ground.problem.employees
        if not employee.is_available and job.skill_keys <= employee.skill_keys
    ]
    if away:
        who = "; ".join(f"{employee.name} {_but(employee)}" for employee in away[:3])
        return f"{text}; {who}."
    if len(lacking) < len(job.required_skills) or len(lacking) == 1 or not _somebody_has_each(ground, job):
        return _("%(needs)s, which nobody who works on this day has.") % {"needs": text}
    return _("%(needs)s together: nobody who works on this day has all of them.") % {"needs": text}


def _but(employee: Employee) -> str:
    # "Jana has it but is away on 2 July"
    return _("has it but %(absence)s") % {"absence": absence(employee)}


def _lacking_everywhere(employees: Sequence[Employee], job: Job) -> list[str]:
    """Skills that none of them has."""
    lacks = [set(missing_skills(employee, job)) for employee in employees]
    return [skill for skill in job.required_skills if all(skill in missing for missing in lacks)]


def _somebody_has_each(ground: Ground, job: Job) -> bool:
    return not _lacking_everywhere(ground.available, job)


def _of_place_and_time(ground: Ground, employees: Sequence[Employee], job: Job) -> Reason | None:
    """None where at least one of them could do it."""
    near = [employee for employee in employees if is_within_area(employee, job)]
    if not near:
        return "outside_working_area", _area_text(employees)
    if any(ground.fits_alone(employee.employee_id, job.target_id) for employee in near):
        return None
    if other_day := _other_day(ground.problem, job):
        return "time_window_unreachable", other_day
    working = [employee for employee in near if _works_at(employee, job)]
    if not working:
        return "outside_working_hours", _hours_text(ground.problem, near, job)
    return _of_time(ground, working, job)


def _area_text(employees: Sequence[Employee]) -> str:
    areas = "; ".join(
        _("%(name)s works within %(km)s km") % {"name": one.name, "km": round(one.area.radius_metres / 1000)}
        for one in employees[:3]
        if one.area is not None
    )
    return _("It lies outside of the working areas of all who could do it: %(areas)s.") % {"areas": areas}


def _other_day(problem: Problem, job: Job) -> str:
    earliest, latest = job.start_range
    if earliest > latest:
        return _("Its latest start lies before its window opens: change one of the two.")
    if latest < problem.day.start:
        return _("It should have started by %(day)s, %(time)s: give it a later window or latest start.") % {
            "day": day_text(problem, latest),
            "time": problem.clock(latest),
        }
    if earliest > problem.day.end:
        return _("Its window lies on %(day)s: plan it on that day.") % {"day": day_text(problem, earliest)}
    return ""


def _works_at(employee: Employee, job: Job) -> bool:
    """Whether some start that the job allows lies in a shift, with the work done before the day ends."""
    earliest, latest = job.start_range
    return any(
        max(shift.start, earliest) <= min(shift.end, latest)
        and (max(shift.start, earliest) + job.work_seconds <= employee.day.end or not _is_bounded(job))
        for shift in employee.shifts
    )


def _is_bounded(job: Job) -> bool:
    return job.window is not None


def _hours_text(problem: Problem, employees: Sequence[Employee], job: Job) -> str:
    earliest, latest = job.start_range
    hours = "; ".join(
        f"{employee.name} {problem.clock(employee.day.start)}–{problem.clock(employee.day.end)}"
        for employee in employees[:3]
    )
    return _("Nobody who could do it works for %(minutes)s min from a start %(when)s: %(hours)s.") % {
        "minutes": minutes(job.work_seconds),
        "when": _when(problem, job, earliest, latest),
        "hours": hours,
    }


def _when(problem: Problem, job: Job, earliest: int, latest: int) -> str:
    if job.window is None:
        return _("until %(time)s") % {"time": problem.clock(latest)}
    if earliest == latest:
        return _("at %(time)s") % {"time": problem.clock(earliest)}
    return _("between %(earliest)s and %(latest)s") % {
        "earliest": problem.clock(earliest),
        "latest": problem.clock(latest),
    }


def _of_time(ground: Ground, employees: Sequence[Employee], job: Job) -> Reason:
    """They work then, but not one of them can do it, even with nothing else to do."""
    problem, visit = ground.problem, ground.visits[job.target_id]
    arrivals = {
        employee.employee_id: employee.day.start
        + ground.travel[ground.shifts[employee.employee_id].home][visit.place]
        for employee in employees
    }
    first = min(employees, key=lambda employee: arrivals[employee.employee_id])
    arrival = arrivals[first.employee_id]
    if arrival > visit.latest:
        return "time_window_unreachable", _(
            "Nobody gets there in time: %(name)s is there first, at %(arrival)s; it starts at %(latest)s at the latest."
        ) % {"name": first.name, "arrival": problem.clock(arrival), "latest": problem.clock(visit.latest)}
    return _too_long(ground, employees, job)


def _too_long(ground: Ground, employees: Sequence[Employee], job: Job) -> Reason:
    """They get there in time, and do not get done."""
    if not _is_bounded(job) and job.due_at is None:
        return "capacity_exceeded", _longest_day(ground, employees, job)
    without_breaks = [
        employee
        for employee in employees
        if Tour(ground.shifts[employee.employee_id]._replace(pauses=()), ground.travel).best_insertion(
            ground.visits[job.target_id]
        )
    ]
    if without_breaks:
        return "time_window_unreachable", _(
            "Its time and the break of %(names)s get in each other's way: move one of the two."
        ) % {"names": names(without_breaks)}
    earliest, latest = job.start_range
    return "outside_working_hours", _(
        "With %(minutes)s min of work and the way back, a start %(when)s ends after the shift of %(names)s."
    ) % {
        "minutes": minutes(job.work_seconds),
        "when": _when(ground.problem, job, earliest, latest),
        "names": names(employees),
    }


def _longest_day(ground: Ground, employees: Sequence[Employee], job: Job) -> str:
    return _(
        "It takes %(minutes)s min and the ways there and back: more than the working day of %(names)s has."
    ) % {
        "minutes": minutes(job.work_seconds),
        "names": names(employees),
    }


def _of_plan(ground: Ground, tours: dict[int, Tour], job: Job) -> Reason:
    """Somebody could do it, were it not for what is planned."""
    who = [ground.problem.employee[employee_id] for employee_id in ground.candidates(job.target_id)]
    visit = ground.visits[job.target_id]
    for employee in who:
        if tours[employee.employee_id].best_insertion(visit) is not None:
            return "lower_priority", _("It was left out; it fits into the route of %(name)s.") % {
                "name": employee.name
            }
    instead = {
        employee.employee_id: place[1]
        for employee in who
        if (place := _without_dearer(ground, tours[employee.employee_id], job).best_insertion(visit))
        is not None
    }
    if instead:
        employee_id = min(instead, key=lambda employee_id: instead[employee_id])
        return "lower_priority", _priority_text(ground, tours[employee_id], job, len(who))
    return "capacity_exceeded", _capacity_text(who, job)


def _dearer(ground: Ground, tour: Tour, job: Job) -> list[Visit]:
    """What is worth more, apart from what is pinned: that stays whatever it is worth."""
    worth = ground.values[job.target_id]
    return [
        one
        for one in tour.visits
        if ground.values[one.target_id] > worth and ground.problem.job[one.target_id].pin is None
    ]


def _without_dearer(ground: Ground, tour: Tour, job: Job) -> Tour:
    dearer = _dearer(ground, tour, job)
    return Tour(tour.shift, ground.travel, [one for one in tour.visits if one not in dearer])


def _priority_text(ground: Ground, tour: Tour, job: Job, choices: int) -> str:
    """Names the employee who could do it with the least travel, and what stands in its place nearby."""
    place = ground.visits[job.target_id].place
    example = min(_dearer(ground, tour, job), key=lambda one: ground.travel[place][one.place])
    values = {
        "name": ground.problem.employee[tour.shift.employee_id].name,
        "title": ground.problem.job[example.target_id].title,
        "priority": job.priority,
    }
    if choices == 1:
        return (
            _(
                "Only %(name)s could do it and does what is worth more, such as %(title)s: raise its priority "
                "(%(priority)s), or plan it on another day."
            )
            % values
        )
    return (
        _(
            "Those who could do it do what is worth more, such as %(name)s with %(title)s: raise its priority "
            "(%(priority)s), or plan it on another day."
        )
        % values
    )


def _capacity_text(who: Sequence[Employee], job: Job) -> str:
    return ngettext(
        "%(names)s could do it but has no %(minutes)s min left for it where its time allows: plan more people or "
        "another day.",
        "%(names)s could do it but have no %(minutes)s min left for it where its time allows: plan more people or "
        "another day.",
        len(who),
    ) % {"names": names(who), "minutes": minutes(job.work_seconds)}
