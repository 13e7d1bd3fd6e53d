"""What a context is linked to, by each strategy of a client (API contract, Customer mapping)."""

import pytest

from customers.matching.decision import _are_other_names
from customers.models import Contact, Customer, ExternalReference, Location, MappingReview
from imports.models import Target
from tests.factories import make_client, make_contact, make_customer, make_location, make_reference
from tests.imports.calls import codes, imported, imported_batch, kept, mapped, refused, target

pytestmark = pytest.mark.django_db

STRATEGIES = ("ExternalIdOnly", "ExternalIdFirst", "ExternalIdThenCustomerNumber", "ManualOnly")


@pytest.fixture
def rhein(tenant):
    """A customer that the ERP calls CUST-1, with a location LOC-1 and a contact CONT-1."""
    customer = make_customer(tenant, number="RRM-001")
    make_reference(customer, "CUST-1")
    make_reference(make_location(customer, name="Essen Center", latitude=51.4, longitude=7.0), "LOC-1")
    make_reference(make_contact(customer, email="anna.weber@example.com"), "CONT-1")
    return customer


@pytest.fixture
def berg(tenant):
    """Another customer, known by nothing but its number, with a location and a contact."""
    customer = make_customer(tenant, name="Berg Retail Group", number="BR-019")
    make_location(
        customer, street="Kortumstraße 5", postal_code="44787", city="Bochum", latitude=51.5, longitude=7.2
    )
    make_contact(customer, display_name="Jan Berg", email="Jan@berg.example")
    return customer


def customer_of(mapping):
    return mapping["customerId"], mapping["matchedBy"]["customer"]


def open_reviews():
    rows = MappingReview.objects.filter(status="open").order_by("entity_type")
    return list(rows.values_list("entity_type", "external_id", "kind"))


# Each strategy: what of a customer leads to it.

WAYS = {
    "external ID": {"externalId": "CUST-1"},
    "external ID and its number": {"externalId": "CUST-1", "customerNumber": "RRM-001"},
    "external ID and an unknown number": {"externalId": "CUST-1", "customerNumber": "NEW-1"},
    "number": {"customerNumber": "RRM-001"},
    "unknown external ID and the number": {"externalId": "CUST-2", "customerNumber": "RRM-001"},
    "unknown external ID": {"externalId": "CUST-2", "name": "Rhein-Ruhr Medical Supply"},
    "name alone": {"name": "Rhein-Ruhr Medical Supply"},
    "unknown number": {"customerNumber": "RRM-01"},
    "number in another case": {"customerNumber": "rrm-001"},
    "external ID in another case": {"externalId": "cust-1"},
}
BY_ID = {"external ID", "external ID and its number", "external ID and an unknown number"}
BY_NUMBER = {"number", "unknown external ID and the number"}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_leads_to_a_customer(strategy, way, api_with, rhein):
    mapping = mapped(api_with(strategy=strategy), customer=WAYS[way])
    if strategy == "ManualOnly":
        assert (mapping["status"], customer_of(mapping)) == ("ManualReview", (None, None))
        assert codes(mapping) == ["manual_review_required"]
    elif way in BY_ID:
        assert (mapping["status"], customer_of(mapping)) == ("Mapped", (rhein.pk, "externalId"))
        assert mapping["warnings"] == []
    elif way in BY_NUMBER and strategy != "ExternalIdOnly":
        assert (mapping["status"], customer_of(mapping)) == ("Mapped", (rhein.pk, "customerNumber"))
    else:
        assert (mapping["status"], customer_of(mapping)) == ("NotFound", (None, None))
        assert codes(mapping) == ["customer_not_found"]


PLACE = {"street": "Hachestr. 12", "postalCode": "45127", "city": "essen"}
CHILDREN = {
    "location by external ID": ({"location": {"externalId": "LOC-1"}}, "location", "externalId"),
    "location by address": ({"location": PLACE}, "location", "address"),
    "unknown external ID at the address": ({"location": PLACE | {"externalId": "LOC-2"}}, "location", None),
    "contact by external ID": ({"contact": {"externalId": "CONT-1"}}, "contact", "externalId"),
    "contact by e-mail": ({"contact": {"email": "Anna.Weber@Example.com"}}, "contact", "email"),
    "contact by name": ({"contact": {"displayName": "Anna Weber"}}, "contact", None),
    "contact by phone": ({"contact": {"phone": "+49 201 123456"}}, "contact", None),
    "location by name": ({"location": {"name": "Essen Center"}}, "location", None),
}


@pytest.mark.parametrize("way", CHILDREN)
@pytest.mark.parametrize("strategy", STRATEGIES[:3])
def test_what_leads_to_a_location_or_contact_of_the_linked_customer(strategy, way, api_with, rhein):
    given, entity, matched_by = CHILDREN[way]
    if matched_by in ("address", "email") and strategy != "ExternalIdFirst":
        matched_by = None
    mapping = mapped(api_with(strategy=strategy), customer={"externalId": "CUST-1"}, **given)
    assert mapping["matchedBy"][entity] == matched_by
    assert (mapping["status"] == "Mapped") == (matched_by is not None)
    assert customer_of(mapping) == (rhein.pk, "externalId")


def test_all_three_are_mapped_by_external_id(api, rhein):
    mapping = mapped(
        api,
        customer={"externalId": "CUST-1"},
        location={"externalId": "LOC-1"},
        contact={"externalId": "CONT-1"},
    )
    assert mapping == {
        "status": "Mapped",
        "customerId": rhein.pk,
        "customerLocationId": Location.objects.get().pk,
        "customerContactId": Contact.objects.get().pk,
        "matchedBy": dict.fromkeys(("customer", "location", "contact"), "externalId"),
        "warnings": [],
    }
    assert kept(api)["customerMapping"] == mapping


def test_an_automatic_link_by_number_is_remembered_and_marked(api, berg):
    mapped(api, customer={"externalId": "B-1", "customerNumber": "BR-019"})
    reference = ExternalReference.objects.get()
    assert (reference.customer, reference.origin, reference.external_id) == (berg, "automatic", "B-1")
    assert customer_of(mapped(api, "JOB-2", customer={"externalId": "B-1"})) == (berg.pk, "externalId")


def test_an_automatic_link_by_address_and_by_email_is_remembered_and_marked(api, berg):
    context = {
        "customer": {"customerNumber": "BR-019"},
        "location": {
            "externalId": "L-9",
            "street": "Kortumstr. 5",
            "postalCode": "44787",
            "city": "BOCHUM",
        },
        "contact": {"externalId": "P-9", "email": "jan@berg.example"},
    }
    first = mapped(api, **context)
    assert first["matchedBy"] == {"customer": "customerNumber", "location": "address", "contact": "email"}
    assert set(ExternalReference.objects.values_list("entity_type", "external_id", "origin")) == {
        ("location", "L-9", "automatic"),
        ("contact", "P-9", "automatic"),
    }
    again = mapped(api, "JOB-2", **context)
    assert again["matchedBy"] == {
        "customer": "customerNumber",
        "location": "externalId",
        "contact": "externalId",
    }
    assert again["customerLocationId"] == first["customerLocationId"]


# Scopes of external IDs.


def test_an_external_id_of_another_source_system_leads_nowhere(api_with, rhein):
    mapping = mapped(api_with(source_system="crm"), customer={"externalId": "CUST-1"})
    assert mapping["status"] == "NotFound"


def test_an_external_id_of_another_entity_leads_nowhere(api, rhein):
    mapping = mapped(api, location={"externalId": "CUST-1"}, contact={"externalId": "LOC-1"})
    assert (mapping["status"], codes(mapping)) == ("NotFound", ["contact_not_found", "location_not_found"])


def test_an_external_id_and_a_number_of_another_tenant_lead_nowhere(other_api, rhein):
    given = {"externalId": "CUST-1", "customerNumber": "RRM-001"}
    assert mapped(other_api, customer=given)["status"] == "NotFound"
    assert not ExternalReference.objects.exclude(tenant=rhein.tenant).exists()


def test_two_tenants_and_two_source_systems_use_one_external_id_for_different_records(
    api, api_with, other_api, other_tenant, rhein, berg
):
    make_reference(berg, "CUST-1", source_system="crm")
    abroad = make_customer(other_tenant, name="Elsewhere", number="RRM-001")
    make_reference(abroad, "CUST-1")
    given = {"externalId": "CUST-1"}
    assert mapped(api, customer=given)["customerId"] == rhein.pk
    assert mapped(api_with(source_system="crm"), customer=given)["customerId"] == berg.pk
    assert mapped(other_api, customer=given)["customerId"] == abroad.pk


# Numbers and names that contradict.


def test_a_number_of_another_customer_is_a_conflict_and_changes_nothing(api_with, rhein, berg):
    api = api_with(update_policy="overwrite")
    mapping = mapped(
        api,
        customer={
            "externalId": "CUST-1",
            "customerNumber": "BR-019",
            "name": "Rhein-Ruhr Medical",
            "email": "new@example.com",
        },
    )
    assert (mapping["status"], customer_of(mapping)) == ("Conflict", (rhein.pk, "externalId"))
    assert codes(mapping) == ["customer_number_conflict"]
    assert open_reviews() == [("customer", "CUST-1", "Conflict")]
    assert MappingReview.objects.get().candidates == [rhein.pk, berg.pk]
    for row in (rhein, berg):
        before = (row.name, row.number, row.email)
        row.refresh_from_db()
        assert (row.name, row.number, row.email) == before
    assert not ExternalReference.objects.filter(customer=berg).exists()


@pytest.mark.parametrize("strategy", STRATEGIES[:3])
def test_a_number_conflict_is_one_by_every_strategy(strategy, api_with, rhein, berg):
    mapping = mapped(
        api_with(strategy=strategy), customer={"externalId": "CUST-1", "customerNumber": "BR-019"}
    )
    assert (mapping["status"], mapping["customerId"]) == ("Conflict", rhein.pk)


def test_a_number_of_a_clearly_other_name_is_not_linked(api, rhein):
    mapping = mapped(
        api, customer={"externalId": "X-1", "customerNumber": "RRM-001", "name": "Zoo Quedlinburg"}
    )
    assert (mapping["status"], customer_of(mapping)) == ("ManualReview", (None, None))
    assert codes(mapping) == ["customer_name_mismatch"]
    assert open_reviews() == [("customer", "X-1", "ManualReview")]
    assert MappingReview.objects.get().candidates == [rhein.pk]
    assert not ExternalReference.objects.filter(external_id="X-1").exists()


def test_an_external_id_of_a_clearly_other_name_is_linked_with_a_warning(api, rhein):
    mapping = mapped(api, customer={"externalId": "CUST-1", "name": "Zoo Quedlinburg"})
    assert (mapping["status"], customer_of(mapping)) == ("Mapped", (rhein.pk, "externalId"))
    assert codes(mapping) == ["customer_name_mismatch"]
    rhein.refresh_from_db()
    assert rhein.name == "Rhein-Ruhr Medical Supply"
    assert open_reviews() == []


@pytest.mark.parametrize(
    "name", ["RHEIN-RUHR MEDICAL SUPPLY", "Rhein Ruhr Medical Supply GmbH", "Medical Supply Rhein-Ruhr"]
)
def test_another_spelling_of_a_name_is_no_other_name(name, api, rhein):
    mapping = mapped(api, customer={"customerNumber": "RRM-001", "name": name})
    assert (mapping["status"], mapping["warnings"]) == ("Mapped", [])


def test_two_external_ids_of_one_source_lead_to_one_customer_by_number_with_a_warning(api, rhein):
    mapping = mapped(api, customer={"externalId": "CUST-1-OLD", "customerNumber": "RRM-001"})
    assert (mapping["status"], customer_of(mapping)) == ("Mapped", (rhein.pk, "customerNumber"))
    assert codes(mapping) == ["external_id_retargeted"]
    again = mapped(api, "JOB-2", customer={"externalId": "CUST-1-OLD"})
    assert (customer_of(again), again["warnings"]) == ((rhein.pk, "externalId"), [])


def test_an_external_id_of_another_source_system_is_no_second_one(api_with, rhein):
    mapping = mapped(
        api_with(source_system="crm"), customer={"externalId": "77", "customerNumber": "RRM-001"}
    )
    assert (mapping["status"], mapping["warnings"]) == ("Mapped", [])


@pytest.mark.parametrize(
    ("given", "entity"),
    [
        ({"location": PLACE | {"externalId": "LOC-2"}}, "location"),
        ({"contact": {"externalId": "CONT-2", "email": "anna.weber@example.com"}}, "contact"),
    ],
    ids=["by address", "by e-mail"],
)
def test_a_second_external_id_by_address_or_email_alone_asks(given, entity, api, rhein):
    mapping = mapped(api, customer={"externalId": "CUST-1"}, **given)
    assert (mapping["status"], mapping["matchedBy"][entity]) == ("ManualReview", None)
    assert codes(mapping) == ["manual_review_required"]
    assert open_reviews() == [(entity, given[entity]["externalId"], "ManualReview")]


# Locations and contacts.


def test_a_known_location_of_another_customer_is_not_linked(api, rhein, berg):
    mapping = mapped(api, customer={"customerNumber": "BR-019"}, location={"externalId": "LOC-1"})
    assert (mapping["status"], mapping["customerLocationId"]) == ("Conflict", None)
    assert codes(mapping) == ["location_customer_mismatch"]
    assert open_reviews() == [("location", "LOC-1", "Conflict")]


def test_a_known_contact_of_another_customer_is_not_linked(api, rhein, berg):
    mapping = mapped(api, customer={"customerNumber": "BR-019"}, contact={"externalId": "CONT-1"})
    assert (mapping["status"], mapping["customerContactId"]) == ("Conflict", None)
    assert codes(mapping) == ["contact_customer_mismatch"]
    assert open_reviews() == [("contact", "CONT-1", "Conflict")]


def test_a_known_location_of_another_customer_than_the_target_keeps_is_not_linked(api, rhein, berg):
    mapped(api, customer={"customerNumber": "BR-019"})
    mapping = mapped(api, location={"externalId": "LOC-1"})
    assert (mapping["customerLocationId"], codes(mapping)) == (None, ["location_customer_mismatch"])
    assert kept(api)["customerMapping"]["customerId"] == berg.pk


def test_a_known_location_alone_links_its_customer(api, rhein):
    mapping = mapped(api, location={"externalId": "LOC-1"})
    assert (mapping["status"], customer_of(mapping)) == ("Mapped", (rhein.pk, "location"))
    assert mapping["customerLocationId"] == Location.objects.get().pk
    assert Target.objects.get().customer == rhein


def test_a_known_location_alone_lets_a_contact_be_found_by_email(api, rhein):
    mapping = mapped(api, location={"externalId": "LOC-1"}, contact={"email": "anna.weber@example.com"})
    assert (mapping["status"], mapping["matchedBy"]["contact"]) == ("Mapped", "email")


def test_an_unknown_location_is_not_created_without_a_customer(api_with):
    api = api_with(auto_create_locations=True, auto_create_customers=True)
    mapping = mapped(api, location={"externalId": "LOC-9", "street": "Weg 1", "city": "Ulm"})
    assert (mapping["status"], codes(mapping)) == ("NotFound", ["location_not_found"])
    assert not Location.objects.exists()


@pytest.mark.parametrize("strategy", ["ExternalIdFirst"])
def test_several_locations_at_the_address_are_ambiguous(strategy, api_with, rhein):
    make_location(rhein, name="Side entrance")
    mapping = mapped(api_with(strategy=strategy), customer={"externalId": "CUST-1"}, location=PLACE)
    assert (mapping["status"], mapping["customerLocationId"]) == ("Ambiguous", None)
    assert codes(mapping) == ["location_ambiguous"]
    assert mapping["customerId"] == rhein.pk
    assert [kind for *_, kind in open_reviews()] == ["Ambiguous"]
    assert len(MappingReview.objects.get().candidates) == 2


def test_a_city_with_several_branches_is_ambiguous(api, rhein):
    make_location(rhein, street="Rüttenscheider Str. 1", postal_code="45130")
    mapping = mapped(api, customer={"externalId": "CUST-1"}, location={"city": "Essen"})
    assert (mapping["status"], codes(mapping)) == ("Ambiguous", ["location_ambiguous"])
    assert (mapping["customerId"], mapping["customerLocationId"]) == (rhein.pk, None)


def test_a_city_with_several_branches_creates_none(api_with, rhein):
    make_location(rhein, street="Rüttenscheider Str. 1", postal_code="45130")
    api = api_with(auto_create_locations=True)
    mapping = mapped(api, customer={"externalId": "CUST-1"}, location={"city": "Essen", "name": "Essen"})
    assert mapping["status"] == "Ambiguous"
    assert Location.objects.count() == 2


@pytest.mark.parametrize(
    "place",
    [
        {"street": "Neue Str. 1", "postalCode": "45127", "city": "Essen"},
        {"street": "Hachestrasse 12a", "postalCode": "45127", "city": "Essen"},
        {"street": "Hachestrasse 12", "postalCode": "45128", "city": "Essen"},
        {"street": "Hachestrasse 12", "postalCode": "45127", "city": "Bochum"},
        {"street": "Hachestrasse 12", "city": "Essen"},
    ],
)
def test_a_known_company_at_another_address_is_not_linked_to_a_known_location(place, api, rhein):
    mapping = mapped(api, customer={"externalId": "CUST-1"}, location=place)
    assert (mapping["status"], mapping["customerLocationId"]) == ("Partial", None)
    assert codes(mapping) == ["location_not_found"]


def test_an_address_of_another_customer_is_not_linked(api, rhein, berg):
    place = {"street": "Kortumstraße 5", "postalCode": "44787", "city": "Bochum"}
    mapping = mapped(api, customer={"externalId": "CUST-1"}, location=place)
    assert mapping["customerLocationId"] is None


def test_several_contacts_of_one_email_are_ambiguous(api, rhein):
    make_contact(rhein, display_name="Front desk", email="ANNA.weber@example.com")
    mapping = mapped(api, customer={"externalId": "CUST-1"}, contact={"email": "anna.weber@example.com"})
    assert (mapping["status"], codes(mapping)) == ("Ambiguous", ["contact_ambiguous"])


def test_a_contact_of_another_customer_with_the_same_email_is_not_linked(api, rhein, berg):
    mapping = mapped(api, customer={"customerNumber": "BR-019"}, contact={"email": "anna.weber@example.com"})
    assert (mapping["status"], codes(mapping)) == ("Partial", ["contact_not_found"])


def test_a_contact_name_counts_as_a_contact(api_with, rhein):
    api = api_with(auto_create_contacts=True)
    mapping = mapped(api, customer={"externalId": "CUST-1", "contactName": "Jo Klein"})
    assert (mapping["status"], mapping["matchedBy"]["contact"]) == ("Created", "created")
    assert Contact.objects.get(pk=mapping["customerContactId"]).display_name == "Jo Klein"


def test_a_contact_name_does_not_count_beside_a_contact(api, rhein):
    mapping = mapped(
        api,
        customer={"externalId": "CUST-1", "contactName": "Jo Klein"},
        contact={"externalId": "CONT-1"},
    )
    assert mapping["matchedBy"]["contact"] == "externalId"
    assert mapping["warnings"] == []


def test_a_contact_name_alone_belongs_to_the_customer_that_the_target_keeps(api_with, rhein):
    api = api_with(auto_create_contacts=True)
    mapped(api, customer={"externalId": "CUST-1"})
    mapping = mapped(api, customer={"contactName": "Jo Klein"})
    assert mapping["matchedBy"]["contact"] == "created"
    assert Contact.objects.get(display_name="Jo Klein").customer == rhein


# Warnings that do not change the status.


@pytest.mark.parametrize(
    ("phone", "country", "expected"),
    [
        ("+49 201 123456", None, []),
        ("0201 123456", None, []),
        ("0201 123456", "AT", []),
        ("call me", None, ["invalid_phone"]),
        ("+", None, ["invalid_phone"]),
    ],
)
def test_a_phone_number_that_cannot_be_parsed_is_told(phone, country, expected, api, rhein):
    context = {"customer": {"externalId": "CUST-1", "phone": phone}}
    if country:
        context["location"] = {"externalId": "LOC-1", "country": country}
    mapping = mapped(api, **context)
    assert (mapping["status"], codes(mapping)) == ("Mapped", expected)
    for warning in mapping["warnings"]:
        assert (warning["entity"], warning["field"]) == ("customer", "customer.phone")


def test_a_linked_location_without_coordinates_is_told(api, rhein):
    Location.objects.update(latitude=None, longitude=None)
    mapping = mapped(api, customer={"externalId": "CUST-1"}, location={"externalId": "LOC-1"})
    assert (mapping["status"], codes(mapping)) == ("Mapped", ["missing_coordinates"])


def test_coordinates_that_the_update_policy_fills_are_not_missing(api, rhein):
    Location.objects.update(latitude=None, longitude=None)
    place = {"externalId": "LOC-1", "latitude": 51.4, "longitude": 7}
    assert mapped(api, customer={"externalId": "CUST-1"}, location=place)["warnings"] == []


# Status of the whole.


def test_one_linked_and_another_not_is_partial(api, rhein):
    mapping = mapped(api, customer={"externalId": "CUST-1"}, contact={"externalId": "CONT-9"})
    assert (mapping["status"], codes(mapping)) == ("Partial", ["contact_not_found"])


def test_a_conflict_wins_over_what_is_ambiguous(api, rhein, berg):
    make_contact(rhein, display_name="Front desk", email="anna.weber@example.com")
    mapping = mapped(
        api,
        customer={"externalId": "CUST-1", "customerNumber": "BR-019"},
        contact={"email": "anna.weber@example.com"},
    )
    assert mapping["status"] == "Conflict"
    assert codes(mapping) == ["contact_ambiguous", "customer_number_conflict"]


def test_created_wins_over_mapped(api_with, rhein):
    api = api_with(auto_create_contacts=True)
    mapping = mapped(api, customer={"externalId": "CUST-1"}, contact={"displayName": "Jo Klein"})
    assert mapping["status"] == "Created"


def test_what_was_created_is_mapped_the_next_time(api_with):
    api = api_with(auto_create_customers=True)
    assert mapped(api, customer={"externalId": "N-1", "name": "New"})["status"] == "Created"
    again = imported(api, customer={"externalId": "N-1", "name": "New"})
    assert (again["status"], again["customerMapping"]["status"]) == ("Unchanged", "Mapped")
    assert again["customerMapping"]["matchedBy"]["customer"] == "externalId"


def test_a_target_without_context_has_no_mapping(api):
    assert "customerMapping" not in imported(api)
    assert kept(api)["customerMapping"] is None


def test_an_empty_context_is_none(api):
    assert "customerMapping" not in imported(
        api, customer={}, location={"name": "  "}, contact={"role": None}
    )


# What a caller without customers.read sees.


def test_without_customers_read_only_status_and_warnings_are_told(erp, api_of, rhein, berg):
    scopes = ["inbound.targets.write", "customers.map", "import_jobs.read"]
    api = api_of(erp, scopes=scopes)
    item = imported(api, customer={"externalId": "CUST-1", "customerNumber": "BR-019"})
    assert item["customerMapping"].keys() == {"status", "warnings"}
    assert item["customerMapping"]["status"] == "Conflict"
    text = str(item["customerMapping"]) + str(kept(api)["customerMapping"])
    for secret in ("Berg", "Rhein", str(rhein.pk) + "'", "RRM"):
        assert secret not in text
    assert kept(api)["customerMapping"].keys() == {"status", "warnings"}
    items = api.get(f"/import-jobs/{item_job(api)}/items").json()["items"]
    assert items[0]["customerMapping"].keys() == {"status", "warnings"}


def item_job(api):
    return api.get("/import-jobs").json()["items"][0]["importJobId"]


# Links that are given up.


@pytest.fixture
def linked(api, rhein):
    mapped(
        api,
        customer={"externalId": "CUST-1"},
        location={"externalId": "LOC-1"},
        contact={"externalId": "CONT-1"},
    )
    return api


@pytest.mark.parametrize("entity", ["customer", "location", "contact"])
def test_null_unlinks_an_entity(entity, linked):
    item = imported(linked, **{entity: None})
    assert item["status"] == "Updated"
    row = Target.objects.get()
    for name in ("customer", "location", "contact"):
        assert (getattr(row, name) is None) == (name == entity)
    assert imported(linked, **{entity: None})["status"] == "Unchanged"


def test_null_of_all_leaves_no_mapping(linked):
    imported(linked, customer=None, location=None, contact=None)
    assert kept(linked)["customerMapping"] is None


def test_what_is_left_out_stays_linked(linked, rhein):
    assert imported(linked, title="Other")["status"] == "Updated"
    assert kept(linked)["customerMapping"]["status"] == "Mapped"
    assert Target.objects.get().customer == rhein


def test_another_customer_lets_go_of_the_location_and_contact_of_the_first(linked, berg):
    mapping = mapped(linked, customer={"customerNumber": "BR-019"})
    row = Target.objects.get()
    assert (row.customer, row.location, row.contact) == (berg, None, None)
    assert mapping["customerId"] == berg.pk


def test_the_same_context_again_is_unchanged_whatever_happens_to_the_registry(tenant, api_of, rhein):
    api = api_of(make_client(tenant, update_policy="overwrite"))
    mapped(api, customer={"externalId": "CUST-1", "industry": "Health"})
    item = imported(api, customer={"externalId": "CUST-1", "industry": "Care"})
    assert item["status"] == "Unchanged"
    rhein.refresh_from_db()
    assert rhein.industry == "Care"


def test_a_link_that_changes_makes_an_update(api, rhein):
    imported(api)
    assert imported(api, customer={"externalId": "CUST-1"})["status"] == "Updated"


# Refusal of what is not mapped.


@pytest.mark.parametrize(
    "context",
    [
        {"customer": {"externalId": "X-1", "name": "Unknown"}},
        {"customer": {"externalId": "CUST-1"}, "contact": {"externalId": "X-1"}},
        {"customer": {"externalId": "CUST-1", "customerNumber": "BR-019"}},
    ],
    ids=["not found", "partial", "conflict"],
)
def test_a_client_that_refuses_unmapped_targets_rejects_them(context, api_with, rhein, berg):
    api = api_with(refuse_unmapped=True)
    assert refused(api, status=422, **context)["code"] == "mapping_required"
    assert not Target.objects.exists()
    assert len(open_reviews()) == 1


def test_a_client_that_refuses_unmapped_targets_takes_mapped_and_created_ones(api_with, rhein):
    api = api_with(refuse_unmapped=True, auto_create_customers=True)
    assert mapped(api, customer={"externalId": "CUST-1"})["status"] == "Mapped"
    assert mapped(api, "JOB-2", customer={"externalId": "N-1", "name": "New"})["status"] == "Created"


def test_a_client_that_refuses_unmapped_targets_takes_those_without_context(api_with):
    assert imported(api_with(refuse_unmapped=True))["status"] == "Imported"


def test_a_refused_target_creates_no_record(api_with):
    api = api_with(refuse_unmapped=True, auto_create_customers=True)
    context = {"customer": {"externalId": "N-1", "name": "New"}, "contact": {"externalId": "P-1"}}
    assert refused(api, status=422, **context)["code"] == "mapping_required"
    assert not Customer.objects.exists()


def test_a_refused_update_leaves_the_target_as_it_was(api_with, rhein):
    api = api_with(refuse_unmapped=True)
    mapped(api, customer={"externalId": "CUST-1"})
    refused(api, status=422, title="Other", customer={"externalId": "X-1"})
    assert kept(api)["title"] == "Visit"
    assert kept(api)["customerMapping"]["customerId"] == rhein.pk


# Questions.


def test_a_question_is_asked_once_for_each_source_entity_and_external_id(api, api_with):
    for number in range(3):
        mapped(api, f"JOB-{number}", customer={"externalId": "X-1", "name": "Unknown"})
    mapped(api, "JOB-4", customer={"externalId": "X-2", "name": "Unknown"})
    mapped(api, "JOB-5", location={"externalId": "X-1", "city": "Ulm"})
    mapped(api_with(source_system="crm"), customer={"externalId": "X-1", "name": "Unknown"})
    assert sorted(
        MappingReview.objects.filter(status="open").values_list("source_system", "entity_type", "external_id")
    ) == [
        ("crm", "customer", "X-1"),
        ("erp", "customer", "X-1"),
        ("erp", "customer", "X-2"),
        ("erp", "location", "X-1"),
    ]


def test_a_client_may_want_no_question_about_what_is_unknown(api_with, rhein, berg):
    api = api_with(review_unknown=False)
    assert mapped(api, customer={"externalId": "X-1"})["status"] == "NotFound"
    assert open_reviews() == []
    mapped(api, customer={"externalId": "CUST-1", "customerNumber": "BR-019"})
    assert open_reviews() == [("customer", "CUST-1", "Conflict")]


def test_a_reference_without_an_external_id_asks_once_by_what_was_said(api):
    for number, name in enumerate(["Müller & Söhne", "MUELLER und SOEHNE", "Müller  & Söhne."]):
        mapped(api, f"JOB-{number}", customer={"name": name}, location=PLACE)
    assert [entity for entity, *_ in open_reviews()] == ["customer", "location"]
    mapped(api, "JOB-9", customer={"name": "Müller & Söhne"}, location=PLACE | {"city": "Ulm"})
    assert [entity for entity, *_ in open_reviews()].count("customer") == 2


def test_a_question_that_a_later_import_answers_is_closed_and_its_targets_are_linked(api_with, tenant):
    api = api_with()
    mapped(api, customer={"externalId": "X-1", "name": "New"})
    new = make_customer(tenant, name="New", number="N-1")
    mapped(api, "JOB-2", customer={"externalId": "X-1", "customerNumber": "N-1"})
    assert MappingReview.objects.get().status == "superseded"
    assert set(Target.objects.values_list("customer", flat=True)) == {new.pk}


# ManualOnly.


def test_manual_only_follows_references_that_staff_decided_only(api_with, rhein, berg):
    ExternalReference.objects.filter(external_id="CUST-1").update(origin="automatic")
    make_reference(berg, "B-1", origin="manual")
    api = api_with(strategy="ManualOnly")
    automatic = mapped(api, customer={"externalId": "CUST-1"})
    assert (automatic["status"], automatic["customerId"]) == ("ManualReview", None)
    assert MappingReview.objects.get().candidates == [rhein.pk]
    manual = mapped(api, "JOB-2", customer={"externalId": "B-1"})
    assert (manual["status"], customer_of(manual)) == ("Mapped", (berg.pk, "manual"))


def test_manual_only_creates_nothing(api_with):
    api = api_with(
        strategy="ManualOnly",
        auto_create_customers=True,
        auto_create_locations=True,
        auto_create_contacts=True,
    )
    mapping = mapped(
        api,
        customer={"externalId": "N-1", "name": "New"},
        location={"city": "Ulm"},
        contact={"displayName": "Jo"},
    )
    assert mapping["status"] == "ManualReview"
    assert not Customer.objects.exists()


def test_manual_only_does_not_link_a_customer_through_an_automatic_location(api_with, rhein):
    ExternalReference.objects.update(origin="automatic")
    mapping = mapped(api_with(strategy="ManualOnly"), location={"externalId": "LOC-1"})
    assert (mapping["status"], mapping["customerId"]) == ("ManualReview", None)


# One chunk: an item sees what an earlier one did.


def test_items_of_one_batch_see_the_link_of_an_earlier_one(api, berg):
    body = imported_batch(
        api,
        [
            target("JOB-1", customer={"externalId": "B-1", "customerNumber": "BR-019"}),
            target("JOB-2", customer={"externalId": "B-1"}),
        ],
    )
    assert [item["customerMapping"]["matchedBy"]["customer"] for item in body["items"]] == [
        "customerNumber",
        "externalId",
    ]
    assert ExternalReference.objects.count() == 1


def test_a_later_item_of_one_target_finds_places_of_the_customer_of_the_earlier_one(api, rhein):
    body = imported_batch(api, [target(customer={"customerNumber": "RRM-001"}), target(location=PLACE)])
    assert body["items"][1]["customerMapping"]["matchedBy"]["location"] == "address"
    assert kept(api)["customerMapping"]["status"] == "Mapped"


@pytest.mark.parametrize(
    ("ours", "theirs", "is_another"),
    [
        ("Nordlicht Energie GmbH & Co. KG", "Kaffeehaus Sonne GmbH & Co. KG", True),
        ("Schäfer Heizungsbau GmbH", "Musterbau GmbH", True),
        ("Muster GmbH", "Muster AG", False),
        ("Heizungsbau Krause GmbH", "Krause Heizungsbau", False),
    ],
)
def test_a_common_legal_form_makes_no_two_names_alike(ours: str, theirs: str, is_another: bool) -> None:
    # A customer number of a clearly different name is a question to staff, not a link.
    assert _are_other_names(ours, theirs) is is_another
