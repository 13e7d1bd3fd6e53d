"""Who does which targets in which order, as plain values, and what a person may do to it by hand.

Pure: what a change breaks is not asked here (see rules.py), and nothing is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple


class NoSuchPlace(Exception):
    """A change names a target, or a place of a route, that is not there."""


class Place(NamedTuple):
    """A place in a route; `position` counts from 1, as the API does."""

    employee_id: int
    position: int


@dataclass(frozen=True)
class Arrangement:
    """What people decide of a plan; all else follows from it.

    Args:
        orders: target ids in the order of their stops, by employee id; nobody without a stop is in it.
            Published appointments that stand between them are in it too, by the ids of their jobs.
        pins: of targets that stay as they are when the plan is solved again, the start in seconds since the day's
            origin; None for one that was moved: its next start is meant.
        left_out: target ids that staff took out of the plan.
    """

    orders: Mapping[int, tuple[int, ...]]
    pins: Mapping[int, int | None] = field(default_factory=dict)
    left_out: frozenset[int] = frozenset()

    def place_of(self, target_id: int) -> Place | None:
        """Where a target stands; None where it is in no route."""
        for employee_id, order in self.orders.items():
            if target_id in order:
                return Place(employee_id, order.index(target_id) + 1)
        return None

    @property
    def planned(self) -> frozenset[int]:
        return frozenset(target_id for order in self.orders.values() for target_id in order)


def moved(arrangement: Arrangement, target_id: int, *, employee_id: int, position: int) -> Arrangement:
    """With the target at that place of the employee's route, counted without the target itself, from 1.

    It may stand elsewhere or in no route before; a pin moves with it.

    Raises:
        NoSuchPlace: the route has no such place.
    """
    orders = _without(arrangement.orders, target_id)
    order = orders.get(employee_id, ())
    if not 1 <= position <= len(order) + 1:
        raise NoSuchPlace
    orders[employee_id] = (*order[: position - 1], target_id, *order[position - 1 :])
    pins = {**arrangement.pins, target_id: None} if target_id in arrangement.pins else arrangement.pins
    return replace(arrangement, orders=orders, pins=pins, left_out=arrangement.left_out - {target_id})


def left_out(arrangement: Arrangement, target_id: int) -> Arrangement:
    """Without the target, which stays out when the plan is solved again."""
    return replace(
        unpinned(arrangement, target_id),
        orders=_without(arrangement.orders, target_id),
        left_out=arrangement.left_out | {target_id},
    )


def let_in(arrangement: Arrangement, target_id: int) -> Arrangement:
    """The target is in no route still, but may be planned again.

    Raises:
        NoSuchPlace: staff did not take it out.
    """
    if target_id not in arrangement.left_out:
        raise NoSuchPlace
    return replace(arrangement, left_out=arrangement.left_out - {target_id})


def pinned(arrangement: Arrangement, target_id: int) -> Arrangement:
    """Raises: NoSuchPlace where the target is in no route."""
    if arrangement.place_of(target_id) is None:
        raise NoSuchPlace
    return replace(arrangement, pins={target_id: None, **arrangement.pins})


def unpinned(arrangement: Arrangement, target_id: int) -> Arrangement:
    pins = {other: start for other, start in arrangement.pins.items() if other != target_id}
    return replace(arrangement, pins=pins)


def as_json(arrangement: Arrangement) -> dict[str, Any]:
    """As it is kept to go back to."""
    return {
        "orders": [[employee_id, list(order)] for employee_id, order in arrangement.orders.items()],
        "pins": [list(pin) for pin in arrangement.pins.items()],
        "leftOut": sorted(arrangement.left_out),
    }


def from_json(kept: Mapping[str, Any]) -> Arrangement:
    """What `as_json` kept."""
    return Arrangement(
        orders={employee_id: tuple(order) for employee_id, order in kept["orders"]},
        pins=dict(kept["pins"]),
        left_out=frozenset(kept["leftOut"]),
    )


def _without(orders: Mapping[int, tuple[int, ...]], target_id: int) -> dict[int, tuple[int, ...]]:
    kept = {
        employee_id: tuple(other for other in order if other != target_id)
        for employee_id, order in orders.items()
    }
    return {employee_id: order for employee_id, order in kept.items() if order}
