"""The tenant's prices in the admin."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from imports.pages.outcomes import code
from ordinavo_connect.clients.admin_base import tenant_of
from ordinavo_connect.clients.admin_lists import ListPages
from routing.billing.models import BillingRule, RuleKind
from routing.billing.pricing import money

_HELP = {
    "kind": gettext_lazy(
        "Flat: once for each billable visit. Time: by the hour, every step begun counts. Material: by what the "
        "report says was used."
    ),
    "description": gettext_lazy(
        "What the line of the bill says. Of material, also the name that the report must give, upper or lower case."
    ),
    "template_key": gettext_lazy(
        "Only for targets of this template; blank: for all. Where there are prices for the template, the general "
        "ones of that kind do not count."
    ),
    "unit": gettext_lazy(
        "Of material: pc, m, kg. Of flat prices: visit where it is blank. Time is in hours."
    ),
    "unit_price": gettext_lazy("In the tenant's currency, net; of time, for an hour."),
    "step_minutes": gettext_lazy("Of time only: 15 bills 16 minutes as half an hour."),
}


class PriceForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = BillingRule
        fields = (
            *("kind", "description", "template_key", "unit", "unit_price", "step_minutes"),
            "is_active",
        )
        help_texts = _HELP
        widgets = {"template_key": UnfoldAdminTextInputWidget(attrs={"class": "vTextField"})}


class PricePages(ListPages):
    form = PriceForm
    list_display = ("description", "kind_shown", "price", "template", "step", "is_active")
    list_filter = (("kind", ChoicesDropdownFilter), "is_active")
    search_fields = ("description", "template_key")
    ordering = ("kind", "description", "id")
    empty_template = "admin/billing/no_prices.html"
    export_columns = (
        *(("kind", "kind"), ("description", "description"), ("templateKey", "template_key")),
        *(("unit", "unit"), ("unitPrice", "unit_price"), ("stepMinutes", "step_minutes")),
        ("active", "is_active"),
    )

    @display(description=gettext_lazy("kind"), ordering="kind")
    def kind_shown(self, row: BillingRule) -> str:
        return row.get_kind_display()

    @display(description=gettext_lazy("price"), ordering="unit_price")
    def price(self, row: BillingRule) -> str:
        unit = (
            "h"
            if row.kind == RuleKind.TIME
            else row.unit or (_("visit") if row.kind == RuleKind.FLAT else "")
        )
        return f"{money(row.unit_price)} {row.tenant.currency}" + (f" / {unit}" if unit else "")

    @display(description=gettext_lazy("template"))
    def template(self, row: BillingRule) -> SafeString | str:
        return code(row.template_key) if row.template_key else _("all")

    @display(description=gettext_lazy("steps"))
    def step(self, row: BillingRule) -> str:
        return f"{row.step_minutes} min" if row.kind == RuleKind.TIME else "–"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("tenant")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        tenant = tenant_of(request)
        return super().changelist_view(
            request, {"currency": tenant.currency if tenant else ""} | (extra_context or {})
        )
