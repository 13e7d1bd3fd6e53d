"""A problem with its ways, prepared: who may do what, and the facts that a search asks for again and again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from routing.planning.plan import Route
from routing.planning.problem import Employee, Job, Problem, Span, skill_key
from routing.planning.timing import Shift, Tour, Visit, shift_of, timed_route, visit_of
from routing.planning.travel import Matrix, great_circle_metres
from routing.planning.value import prize

# The working day of somebody who has none.
ORDINARY_DAY = Span(8 * 3600, 17 * 3600)

# Target ids in the order of their stops, by employee id.
Orders = Mapping[int, Sequence[int]]


class Ground:
    """All of it derives from a problem and a matrix that covers `problem.points()`.

    `visits` and `shifts` are what time knows of jobs with coordinates and of employees who work on the day.
    """

    def __init__(self, problem: Problem, matrix: Matrix) -> None:
        self.problem = problem
        self.matrix = matrix
        self.travel = matrix.seconds_rows
        self.visits: dict[int, Visit] = {
            job.target_id: visit_of(job, matrix) for job in problem.jobs if job.point is not None
        }
        self.shifts: dict[int, Shift] = {
            employee.employee_id: shift_of(employee, matrix) for employee in self.available
        }
        self._candidates: dict[int, tuple[int, ...]] = {}

    @cached_property
    def available(self) -> tuple[Employee, ...]:
        return tuple(employee for employee in self.problem.employees if employee.is_available)

    @cached_property
    def values(self) -> dict[int, int]:
        return {job.target_id: prize(job) for job in self.problem.jobs}

    def candidates(self, target_id: int) -> tuple[int, ...]:
        """Employees who could do it if they did nothing else; the one it is pinned to, whatever that breaks."""
        if target_id not in self._candidates:
            self._candidates[target_id] = tuple(self._who(self.problem.job[target_id]))
        return self._candidates[target_id]

    def _who(self, job: Job) -> list[int]:
        if not job.is_open or job.point is None or job.is_left_out:
            return []
        if job.pin is not None:
            return [job.pin.employee_id] if job.pin.employee_id in self.shifts else []
        return [
            employee.employee_id
            for employee in self.available
            if is_qualified(employee, job) and self.fits_alone(employee.employee_id, job.target_id)
        ]

    def fits_alone(self, employee_id: int, target_id: int) -> bool:
        """Whether time allows it, in a day that holds nothing else."""
        return self.tour(employee_id, ()).best_insertion(self.visits[target_id]) is not None

    def tour(self, employee_id: int, target_ids: Sequence[int]) -> Tour:
        visits = [self.visits[target_id] for target_id in target_ids]
        return Tour(self.shifts[employee_id], self.travel, visits)

    def route(self, employee_id: int, target_ids: Sequence[int]) -> Route:
        """With its times, whatever it breaks, but without targets that have no coordinates.

        Raises: KeyError for an id that the problem does not have.
        """
        jobs = [self.problem.job[target_id] for target_id in target_ids]
        visits = [self.visits[job.target_id] for job in jobs if job.point is not None]
        shift = self.shifts.get(employee_id) or self._day_off(self.problem.employee[employee_id])
        return timed_route(shift, self.matrix, visits)

    def _day_off(self, employee: Employee) -> Shift:
        """What somebody's day would be who does not work: for a plan that has to be shown all the same."""
        return shift_of(replace(employee, shifts=(ORDINARY_DAY,), breaks=()), self.matrix)


def is_qualified(employee: Employee, job: Job) -> bool:
    return job.skill_keys <= employee.skill_keys and is_within_area(employee, job)


def missing_skills(employee: Employee, job: Job) -> list[str]:
    """As the job spells them."""
    return [skill for skill in job.required_skills if skill_key(skill) not in employee.skill_keys]


def is_within_area(employee: Employee, job: Job) -> bool:
    if employee.area is None or job.point is None:
        return True
    return great_circle_metres(employee.area.centre, job.point) <= employee.area.radius_metres
