"""The same day by VROOM and by OR-Tools: same ways, same rules, same value; their answers as orders of stops."""

from datetime import timedelta

from ortools.constraint_solver import pywrapcp, routing_enums_pb2
from vroom import Break, Input, Job, TimeWindow, Vehicle

from routing.planning.ground import Ground
from routing.planning.search import SECONDS_A_POINT
from routing.planning.timing import Shift

THREADS = 2
# VROOM knows priorities from 0 to 100.
VROOM_PRIORITIES = 100
EXPLORATION = 5

Orders = dict[int, list[int]]


def possible(ground: Ground) -> list[int]:
    return [job.target_id for job in ground.problem.jobs if ground.candidates(job.target_id)]


def by_vroom(ground: Ground, seconds: float) -> Orders:
    """Who may do what as skills: one for each distinct set of employees."""
    target_ids = possible(ground)
    skills = _skills(ground, target_ids)
    problem = Input()
    problem.set_durations_matrix("car", ground.matrix.seconds.astype("uint32"))
    problem.add_vehicle([_vroom_vehicle(shift, skills) for shift in ground.shifts.values()])
    most = max(ground.values.values())
    for target_id in target_ids:
        visit = ground.visits[target_id]
        problem.add_job(
            Job(
                target_id,
                location=visit.place,
                default_service=visit.work,
                skills={skills[ground.candidates(target_id)]},
                priority=max(1, round(ground.values[target_id] / most * VROOM_PRIORITIES)),
                time_windows=[TimeWindow(max(0, visit.earliest), visit.latest)],
            )
        )
    answer = problem.solve(EXPLORATION, THREADS, timeout=timedelta(seconds=seconds))
    orders: Orders = {employee_id: [] for employee_id in ground.shifts}
    for row in answer.routes.itertuples():
        if row.type == "job":
            orders[int(row.vehicle_id)].append(int(row.id))
    return orders


def _skills(ground: Ground, target_ids: list[int]) -> dict[tuple[int, ...], int]:
    sets = dict.fromkeys(ground.candidates(target_id) for target_id in target_ids)
    return {employee_ids: number for number, employee_ids in enumerate(sets, start=1)}


def _vroom_vehicle(shift: Shift, skills: dict[tuple[int, ...], int]) -> Vehicle:
    return Vehicle(
        shift.employee_id,
        start=shift.home,
        end=shift.end_place,
        skills={number for employee_ids, number in skills.items() if shift.employee_id in employee_ids},
        time_window=TimeWindow(*shift.day),
        breaks=[
            Break(number, time_windows=[TimeWindow(pause.earliest, pause.latest)], service=pause.seconds)
            for number, pause in enumerate(shift.pauses, start=1)
        ],
    )


def by_ortools(ground: Ground, seconds: float) -> Orders:
    """Guided local search, with a penalty for what is left out as our search has it."""
    target_ids, shifts = possible(ground), list(ground.shifts.values())
    places = [ground.visits[target_id].place for target_id in target_ids]
    works = [ground.visits[target_id].work for target_id in target_ids]
    first = len(target_ids)
    starts, ends = [shift.home for shift in shifts], [shift.end_place for shift in shifts]
    nodes, works = [*places, *starts, *ends], [*works, *[0] * (2 * len(shifts))]
    manager = pywrapcp.RoutingIndexManager(
        len(nodes),
        len(shifts),
        [first + number for number in range(len(shifts))],
        [first + len(shifts) + number for number in range(len(shifts))],
    )
    model = pywrapcp.RoutingModel(manager)
    ways = [[ground.travel[one][other] for other in nodes] for one in nodes]
    moments = [[way + work for way in row] for row, work in zip(ways, works, strict=True)]
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(ways))
    horizon = max(shift.day.end for shift in shifts)
    model.AddDimension(model.RegisterTransitMatrix(moments), horizon, horizon, False, "time")
    time = model.GetDimensionOrDie("time")
    for number, shift in enumerate(shifts):
        time.CumulVar(model.Start(number)).SetRange(*shift.day)
        time.CumulVar(model.End(number)).SetRange(*shift.day)
        _ortools_breaks(model, time, number, shift, works, manager)
    vehicles = {shift.employee_id: number for number, shift in enumerate(shifts)}
    for node, target_id in enumerate(target_ids):
        index, visit = manager.NodeToIndex(node), ground.visits[target_id]
        time.CumulVar(index).SetRange(max(0, visit.earliest), min(horizon, visit.latest))
        model.AddDisjunction([index], ground.values[target_id] * SECONDS_A_POINT)
        # -1 is "in no route".
        allowed = [-1, *(vehicles[employee_id] for employee_id in ground.candidates(target_id))]
        model.VehicleVar(index).SetValues(allowed)
    answer = model.SolveWithParameters(_ortools_parameters(seconds))
    return {
        shift.employee_id: _ortools_order(model, manager, answer, number, target_ids)
        for number, shift in enumerate(shifts)
    }


def _ortools_breaks(model, time, number, shift: Shift, works: list[int], manager) -> None:  # type: ignore[no-untyped-def]
    if not shift.pauses:
        return
    intervals = [
        model.solver().FixedDurationIntervalVar(pause.earliest, pause.latest, pause.seconds, False, "break")
        for pause in shift.pauses
    ]
    work_at = [works[manager.IndexToNode(index)] for index in range(model.Size())]
    time.SetBreakIntervalsOfVehicle(intervals, number, work_at)


def _ortools_parameters(seconds: float):  # type: ignore[no-untyped-def]
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromMilliseconds(round(seconds * 1000))
    return parameters


def _ortools_order(model, manager, answer, number: int, target_ids: list[int]) -> list[int]:  # type: ignore[no-untyped-def]
    order = []
    if answer is None:
        return order
    index = model.Start(number)
    while not model.IsEnd(index):
        node = manager.IndexToNode(index)
        if node < len(target_ids):
            order.append(target_ids[node])
        index = answer.Value(model.NextVar(index))
    return order
