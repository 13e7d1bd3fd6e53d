"""What the OpenAPI document says of the endpoints of the registry."""

from customers import shapes
from ordinavo_connect.api.openapi.operation import Answer, Operation, Parameter, page_parameters

_TAG = "Registry"
_MOST_ID = 10**18 - 1
_ORDER = (
    "Those that changed longest ago first; with `search`, in the order in which they came to be. The registry is the "
    "tenant's: it has what other source systems brought, too, but tells the caller's own external IDs only."
)
_OWN_ID = "Of this external ID of the caller's own source system, exactly."
_UPDATED_AFTER = (
    "Changed after this time. With its zone. A change counts from when its import began: go on from some minutes "
    "before the last one that you saw."
)


def _text(name: str, description: str) -> Parameter:
    return Parameter(name, description, {"type": "string", "minLength": 1, "maxLength": 200})


def _id(name: str, description: str, place: str) -> Parameter:
    return Parameter(
        name,
        description,
        {"type": "integer", "minimum": 0, "maximum": _MOST_ID},
        place="path" if place == "path" else "query",
    )


def _filters(search: str, *others: Parameter) -> tuple[Parameter, ...]:
    return (
        _text("search", search),
        _text("externalId", _OWN_ID),
        *others,
        Parameter("updatedAfter", _UPDATED_AFTER, {"type": "string", "format": "date-time"}),
        *page_parameters(),
    )


_OF_CUSTOMER = (
    _text("customerNumber", "Of the customer with this number, exactly."),
    _id("customerId", "Of this customer.", "query"),
)
_WORDS = "else all words that are typed, anywhere and in any order; case, umlauts and accents do not count."

LIST_CUSTOMERS = Operation(
    id="listCustomers",
    tag=_TAG,
    summary="List and search customers",
    description=_ORDER,
    parameters=_filters(
        f"A customer number or external ID, however it is typed (`rrm001` finds RRM-001); {_WORDS}",
        _text("customerNumber", "With this customer number, exactly."),
    ),
    answers={200: Answer("A page of customers.", shapes.CustomerPage)},
)

GET_CUSTOMER = Operation(
    id="getCustomer",
    tag=_TAG,
    summary="Read a customer",
    parameters=(_id("customerId", "The `customerId`.", "path"),),
    answers={200: Answer("The customer.", shapes.Customer)},
    refusals=("not_found",),
)

LIST_LOCATIONS = Operation(
    id="listLocations",
    tag=_TAG,
    summary="List and search locations",
    description=_ORDER,
    parameters=_filters(
        f"An external ID, however it is typed; {_WORDS} They are looked for in name, address and the customer's name.",
        *_OF_CUSTOMER,
    ),
    answers={200: Answer("A page of locations.", shapes.LocationPage)},
)

GET_LOCATION = Operation(
    id="getLocation",
    tag=_TAG,
    summary="Read a location",
    parameters=(_id("locationId", "The `customerLocationId`.", "path"),),
    answers={200: Answer("The location.", shapes.Location)},
    refusals=("not_found",),
)

LIST_CONTACTS = Operation(
    id="listContacts",
    tag=_TAG,
    summary="List and search contacts",
    description=_ORDER,
    parameters=_filters(
        f"An external ID, however it is typed; {_WORDS} They are looked for in name, e-mail address and the customer's "
        "name.",
        *_OF_CUSTOMER,
    ),
    answers={200: Answer("A page of contacts.", shapes.ContactPage)},
)

GET_CONTACT = Operation(
    id="getContact",
    tag=_TAG,
    summary="Read a contact",
    parameters=(_id("contactId", "The `customerContactId`.", "path"),),
    answers={200: Answer("The contact.", shapes.Contact)},
    refusals=("not_found",),
)
