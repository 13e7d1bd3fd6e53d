"""What an undo takes along, what it leaves, and what it is refused for."""

import pytest
from django.db import transaction

from customers.history import explain_changes
from customers.models import Contact, Customer, ExternalReference, Location, MappingReview
from customers.references import add_reference
from customers.reviews import DecisionRefused
from imports.decisions import create_from_review, dismiss_review, link_review, undo_review
from imports.models import Target
from tests.factories import make_contact, make_customer, make_location, make_reference
from tests.imports.calls import kept, mapped

pytestmark = pytest.mark.django_db

UNKNOWN = {"externalId": "X-1", "name": "Rhein-Ruhr Medical", "phone": "0201 22"}
PLACE = {"externalId": "L-1", "street": "Marktstr. 3", "postalCode": "45355", "city": "Essen"}


@pytest.fixture
def rhein(tenant):
    return make_customer(tenant, number="RRM-001")


def review(entity="customer", status="open", **fields):
    return MappingReview.objects.get(entity_type=entity, status=status, **fields)


def by_hand(user, model, pk, **values):
    """A change on a page of the registry."""
    with transaction.atomic():
        explain_changes("edited in the admin", user=user)
        model.objects.filter(pk=pk).update(**values)


# What goes along.


def test_what_the_decision_itself_filled_in_is_blank_again(api, rhein, reviewer):
    mapped(api, customer=UNKNOWN)
    link_review(review(), record_id=rhein.pk, by=reviewer)
    rhein.refresh_from_db()
    assert rhein.phone == "0201 22"
    undo_review(review(status="linked"), by=reviewer)
    rhein.refresh_from_db()
    assert rhein.phone == ""


def test_what_later_imports_overwrote_is_as_before(api_with, rhein, reviewer):
    api = api_with(update_policy="overwrite")
    mapped(api, customer=UNKNOWN)
    link_review(review(), record_id=rhein.pk, by=reviewer)
    mapped(api, "JOB-2", customer=UNKNOWN | {"name": "Quite Another Name", "phone": "0201 33"})
    undo_review(review(status="linked"), by=reviewer)
    rhein.refresh_from_db()
    assert (rhein.name, rhein.phone) == ("Rhein-Ruhr Medical Supply", "")


def test_what_somebody_changed_since_stays(api, rhein, reviewer):
    mapped(api, customer=UNKNOWN | {"type": "practice"})
    link_review(review(), record_id=rhein.pk, by=reviewer)
    by_hand(reviewer, Customer, rhein.pk, phone="0201 99")
    undo_review(review(status="linked"), by=reviewer)
    rhein.refresh_from_db()
    assert (rhein.phone, rhein.type) == ("0201 99", "")


def test_what_another_external_id_says_of_the_record_stays(api, rhein, reviewer):
    make_reference(rhein, "CUST-1")
    mapped(api, customer=UNKNOWN)
    link_review(review(), record_id=rhein.pk, by=reviewer)
    mapped(api, "JOB-2", customer={"externalId": "CUST-1", "phone": "0201 44", "email": "a@rhein.example"})
    undo_review(review(status="linked"), by=reviewer)
    rhein.refresh_from_db()
    # The phone was taken by then; now it is blank, and what CUST-1 said counts.
    assert (rhein.phone, rhein.email) == ("0201 44", "a@rhein.example")


def test_a_location_that_an_import_created_below_the_customer_goes(api_with, rhein, reviewer):
    api = api_with(auto_create_locations=True)
    mapped(api, customer=UNKNOWN)
    link_review(review(), record_id=rhein.pk, by=reviewer)
    assert mapped(api, "JOB-2", customer=UNKNOWN, location=PLACE)["customerLocationId"]
    undo_review(review(status="linked"), by=reviewer)
    assert not Location.objects.exists()
    assert not ExternalReference.objects.filter(external_id="L-1").exists()
    shown = kept(api, "JOB-2")["customerMapping"]
    assert (shown["status"], shown["customerId"], shown["customerLocationId"]) == ("NotFound", None, None)
    assert review("location").external_id == "L-1"


def test_an_external_id_that_a_rule_stored_below_the_customer_goes(api, rhein, reviewer):
    make_location(rhein, street="Marktstr. 3", postal_code="45355")
    mapped(api, customer=UNKNOWN, location=PLACE)
    link_review(review(), record_id=rhein.pk, by=reviewer)
    assert ExternalReference.objects.get(external_id="L-1").origin == "automatic"
    undo_review(review(status="linked"), by=reviewer)
    assert not ExternalReference.objects.filter(external_id="L-1").exists()
    assert Target.objects.get().location is None
    assert Location.objects.count() == 1


def test_a_location_that_came_first_with_another_customer_stays(api_with, rhein, reviewer):
    api = api_with(auto_create_locations=True)
    make_reference(rhein, "CUST-1")
    mapped(api, customer=UNKNOWN)
    link_review(review(), record_id=rhein.pk, by=reviewer)
    mapped(api, "JOB-2", customer={"externalId": "CUST-1"}, location=PLACE)
    mapped(api, "JOB-3", customer=UNKNOWN, location=PLACE)
    undo_review(review(status="linked"), by=reviewer)
    assert ExternalReference.objects.get(external_id="L-1").location == Location.objects.get()
    assert Target.objects.get(external_id="JOB-2").location is not None


def test_what_an_import_created_after_a_dismissal_goes(api_with, rhein, reviewer):
    api = api_with(auto_create_locations=True)
    make_reference(rhein, "CUST-1")
    for name in ("Front", "Side"):
        make_location(rhein, name=name, street="Marktstr. 3", postal_code="45355")
    context = {"customer": {"externalId": "CUST-1"}, "location": PLACE}
    assert mapped(api, **context)["status"] == "Ambiguous"
    dismiss_review(review("location"), by=reviewer)
    assert mapped(api, "JOB-2", **context)["customerLocationId"]
    assert Location.objects.count() == 3
    undo_review(review("location", status="dismissed"), by=reviewer)
    assert Location.objects.count() == 2
    assert {t.mapping_status for t in Target.objects.all()} == {"Ambiguous"}
    assert review("location").kind == "Ambiguous"


def test_what_was_found_by_a_name_that_only_the_decision_brought_is_asked_about(api_with, rhein, reviewer):
    """The wrong link let imports rename the customer; another sender was then linked to it by that name."""
    api = api_with(
        update_policy="overwrite", strategy="ExternalIdThenNameAndAddress", auto_create_contacts=True
    )
    named = {"externalId": "X-4", "name": "Neumann Bau"}
    mapped(api, customer=named)
    link_review(review(), record_id=rhein.pk, by=reviewer)
    rhein.refresh_from_db()
    assert rhein.name == "Neumann Bau"
    mapped(api, "JOB-2", customer={"name": "Neumann Bau"}, contact={"displayName": "Eva Groß"})
    undo_review(review(status="linked"), by=reviewer)
    rhein.refresh_from_db()
    assert rhein.name == "Rhein-Ruhr Medical Supply"
    assert not Target.objects.exclude(customer=None).exists()
    assert not Contact.objects.exists()


def test_what_a_location_led_to_goes_with_its_link(api, rhein, reviewer):
    """No customer was named: the location led to it, and so to its contact."""
    place = make_location(rhein)
    make_contact(rhein, email="anna@example.com")
    contact = {"externalId": "P-1", "email": "anna@example.com"}
    mapped(api, location={"externalId": "L-9", "city": "Ulm"}, contact=contact)
    link_review(review("location"), record_id=place.pk, by=reviewer)
    assert ExternalReference.objects.get(external_id="P-1").origin == "automatic"
    assert Target.objects.get().customer == rhein
    undo_review(review("location", status="linked"), by=reviewer)
    target = Target.objects.get()
    assert (target.customer, target.location, target.contact) == (None, None, None)
    assert not ExternalReference.objects.exists()


def test_a_number_that_another_customer_has_by_now_keeps_the_decision(api_with, rhein, reviewer):
    api = api_with(update_policy="overwrite")
    mapped(api, customer={"externalId": "X-1", "name": "Rhein-Ruhr", "customerNumber": "N-1"})
    link_review(review(), record_id=rhein.pk, by=reviewer)
    rhein.refresh_from_db()
    assert rhein.number == "N-1"
    make_customer(rhein.tenant, name="Berg Retail Group", number="RRM-001")
    with pytest.raises(DecisionRefused, match="RRM-001, which the decision replaced, belongs to Berg"):
        undo_review(review(status="linked"), by=reviewer)
    assert review(status="linked").customer == rhein
    assert Target.objects.get().customer == rhein


# What contradicts.


def test_a_newer_decision_on_a_location_of_the_customer_is_undone_first(api, rhein, reviewer):
    mapped(api, customer=UNKNOWN, location=PLACE)
    link_review(review(), record_id=rhein.pk, by=reviewer)
    create_from_review(review("location"), by=reviewer)
    with pytest.raises(DecisionRefused, match=r"location erp/L-1 was decided since"):
        undo_review(review(status="linked"), by=reviewer)
    assert Target.objects.get().customer == rhein
    undo_review(review("location", status="created"), by=reviewer)
    undo_review(review(status="linked"), by=reviewer)
    assert Target.objects.get().customer is None
    assert not Location.objects.exists()


def test_a_created_record_that_somebody_edited_is_not_taken_away(api, reviewer):
    mapped(api, customer=UNKNOWN)
    create_from_review(review(), by=reviewer)
    by_hand(reviewer, Customer, Customer.objects.get().pk, industry="health")
    with pytest.raises(DecisionRefused, match=r"Rhein-Ruhr Medical was changed by hand since, by reviewer"):
        undo_review(review(status="created"), by=reviewer)
    assert Customer.objects.get().industry == "health"
    assert review(status="created").customer == Customer.objects.get()


def test_a_created_record_with_an_external_id_by_hand_is_not_taken_away(api, reviewer):
    mapped(api, customer=UNKNOWN)
    create_from_review(review(), by=reviewer)
    with transaction.atomic():
        add_reference(Customer.objects.get(), source_system="crm", external_id="77", by=reviewer)
    with pytest.raises(DecisionRefused, match="crm/77"):
        undo_review(review(status="created"), by=reviewer)
    assert ExternalReference.objects.count() == 2


def test_an_import_never_contradicts(api, rhein, reviewer):
    """A question that an import raised and another answered is no newer decision."""
    berg = make_customer(rhein.tenant, name="Berg Retail Group", number="BR-019")
    mapped(api, customer=UNKNOWN)
    link_review(review(), record_id=rhein.pk, by=reviewer)
    mapped(api, customer=UNKNOWN | {"customerNumber": berg.number})
    assert review().kind == "Conflict"
    mapped(api, customer=UNKNOWN | {"customerNumber": rhein.number})
    assert MappingReview.objects.filter(status="superseded").count() == 1
    assert undo_review(review(status="linked"), by=reviewer) == 1


def test_a_contact_that_an_import_created_goes_with_its_customer(api_with, reviewer):
    api = api_with(auto_create_contacts=True)
    mapped(api, customer=UNKNOWN)
    create_from_review(review(), by=reviewer)
    mapped(api, "JOB-2", customer=UNKNOWN, contact={"externalId": "P-1", "displayName": "Eva Groß"})
    assert Contact.objects.count() == 1
    undo_review(review(status="created"), by=reviewer)
    assert not Contact.objects.exists()
    assert not Customer.objects.exists()
    assert not ExternalReference.objects.exists()
    assert {t.mapping_status for t in Target.objects.all()} == {"NotFound"}
