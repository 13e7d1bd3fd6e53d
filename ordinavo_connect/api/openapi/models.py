"""pydantic models as schemas of the document.

A model of what is taken is shown as it is read (every alias, unknown fields allowed), one of what is answered as
it is written. Two models of one name, or one model in two forms, stop the making of the document: the second
would be hidden behind the first.
"""

from collections.abc import Mapping
from typing import Any, Literal

from django.core.exceptions import ImproperlyConfigured
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent
from pydantic import AliasChoices, BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

Mode = Literal["validation", "serialization"]


Descriptions = Mapping[str, Mapping[str, str]]


def schema_reference(
    model: type[BaseModel],
    *,
    mode: Mode,
    registry: ComponentRegistry,
    descriptions: Descriptions | None = None,
) -> dict[str, str]:
    """A reference to the model among the components, where it and the models below it are put if need be.

    Args:
        descriptions: of fields that have none in their model: by name of the model, then of the field in JSON.

    Raises:
        ImproperlyConfigured: another schema of that name is there already.
    """
    schema = model.model_json_schema(
        mode=mode, ref_template="#/components/schemas/{model}", schema_generator=_Schemas
    )
    schemas = {**schema.pop("$defs", {}), model.__name__: schema}
    for name, each in schemas.items():
        _describe(each, (descriptions or {}).get(name, {}))
        _register(name, each, registry)
    return component_reference(ResolvedComponent.SCHEMA, model.__name__, schema, registry)


def component_reference(
    kind: str, name: str, content: Mapping[str, Any], registry: ComponentRegistry
) -> dict[str, str]:
    """A reference to a component, which is added where it is not there yet."""
    component = _component(kind, name, content)
    registry.register_on_missing(component)
    reference: dict[str, str] = component.ref
    return reference


def _component(kind: str, name: str, content: Mapping[str, Any]) -> ResolvedComponent:
    return ResolvedComponent(name=name, type=kind, object=name, schema=content)  # type: ignore[no-untyped-call]


def _register(name: str, schema: dict[str, Any], registry: ComponentRegistry) -> None:
    component = _component(ResolvedComponent.SCHEMA, name, schema)
    is_another = component in registry and registry[component].schema != schema
    # pydantic itself tells two models of one name below a third apart by their modules: app__models__Name.
    if "__" in name or is_another:
        raise ImproperlyConfigured(f"Two models of the OpenAPI document want to be called {name}.")
    registry.register_on_missing(component)


def _describe(schema: dict[str, Any], descriptions: Mapping[str, str]) -> None:
    for name, description in descriptions.items():
        schema["properties"][name].setdefault("description", description)


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
            _add_aliases(shown, schema["cls"])
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


def _add_aliases(shown: dict[str, Any], model: type[BaseModel]) -> None:
    """pydantic shows the first name of a field only. What is required is so under either name."""
    properties, required = shown["properties"], shown.get("required", [])
    for info in model.model_fields.values():
        if not isinstance(info.validation_alias, AliasChoices):
            continue
        first, *others = (str(choice) for choice in info.validation_alias.choices)
        description = f"Another name of `{first}`; ignored where that is given."
        for name in others:
            properties[name] = properties[first] | {"description": description}
        if first in required:
            shown["required"] = [name for name in required if name != first]
            shown["anyOf"] = [{"required": [name]} for name in (first, *others)]
