"""The shapes of answers that every endpoint shares. They describe; they are not run."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class AnswerShape(BaseModel):
    """Base of what the API answers with. A field without a default is always there."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class FieldProblem(AnswerShape):
    """One thing that is wrong with one field."""

    field: Annotated[
        str, Field(description="Its path, as the caller wrote it: `items[3].location.latitude`.")
    ]
    code: Annotated[str, Field(description="What is wrong, for programs: `out_of_range`.")]
    message: Annotated[str, Field(description="What is wrong, for people.")]


class ErrorContent(AnswerShape):
    """Why a request was refused."""

    code: Annotated[str, Field(description="For programs; each status names its codes.")]
    message: Annotated[str, Field(description="For people.")]
    required_scope: Annotated[str, Field(description="With `missing_scope` only: the scope to ask for.")] = ""
    import_job_id: Annotated[
        int, Field(description="Where the attempt is in the import log: the id of its import job.")
    ] = 0
    correlation_id: Annotated[str, Field(description="As in `X-Correlation-Id`; it leads to the log lines.")]
    details: Annotated[
        list[FieldProblem], Field(description="Everything that is wrong, field by field, not just the first.")
    ] = []


class Error(AnswerShape):
    """The one envelope of every refusal, from 400 to 599."""

    error: ErrorContent


NextCursor = Annotated[
    str | None, Field(description="Where the next page begins (`cursor`); null on the last one.")
]
