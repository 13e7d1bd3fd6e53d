"""What the ERP may send about billing events, checked (API contract, Billing events). Unknown fields are ignored."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from imports.field_types import line, lines

MAX_DOCUMENT_NUMBER = 200
MAX_ERROR = 2000


def _required(value: str) -> str:
    if not value:
        raise PydanticCustomError("blank", "A value is expected.")
    return value


class AckIn(BaseModel):
    """Exactly one of the two: the number of the document that was made, or why there is none."""

    model_config = ConfigDict(strict=True, extra="ignore", alias_generator=to_camel, populate_by_name=False)

    document_number: Annotated[
        Annotated[str, Field(max_length=MAX_DOCUMENT_NUMBER), AfterValidator(line), AfterValidator(_required)]
        | None,
        Field(examples=["INV-4711"], description="Of the invoice, as the ERP calls it."),
    ] = None
    error: Annotated[
        Annotated[str, Field(max_length=MAX_ERROR), AfterValidator(lines), AfterValidator(_required)] | None,
        Field(description="Why it could not be billed; staff read it."),
    ] = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.document_number is None) == (self.error is None):
            message = "Exactly one of documentNumber and error is expected."
            raise PydanticCustomError("exactly_one", "{text}", {"text": message})
        return self
