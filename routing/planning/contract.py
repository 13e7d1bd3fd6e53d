"""What a client may send of route suggestions, checked (API contract). Unknown fields are ignored."""

from datetime import date
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from imports.field_types import day, whole
from routing.planning.requests import DEFAULT_SECONDS, MOST_TARGETS

MOST_EMPLOYEES = 200
# Beyond, the days around it are no dates any more.
_FIRST_YEAR, _LAST_YEAR = 1970, 9000


def _near(value: date) -> date:
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise PydanticCustomError("out_of_range", f"A day from {_FIRST_YEAR} to {_LAST_YEAR} is expected.")
    return value


# What no row can have is as unknown as what no row has: it is looked up, not refused.
Id = Annotated[
    int, BeforeValidator(whole), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 2**63 - 1})
]
Day = Annotated[date, BeforeValidator(day), AfterValidator(_near)]
Seconds = Annotated[int, Field(ge=1, le=60), BeforeValidator(whole)]


class RouteSuggestionIn(BaseModel):
    """What is to be planned: `importJobId`, `targetIds` or a `date` alone."""

    model_config = ConfigDict(strict=True, extra="ignore", alias_generator=to_camel, populate_by_name=False)

    import_job_id: Id | None = Field(
        None, description="The targets that this import job made, changed or found unchanged."
    )
    target_ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_TARGETS)] | None = Field(
        None, description="These targets, by the `targetId` of the import; one named twice is planned once."
    )
    date: Day | None = Field(
        None,
        description="A day in the tenant's time zone. Alone: the open targets with that `routeDate`, or without one "
        "but with a window, `dueDate` or `dueAtUtc` on that day. Without it: the targets' common `routeDate`, else the "
        "next working day.",
    )
    employee_ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_EMPLOYEES)] | None = Field(
        None, description="Who may be planned; all who are active unless it is said."
    )
    time_limit_seconds: Seconds | None = Field(
        None, description=f"How long the solver may search; {DEFAULT_SECONDS}."
    )

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if self.import_job_id is not None and self.target_ids is not None:
            raise PydanticCustomError("exclusive", "importJobId or targetIds is expected, not both.")
        if self.import_job_id is None and self.target_ids is None and self.date is None:
            raise PydanticCustomError("required", "One of importJobId, targetIds and date is expected.")
        return self

    def options(self) -> dict[str, Any]:
        """What `request_suggestion` takes besides the selection."""
        return {"employee_ids": self.employee_ids, "time_limit_seconds": self.time_limit_seconds}
