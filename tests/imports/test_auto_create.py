"""What an import creates and updates in the registry (API contract, Customer mapping)."""

import pytest

from customers.models import Contact, Customer, ExternalReference, Location, MappingReview
from imports.models import Target
from tests.factories import IMPORT_SCOPES, make_contact, make_customer, make_location, make_reference
from tests.imports.calls import codes, imported, imported_batch, mapped, statuses, target

pytestmark = pytest.mark.django_db

NO_WRITE = [scope for scope in IMPORT_SCOPES if scope != "customers.write"]
ALL = {"auto_create_customers": True, "auto_create_locations": True, "auto_create_contacts": True}
STRATEGIES = ("ExternalIdOnly", "ExternalIdFirst", "ExternalIdThenCustomerNumber")
CUSTOMER = {
    "externalId": "N-1",
    "customerNumber": "NEW-1",
    "name": "Neue Praxis",
    "type": "Practice",
    "industry": "Health",
    "email": "hallo@praxis.example",
    "phone": "+49 201 1",
}
LOCATION = {
    "externalId": "NL-1",
    "name": "Praxis",
    "street": "Marktstraße 3",
    "postalCode": "45355",
    "city": "Essen",
    "country": "de",
    "latitude": 51.5,
    "longitude": 6.9,
    "accessNotes": "Ring twice.\nThen wait.",
    "defaultEstimatedWorkMinutes": 30,
    "defaultPriority": "urgent",
}
CONTACT = {
    "externalId": "NP-1",
    "displayName": "Eva Groß",
    "role": "Owner",
    "email": "eva@praxis.example",
    "phone": "0201 2",
}
CONTEXT = {"customer": CUSTOMER, "location": LOCATION, "contact": CONTACT}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_all_three_are_created_with_all_that_came(strategy, api_with):
    mapping = mapped(api_with(strategy=strategy, **ALL), **CONTEXT)
    assert (mapping["status"], mapping["warnings"]) == ("Created", [])
    assert mapping["matchedBy"] == dict.fromkeys(("customer", "location", "contact"), "created")
    customer, location, contact = Customer.objects.get(), Location.objects.get(), Contact.objects.get()
    assert (mapping["customerId"], mapping["customerLocationId"], mapping["customerContactId"]) == (
        *(customer.pk, location.pk, contact.pk),
    )
    assert (customer.number, customer.name, customer.type, customer.industry) == (
        *("NEW-1", "Neue Praxis", "Practice", "Health"),
    )
    assert (customer.email, customer.phone) == ("hallo@praxis.example", "+49 201 1")
    assert (location.customer, location.name, location.street) == (customer, "Praxis", "Marktstraße 3")
    assert (location.postal_code, location.city, location.country) == ("45355", "Essen", "DE")
    assert (location.latitude, location.longitude) == (51.5, 6.9)
    assert location.access_notes == "Ring twice.\nThen wait."
    assert (location.default_work_minutes, location.default_priority) == (30, "Urgent")
    assert (contact.customer, contact.display_name, contact.role) == (customer, "Eva Groß", "Owner")
    assert (contact.email, contact.phone) == ("eva@praxis.example", "0201 2")
    assert set(ExternalReference.objects.values_list("external_id", "origin")) == {
        *[("N-1", "created"), ("NL-1", "created"), ("NP-1", "created")],
    }
    assert not MappingReview.objects.exists()


@pytest.mark.parametrize(
    ("allowed", "status", "warnings"),
    [
        ("customers", "Partial", ["contact_not_found", "location_not_found"]),
        ("locations", "NotFound", ["contact_not_found", "customer_not_found", "location_not_found"]),
        ("contacts", "NotFound", ["contact_not_found", "customer_not_found", "location_not_found"]),
    ],
)
def test_only_what_the_client_may_create_is_created(allowed, status, warnings, api_with):
    mapping = mapped(api_with(**{f"auto_create_{allowed}": True}), **CONTEXT)
    assert (mapping["status"], codes(mapping)) == (status, warnings)
    assert Customer.objects.count() == (allowed == "customers")
    assert not Location.objects.exists()
    assert not Contact.objects.exists()


def test_a_narrower_key_creates_nothing_and_makes_no_error_of_it(api_with):
    item = imported(api_with(key_scopes=NO_WRITE, **ALL), **CONTEXT)
    assert (item["status"], item["customerMapping"]["status"]) == ("Imported", "NotFound")
    assert not Customer.objects.exists()
    assert MappingReview.objects.count() == 3


def test_a_customer_without_a_name_is_not_created(api_with):
    mapping = mapped(api_with(**ALL), customer={"externalId": "N-1", "customerNumber": "NEW-1"})
    assert (mapping["status"], codes(mapping)) == ("NotFound", ["customer_not_found"])
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    "given",
    [
        {"location": {"externalId": "L-1", "country": "DE"}},
        {"contact": {"externalId": "P-1", "role": "Boss"}},
    ],
    ids=["location", "contact"],
)
def test_a_record_that_nobody_could_tell_apart_is_not_created(given, api_with):
    mapping = mapped(api_with(**ALL), customer=CUSTOMER, **given)
    assert mapping["status"] == "Partial"
    assert not Location.objects.exists()
    assert not Contact.objects.exists()


def test_without_an_external_id_the_same_again_leads_to_the_same_record(api_with):
    api = api_with(**ALL)
    context = {name: {k: v for k, v in part.items() if k != "externalId"} for name, part in CONTEXT.items()}
    first = mapped(api, **context)
    assert first["status"] == "Created"
    context["customer"] = context["customer"] | {"name": "NEUE PRAXIS"}
    context["location"] = context["location"] | {"street": "Marktstr. 3"}
    again = mapped(api, "JOB-2", **context)
    assert again["status"] == "Mapped"
    for name in ("customerId", "customerLocationId", "customerContactId"):
        assert again[name] == first[name]
    assert (Customer.objects.count(), Location.objects.count(), Contact.objects.count()) == (1, 1, 1)
    assert set(ExternalReference.objects.values_list("key_kind", flat=True)) == {"hash"}


def test_a_name_at_another_address_is_another_customer(api_with):
    api = api_with(**ALL)
    for number, city in enumerate(["Essen", "Ulm"]):
        mapped(api, f"JOB-{number}", customer={"name": "Neue Praxis"}, location={"city": city})
    assert Customer.objects.count() == 2


def test_the_hash_of_one_source_system_leads_nowhere_in_another(api_with):
    mapped(api_with(**ALL), customer={"name": "Neue Praxis"})
    mapped(api_with(source_system="crm", **ALL), customer={"name": "Neue Praxis"})
    assert Customer.objects.count() == 2


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_location_sent_again_without_its_customer_is_the_same_location(strategy, api_with):
    api = api_with(strategy=strategy, **ALL)
    place = {"street": "Marktstr. 3", "city": "Essen", "postalCode": "45355"}
    first = mapped(api, customer={"externalId": "N-1", "name": "Neue Praxis"}, location=place)
    again = mapped(api, location=place)
    assert again["customerLocationId"] == first["customerLocationId"]
    assert Location.objects.count() == 1


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_location_of_a_batch_without_its_customer_is_the_same_when_it_comes_again(strategy, api_with):
    api = api_with(strategy=strategy, **ALL)
    place = {"street": "Marktstr. 3", "city": "Essen", "postalCode": "45355"}
    imported_batch(
        api, [target(customer={"externalId": "N-1", "name": "Neue Praxis"}), target(location=place)]
    )
    assert imported(api, location=place)["status"] == "Unchanged"
    assert Location.objects.count() == 1


def test_the_place_of_one_customer_is_no_place_of_another_that_is_sent_with_none(api_with):
    """A hash without its customer must not lead a stranger's target there."""
    api = api_with(strategy="ExternalIdThenCustomerNumber", **ALL)
    place = {"street": "Marktstr. 3", "city": "Essen", "postalCode": "45355"}
    imported_batch(
        api, [target(customer={"externalId": "N-1", "name": "Neue Praxis"}), target(location=place)]
    )
    mapping = mapped(api, "JOB-2", location=place)
    assert (mapping["customerId"], mapping["customerLocationId"]) == (None, None)


# Numbers are taken once.


def test_a_taken_number_links_and_creates_nothing(api_with, tenant):
    known = make_customer(tenant, name="Neue Praxis", number="NEW-1")
    assert mapped(api_with(**ALL), customer=CUSTOMER)["customerId"] == known.pk
    assert Customer.objects.count() == 1


def test_a_taken_number_that_the_strategy_does_not_follow_asks(api_with, tenant):
    make_customer(tenant, name="Neue Praxis", number="NEW-1")
    mapping = mapped(api_with(strategy="ExternalIdOnly", **ALL), customer=CUSTOMER)
    assert (mapping["status"], mapping["customerId"]) == ("ManualReview", None)
    assert Customer.objects.count() == 1


def test_a_number_of_another_tenant_is_free(api_with, other_tenant):
    make_customer(other_tenant, number="NEW-1")
    assert mapped(api_with(**ALL), customer=CUSTOMER)["status"] == "Created"


# One chunk.


def test_two_items_of_one_new_customer_make_one(api_with):
    body = imported_batch(api_with(**ALL), [target(f"JOB-{n}", **CONTEXT) for n in range(3)])
    assert [item["customerMapping"]["status"] for item in body["items"]] == ["Created", "Mapped", "Mapped"]
    assert len({item["customerMapping"]["customerId"] for item in body["items"]}) == 1
    assert (Customer.objects.count(), Location.objects.count(), Contact.objects.count()) == (1, 1, 1)


def test_a_number_that_an_earlier_item_created_links_a_later_one(api_with):
    first, second = (
        item["customerMapping"]
        for item in imported_batch(
            api_with(**ALL),
            [
                target("JOB-1", customer={"externalId": "A", "customerNumber": "7", "name": "Alpha"}),
                target("JOB-2", customer={"externalId": "B", "customerNumber": "7", "name": "Alpha"}),
            ],
        )["items"]
    )
    assert (first["customerId"], codes(second)) == (second["customerId"], ["external_id_retargeted"])


def test_a_location_that_an_earlier_item_created_is_found_by_a_later_one(api_with):
    place = {"street": "Marktstraße 3", "city": "Essen", "postalCode": "45355"}
    body = imported_batch(
        api_with(**ALL),
        [
            target("JOB-1", customer=CUSTOMER, location=place | {"name": "Main"}),
            target("JOB-2", customer=CUSTOMER, location=place),
        ],
    )
    assert body["items"][1]["customerMapping"]["matchedBy"]["location"] == "address"
    assert Location.objects.count() == 1


def test_a_rejected_item_creates_nothing_that_a_later_one_sees(api_with):
    window = {
        "preferredTimeWindowEnd": "2026-07-01T07:00:00Z",
        "preferredTimeWindowStart": "2026-07-01T08:00:00Z",
    }
    body = imported_batch(
        api_with(**ALL),
        [target("JOB-1", customer=CUSTOMER, planning=window), target("JOB-2", customer=CUSTOMER)],
    )
    assert statuses(body) == ["Rejected", "Imported"]
    assert body["items"][1]["customerMapping"]["status"] == "Created"


# Update policy.


@pytest.fixture
def known(tenant):
    customer = make_customer(tenant, name="Neue Praxis", industry="Old industry")
    make_reference(customer, "N-1")
    location = make_location(customer, street="Marktstraße 3", postal_code="45355", name="Old name")
    make_reference(location, "NL-1")
    make_reference(make_contact(customer, display_name="Eva Groß", phone="0201 99"), "NP-1")
    return customer


def registry():
    customer, location, contact = Customer.objects.get(), Location.objects.get(), Contact.objects.get()
    return {
        "filled": (customer.email, location.latitude, location.default_work_minutes, contact.email),
        "kept": (customer.industry, location.name, contact.phone),
        "number": customer.number,
    }


OLD = {
    "filled": ("", None, None, ""),
    "kept": ("Old industry", "Old name", "0201 99"),
    "number": "",
}
FILLED = ("hallo@praxis.example", 51.5, 30, "eva@praxis.example")
NEW = ("Health", "Praxis", "0201 2")


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("never", OLD),
        ("fillBlanks", OLD | {"filled": FILLED, "number": "NEW-1"}),
        ("overwrite", {"filled": FILLED, "kept": NEW, "number": "NEW-1"}),
    ],
)
def test_the_update_policy_says_what_changes_on_known_records(policy, expected, api_with, known):
    assert mapped(api_with(update_policy=policy), **CONTEXT)["status"] == "Mapped"
    assert registry() == expected


def test_a_narrower_key_updates_nothing(api_with, known):
    assert mapped(api_with(update_policy="overwrite", key_scopes=NO_WRITE), **CONTEXT)["status"] == "Mapped"
    assert registry() == OLD


@pytest.mark.parametrize("policy", ["fillBlanks", "overwrite"])
def test_a_null_or_a_blank_of_the_payload_clears_nothing(policy, api_with, known):
    context = {"customer": {"externalId": "N-1", "industry": None, "name": ""}}
    mapped(api_with(update_policy=policy), **context)
    known.refresh_from_db()
    assert (known.industry, known.name) == ("Old industry", "Neue Praxis")


@pytest.mark.parametrize(
    ("policy", "number"), [("never", "OLD-1"), ("fillBlanks", "OLD-1"), ("overwrite", "NEW-1")]
)
def test_a_new_free_number_is_taken_by_overwrite_alone(policy, number, api_with, known):
    Customer.objects.update(number="OLD-1")
    mapping = mapped(api_with(update_policy=policy), customer=CUSTOMER)
    assert mapping["status"] == "Mapped"
    assert Customer.objects.get().number == number


def test_a_record_that_was_found_by_its_number_only_is_not_updated(api_with, tenant):
    """The policy is for records that an external ID known before led to."""
    known = make_customer(tenant, name="Neue Praxis", number="NEW-1", industry="Old industry")
    mapped(api_with(update_policy="overwrite"), customer=CUSTOMER)
    known.refresh_from_db()
    assert (known.industry, known.email) == ("Old industry", "")


def test_a_location_that_was_overwritten_is_found_by_its_new_address(api_with, known):
    api = api_with(update_policy="overwrite")
    moved = {"externalId": "NL-1", "street": "Neue Gasse 1", "postalCode": "45127", "city": "Essen"}
    mapped(api, customer={"externalId": "N-1"}, location=moved)
    found = mapped(
        api,
        "JOB-2",
        customer={"externalId": "N-1"},
        location={k: v for k, v in moved.items() if k != "externalId"},
    )
    assert found["matchedBy"]["location"] == "address"


def test_a_customer_name_that_was_overwritten_counts_from_then_on(api_with, known):
    api = api_with(update_policy="overwrite")
    mapped(api, customer={"externalId": "N-1", "name": "Zahnzentrum West"})
    mapping = mapped(api, "JOB-2", customer={"externalId": "N-1", "name": "Zahnzentrum West"})
    assert mapping["warnings"] == []


@pytest.mark.parametrize("policy", ["fillBlanks", "overwrite"])
def test_the_last_of_several_items_counts_for_a_record(policy, api_with, known):
    imported_batch(
        api_with(update_policy=policy),
        [
            target("JOB-1", customer={"externalId": "N-1", "email": "first@example.com"}),
            target("JOB-2", customer={"externalId": "N-1", "email": "second@example.com"}),
        ],
    )
    first, second = "first@example.com", "second@example.com"
    assert Customer.objects.get().email == (first if policy == "fillBlanks" else second)


# Numbers that move within one batch, as they would request by request.


def numbered(tenant, external_id, number, name):
    customer = make_customer(tenant, name=name, number=number)
    make_reference(customer, external_id)
    return customer


def test_a_number_that_an_earlier_item_set_free_is_taken_by_a_new_customer(api_with, tenant):
    numbered(tenant, "A", "1", "Alpha")
    body = imported_batch(
        api_with(update_policy="overwrite", **ALL),
        [
            target("JOB-1", customer={"externalId": "A", "customerNumber": "2", "name": "Alpha"}),
            target("JOB-2", customer={"externalId": "B", "customerNumber": "1", "name": "Beta"}),
        ],
    )
    assert statuses(body) == ["Imported", "Imported"]
    assert set(Customer.objects.values_list("name", "number")) == {("Alpha", "2"), ("Beta", "1")}


@pytest.mark.parametrize("lower_first", [True, False])
def test_a_number_that_an_earlier_item_set_free_is_taken_by_a_known_customer(lower_first, api_with, tenant):
    pairs = [("A", "1", "Alpha"), ("B", "2", "Beta")]
    for pair in pairs if lower_first else reversed(pairs):
        numbered(tenant, *pair)
    body = imported_batch(
        api_with(update_policy="overwrite"),
        [
            target("JOB-1", customer={"externalId": "A", "customerNumber": "3"}),
            target("JOB-2", customer={"externalId": "B", "customerNumber": "1"}),
        ],
    )
    assert statuses(body) == ["Imported", "Imported"]
    assert set(Customer.objects.values_list("name", "number")) == {("Alpha", "3"), ("Beta", "1")}


def test_two_items_that_want_one_free_number_leave_it_to_the_first(api_with, tenant):
    numbered(tenant, "A", "1", "Alpha")
    numbered(tenant, "B", "2", "Beta")
    body = imported_batch(
        api_with(update_policy="overwrite"),
        [
            target("JOB-1", customer={"externalId": "A", "customerNumber": "9"}),
            target("JOB-2", customer={"externalId": "B", "customerNumber": "9"}),
        ],
    )
    assert statuses(body) == ["Imported", "Imported"]
    assert body["items"][1]["customerMapping"]["status"] == "Conflict"
    assert set(Customer.objects.values_list("name", "number")) == {("Alpha", "9"), ("Beta", "2")}


# A target's defaults come from its location, then from the tenant.


def test_priority_and_minutes_fall_back_to_those_of_the_location(api_with, tenant):
    api = api_with(**ALL)
    imported(api, **CONTEXT)
    shown = api.get("/inbound/targets/JOB-1").json()["planning"]
    assert (shown["priority"], shown["estimatedWorkMinutes"]) == ("Urgent", 30)
    imported(api, planning={"priority": "Low", "estimatedWorkMinutes": 5})
    shown = api.get("/inbound/targets/JOB-1").json()["planning"]
    assert (shown["priority"], shown["estimatedWorkMinutes"]) == ("Low", 5)
    imported(api, planning=None, location=None)
    shown = api.get("/inbound/targets/JOB-1").json()["planning"]
    assert (shown["priority"], shown["estimatedWorkMinutes"]) == ("Normal", 60)


def test_minutes_fall_back_to_the_default_of_the_tenant(api, tenant):
    tenant.default_work_minutes = 90
    tenant.save()
    imported(api)
    assert api.get("/inbound/targets/JOB-1").json()["planning"]["estimatedWorkMinutes"] == 90


def test_a_new_record_belongs_to_the_tenant_of_the_key(api_with, tenant, other_tenant):
    imported(api_with(**ALL), **CONTEXT)
    for model in (Customer, Location, Contact, ExternalReference, Target):
        assert set(model.objects.values_list("tenant", flat=True)) == {tenant.pk}


@pytest.mark.parametrize("at_once", [True, False])
def test_the_place_of_a_customer_that_a_location_led_to_is_no_place_of_a_stranger(at_once, api_with, known):
    """As above; here the customer was never named, a known location led to it."""
    api = api_with(strategy="ExternalIdThenCustomerNumber", **ALL)
    place = {"street": "Marktstr. 4", "city": "Essen", "postalCode": "45355"}
    items = [target(location={"externalId": "NL-1"}), target(location=place), target("JOB-2", location=place)]
    for part in [items] if at_once else [[item] for item in items]:
        imported_batch(api, part)
    stranger = Target.objects.get(external_id="JOB-2")
    assert (stranger.customer, stranger.location) == (None, None)


@pytest.mark.parametrize("at_once", [True, False])
def test_the_place_of_a_customer_that_was_unlinked_is_not_linked_without_it(at_once, api_with, known):
    api = api_with(**ALL)
    place = {"street": "Marktstr. 4", "city": "Essen", "postalCode": "45355"}
    items = [
        target(customer={"externalId": "N-1"}, location=place),
        target(customer=None, location=None),
        target(location=place),
    ]
    for part in [items] if at_once else [[item] for item in items]:
        imported_batch(api, part)
    row = Target.objects.get()
    assert (row.customer, row.location) == (None, None)


def test_a_question_of_one_item_stays_open_when_another_item_created_what_it_named(api_with, known):
    """JOB-1 creates L-9 for a new customer; JOB-2 names it beside another: staff is asked."""
    body = imported_batch(
        api_with(**ALL),
        [
            target(
                "JOB-1",
                customer={"externalId": "N-2", "name": "Other"},
                location={"externalId": "L-9", "city": "Ulm"},
            ),
            target("JOB-2", customer={"externalId": "N-1"}, location={"externalId": "L-9", "city": "Ulm"}),
        ],
    )
    assert [item["customerMapping"]["status"] for item in body["items"]] == ["Created", "Conflict"]
    assert list(MappingReview.objects.values_list("external_id", "kind", "status")) == [
        ("L-9", "Conflict", "open")
    ]
