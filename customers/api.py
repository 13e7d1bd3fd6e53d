"""The endpoints of the registry (API contract, Registry). Records are the tenant's, whoever brought them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import F, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from customers import documentation, presentation
from customers.models import Contact, Customer, EntityType, ExternalReference, KeyKind, Location
from customers.search import exact_ids, texts_with, words_of
from ordinavo_connect.api.errors import ApiError
from ordinavo_connect.api.paging import Page, listed, page
from ordinavo_connect.api.query import QueryParameters
from ordinavo_connect.clients.caller import Caller
from ordinavo_connect.clients.caller_view import CallerView
from ordinavo_connect.clients.scopes import CUSTOMERS_READ

_MOST_ID = 10**18 - 1


@dataclass(frozen=True, slots=True)
class _Kind:
    """A table of the registry, and how the API shows its rows: `show(row, external IDs by record)`."""

    entity: str
    model: type[Customer] | type[Location] | type[Contact]
    show: Callable[[Any, Mapping[int, str]], dict[str, Any]]

    def rows(self, caller: Caller) -> QuerySet[Any]:
        return self.model._default_manager.filter(tenant_id=caller.tenant_id)

    def shown(self, rows: list[Any], caller: Caller) -> list[dict[str, Any]]:
        names = presentation.external_ids(
            self.entity,
            [row.pk for row in rows],
            tenant_id=caller.tenant_id,
            source_system=caller.source_system,
        )
        return [self.show(row, names) for row in rows]


_CUSTOMER = _Kind(EntityType.CUSTOMER, Customer, presentation.customer)
_LOCATION = _Kind(EntityType.LOCATION, Location, presentation.location)
_CONTACT = _Kind(EntityType.CONTACT, Contact, presentation.contact)


class RecordsView(CallerView):
    """Records of one kind: those that changed longest ago first, or what a search finds."""

    scopes = {"GET": CUSTOMERS_READ}
    kind: ClassVar[_Kind]

    def get(self, request: Request) -> Response:
        kind, params = self.kind, QueryParameters(request)
        filters = _filters(kind, params, self.caller)
        rows = kind.rows(self.caller).filter(**filters)
        if (term := params.text("search")) is None:
            found, cursor = page(rows, params, order=("updated_at", "id"))
        else:
            found, cursor = _searched(kind, rows, term, params, self.caller, is_filtered=bool(filters))
        return Response(listed(kind.shown(found, self.caller), cursor))


class RecordView(CallerView):
    """One record; of another tenant's there is none."""

    scopes = {"GET": CUSTOMERS_READ}
    kind: ClassVar[_Kind]

    def get(self, request: Request, **ids: int) -> Response:
        (record_id,) = ids.values()
        row = self.kind.rows(self.caller).filter(pk=record_id).first()
        if row is None:
            raise ApiError("not_found")
        return Response(self.kind.shown([row], self.caller)[0])


class CustomersView(RecordsView):
    kind = _CUSTOMER
    documentation = {"GET": documentation.LIST_CUSTOMERS}


class CustomerView(RecordView):
    kind = _CUSTOMER
    documentation = {"GET": documentation.GET_CUSTOMER}


class LocationsView(RecordsView):
    kind = _LOCATION
    documentation = {"GET": documentation.LIST_LOCATIONS}


class LocationView(RecordView):
    kind = _LOCATION
    documentation = {"GET": documentation.GET_LOCATION}


class ContactsView(RecordsView):
    kind = _CONTACT
    documentation = {"GET": documentation.LIST_CONTACTS}


class ContactView(RecordView):
    kind = _CONTACT
    documentation = {"GET": documentation.GET_CONTACT}


def _filters(kind: _Kind, params: QueryParameters, caller: Caller) -> dict[str, Any]:
    """The filters that were given. Names are looked up first: an id leads to its rows by an index, whatever
    PostgreSQL thinks of how many there are.
    """
    owner = "pk" if kind is _CUSTOMER else "customer_id"
    filters: dict[str, Any] = {}
    if (external_id := params.text("externalId")) is not None:
        filters["pk__in"] = _named(kind, external_id, caller)
    if (number := params.text("customerNumber")) is not None:
        customers = Customer.objects.filter(tenant_id=caller.tenant_id, number=number)
        filters[f"{owner}__in"] = list(customers.values_list("pk", flat=True))
    if (moment := params.moment("updatedAfter")) is not None:
        filters["updated_at__gt"] = moment
    if kind is not _CUSTOMER and (customer_id := params.integer("customerId", 0, _MOST_ID, -1)) >= 0:
        filters["customer_id"] = customer_id
    return filters


def _named(kind: _Kind, external_id: str, caller: Caller) -> list[int]:
    references = ExternalReference.objects.filter(
        tenant_id=caller.tenant_id,
        source_system=caller.source_system,
        entity_type=kind.entity,
        key_kind=KeyKind.ID,
        external_id=external_id,
    )
    return list(references.values_list(f"{kind.entity}_id", flat=True))


def _searched(
    kind: _Kind,
    rows: QuerySet[Any],
    term: str,
    params: QueryParameters,
    caller: Caller,
    *,
    is_filtered: bool,
) -> Page[Any]:
    """A page of what a search finds, in the order of ids, by a constant number of statements."""
    # Of all kinds of search one order: a page may be told by words that the one before was not.
    order = ("place",)
    ids = exact_ids(kind.entity, term, tenant_id=caller.tenant_id, source_system=caller.source_system)
    if ids and (exact := rows.filter(pk__in=ids)).exists():
        return page(exact.annotate(place=F("pk")), params, order=order)
    if not (words := words_of(kind.entity, term)):
        return page(rows.none().annotate(place=F("pk")), params, order=order)
    texts = texts_with(words, entity=kind.entity, tenant_id=caller.tenant_id)
    if is_filtered:
        texts = texts.filter(record_id__in=rows.values("pk"))
    places, cursor = page(texts.values("place"), params, order=order)
    by_id = rows.in_bulk([row["place"] for row in places])
    return Page([by_id[row["place"]] for row in places if row["place"] in by_id], cursor)
