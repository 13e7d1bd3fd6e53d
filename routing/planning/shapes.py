"""The shapes of what planning answers (API contract, Shapes). They describe; `presentation` makes the answers."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from ordinavo_connect.api.openapi.shapes import AnswerShape, NextCursor
from routing.planning.models import ExclusionCode, SuggestionStatus

Minutes = Annotated[int, Field(ge=0)]
Kilometres = Annotated[float, Field(ge=0, description="With one decimal.")]


class RouteSuggestionLinks(AnswerShape):
    """Where it is."""

    self: Annotated[str, Field(description="`GET` it until its status is `Draft` or `Failed`.")]


class RequestedRouteSuggestion(AnswerShape):
    """A suggestion that waits for a worker."""

    route_suggestion_id: int
    status: SuggestionStatus
    links: RouteSuggestionLinks


class SuggestedBreak(AnswerShape):
    """A break of the employee."""

    start_at_utc: datetime
    end_at_utc: datetime


class RouteStop(AnswerShape):
    """A visit."""

    position: Annotated[int, Field(ge=1, description="From 1.")]
    target_id: int
    external_id: str
    arrival_at_utc: datetime
    start_at_utc: datetime
    end_at_utc: datetime
    waiting_minutes: Annotated[int, Field(ge=0, description="From the arrival to the start, breaks aside.")]
    travel_minutes: Annotated[
        int, Field(ge=0, description="Of the leg that leads to it, the first from the employee's start.")
    ]
    travel_km: Kilometres


class PlannedRoute(AnswerShape):
    """An employee's day; its travel includes the way back."""

    employee_id: int
    employee_name: str
    stops: list[RouteStop]
    breaks: list[SuggestedBreak]
    travel_minutes: Minutes
    travel_km: Kilometres
    work_minutes: Minutes
    waiting_minutes: Minutes


class ExcludedRouteTarget(AnswerShape):
    """A target that is in no route, and why."""

    target_id: int
    external_id: str
    code: ExclusionCode
    message: Annotated[str, Field(description="What would have to change, for people.")]


class RouteTotals(AnswerShape):
    """Of all routes."""

    travel_minutes: Minutes
    travel_km: Kilometres
    work_minutes: Minutes
    waiting_minutes: Minutes
    planned_targets: Annotated[int, Field(ge=0)]
    excluded_targets: Annotated[int, Field(ge=0)]


class RouteSuggestion(AnswerShape):
    """A plan for one day: every target asked for is in one route or excluded, once it is a draft."""

    route_suggestion_id: int
    status: SuggestionStatus
    progress: Annotated[float, Field(ge=0, le=1, description="Of the search; 1 when the draft is there.")]
    date: date
    routes: list[PlannedRoute]
    excluded_targets: list[ExcludedRouteTarget]
    totals: RouteTotals
    travel_note: Annotated[
        str | None, Field(description="What should be known of the travel times: that they are estimated.")
    ]
    error_message: Annotated[str | None, Field(description="Why it failed, for people.")]
    created_at_utc: datetime
    solved_at_utc: datetime | None
    links: RouteSuggestionLinks


class PlannableEmployee(AnswerShape):
    """Somebody who does visits."""

    employee_id: int
    name: str
    skills: list[str]


class EmployeePage(AnswerShape):
    """A page of employees."""

    items: list[PlannableEmployee]
    next_cursor: NextCursor
