"""Links between rows of one tenant, held by the database itself."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models.constraints import BaseConstraint
from django.utils.translation import gettext_lazy as _


class TenantLink(BaseConstraint):
    """A composite foreign key ``(tenant_id, <field>_id)`` to the ``(tenant_id, id)`` of the other table.

    It stands in ``Meta.constraints`` beside a ``ForeignKey(db_constraint=False)`` of the same field, and
    makes a link across tenants impossible in the database. The table it leads to carries a unique constraint
    on ``(tenant, id)``. The key is deferrable, since Django's collector does not order nullable cascades.

    Args:
        field: name of the foreign key in the model that carries the constraint.
        to: label of the model it leads to, ``"customers.Customer"``.
        name: name of the constraint in the database.
    """

    violation_error_message = _("This record belongs to another tenant.")

    def __init__(self, *, field: str, to: str, name: str, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.field = field
        self.to = to

    def _clause(self, model: Any, editor: BaseDatabaseSchemaEditor) -> str:
        from django.apps import apps

        registry = getattr(model._meta, "apps", apps)
        target = registry.get_model(self.to)
        column = str(model._meta.get_field(self.field).column)
        quote = editor.quote_name
        return (
            f"FOREIGN KEY ({quote('tenant_id')}, {quote(column)}) "
            f"REFERENCES {quote(target._meta.db_table)} ({quote('tenant_id')}, {quote('id')}) "
            "DEFERRABLE INITIALLY DEFERRED"
        )

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Nothing inside CREATE TABLE: the other table may not exist yet."""
        schema_editor.deferred_sql.append(self._add(model, schema_editor))

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        """Runs at the end of the migration, when the unique key that it needs is there."""
        schema_editor.deferred_sql.append(self._add(model, schema_editor))

    def _add(self, model: type[models.Model], editor: BaseDatabaseSchemaEditor) -> str:
        table, name = editor.quote_name(model._meta.db_table), editor.quote_name(self.name)
        return f"ALTER TABLE {table} ADD CONSTRAINT {name} {self._clause(model, editor)}"

    def remove_sql(self, model: Any, schema_editor: Any) -> str:
        table, name = schema_editor.quote_name(model._meta.db_table), schema_editor.quote_name(self.name)
        return f"ALTER TABLE {table} DROP CONSTRAINT {name}"

    def validate(
        self,
        model: Any,
        instance: Any,
        exclude: Any = None,
        using: str = "default",
    ) -> None:
        """Refuse another tenant's row in ``full_clean`` too.

        Raises:
            ValidationError: the linked row is of another tenant, or is not there.
        """
        field = model._meta.get_field(self.field)
        linked = getattr(instance, field.attname)
        if linked is None or (exclude and self.field in exclude):
            return
        target = field.related_model
        if not target._base_manager.using(using).filter(tenant_id=instance.tenant_id, pk=linked).exists():
            raise ValidationError({self.field: self.get_violation_error_message()})

    def deconstruct(self) -> tuple[str, Any, dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        kwargs.update(field=self.field, to=self.to)
        return path, args, kwargs

    def __eq__(self, other: object) -> bool:
        if isinstance(other, TenantLink):
            return (self.name, self.field, self.to) == (other.name, other.field, other.to)
        return NotImplemented

    __hash__ = BaseConstraint.__hash__
