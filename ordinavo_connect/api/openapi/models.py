"""pydantic models as schemas of the document.

A model of what is taken is shown as it is read (every alias, unknown fields allowed), one of what is answered as
it is written. Two models of one name, or one model in two forms, stop the making of the document: the second
would be hidden behind the first.
"""

from typing import Any, Literal

from django.core.exceptions import ImproperlyConfigured
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent
from pydantic import AliasChoices, BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

Mode = Literal["validation", "serialization"]


def schema_reference(model: type[BaseModel], *, mode: Mode, registry: ComponentRegistry) -> dict[str, Any]:
    """A reference to the model among the components, where it and the models below it are put if need be.

    Raises:
        ImproperlyConfigured: another schema of that name is there already.
    """
    schema = model.model_json_schema(
        mode=mode, ref_template="#/components/schemas/{model}", schema_generator=_Schemas
    )
    for name, below in schema.pop("$defs", {}).items():
        _register(name, below, registry)
    return _register(model.__name__, schema, registry).ref


def _register(name: str, schema: dict[str, Any], registry: ComponentRegistry) -> ResolvedComponent:
    component = ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, object=name, schema=schema)
    # pydantic itself tells two models of one name below a third apart by their modules: app__models__Name.
    if "__" in name or (component in registry and registry[component].schema != schema):
        raise ImproperlyConfigured(f"Two models of the OpenAPI document want to be called {name}.")
    registry.register_on_missing(component)
    return registry[component]


class _Schemas(GenerateJsonSchema):
    """Without titles that only repeat names, with every alias, and nulls as a type where that is all there is."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        # Absent is not null, and neither has a default: an absent field of an update stays as it is.
        return self.generate_inner(schema["schema"])

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        shown = super().model_schema(schema)
        shown.pop("title", None)
        if self.mode == "validation":
            shown["additionalProperties"] = True
            _add_aliases(shown["properties"], schema["cls"])
        return shown

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonSchemaValue:
        shown = super().enum_schema(schema)
        shown.pop("title", None)
        return shown

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        if isinstance(inner.get("type"), str) and "enum" not in inner and "const" not in inner:
            return inner | {"type": [inner["type"], "null"]}
        return super().nullable_schema(schema)


def _add_aliases(properties: dict[str, Any], model: type[BaseModel]) -> None:
    """pydantic shows the first name of a field only."""
    for info in model.model_fields.values():
        if isinstance(info.validation_alias, AliasChoices):
            first, *others = (str(choice) for choice in info.validation_alias.choices)
            shown = properties[first]
            for name in others:
                properties[name] = shown | {"description": f"Another name of `{first}`."}
