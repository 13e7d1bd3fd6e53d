"""What staff decided is remembered: no question is asked twice, unless its ground has changed."""

import pytest

from customers.models import Customer, ExternalReference, MappingReview
from imports.decisions import create_from_review, dismiss_review, link_review, undo_review
from imports.models import ImportItem, Target
from tests.factories import make_customer, make_location, make_reference
from tests.imports.calls import imported_batch, mapped, target
from webhooks.events.models import Event

pytestmark = pytest.mark.django_db

UNKNOWN = {"externalId": "X-1", "name": "Rhein-Ruhr Medical", "customerNumber": "N-1"}
PLACE = {"externalId": "L-1", "street": "Marktstr. 3", "postalCode": "45355", "city": "Essen"}


@pytest.fixture
def rhein(tenant):
    return make_customer(tenant, number="RRM-001")


def review(entity="customer", status="open", **fields):
    return MappingReview.objects.get(entity_type=entity, status=status, **fields)


def open_count():
    return MappingReview.objects.filter(status="open").count()


def decide(verb, question, rhein, reviewer):
    if verb == "link":
        link_review(question, record_id=rhein.pk, by=reviewer)
    elif verb == "create":
        create_from_review(question, by=reviewer)
    else:
        dismiss_review(question, by=reviewer)


VERBS = pytest.mark.parametrize("verb", ["link", "create", "dismiss"])


@VERBS
def test_no_question_is_asked_twice(verb, api, rhein, reviewer):
    mapped(api, customer=UNKNOWN)
    decide(verb, review(), rhein, reviewer)
    mapped(api, customer=UNKNOWN)
    mapped(api, "JOB-2", customer=UNKNOWN)
    imported_batch(api, [target(f"JOB-{n}", customer=UNKNOWN) for n in range(3, 6)])
    assert open_count() == 0
    assert MappingReview.objects.count() == 1


@VERBS
def test_a_decision_counts_for_its_source_system_only(verb, api, api_with, rhein, reviewer):
    mapped(api, customer=UNKNOWN | {"customerNumber": None})
    decide(verb, review(), rhein, reviewer)
    mapped(api_with(source_system="crm"), customer=UNKNOWN | {"customerNumber": None})
    assert review().source_system == "crm"


@VERBS
def test_a_decision_counts_for_its_entity_type_only(verb, api, rhein, reviewer):
    """A location that is called as the customer is another question."""
    mapped(api, customer=UNKNOWN)
    decide(verb, review(), rhein, reviewer)
    mapped(api, "JOB-2", location={"externalId": "X-1", "city": "Ulm"})
    assert review("location").external_id == "X-1"


@VERBS
def test_a_decision_counts_for_its_external_id_only(verb, api, rhein, reviewer):
    mapped(api, customer=UNKNOWN | {"customerNumber": None})
    decide(verb, review(), rhein, reviewer)
    mapped(api, "JOB-2", customer=UNKNOWN | {"externalId": "X-2", "customerNumber": None})
    assert review().external_id == "X-2"


@pytest.mark.parametrize("verb", ["link", "create"])
def test_every_open_item_of_the_reference_is_resolved_at_once(verb, api, rhein, reviewer):
    for number in range(3):
        mapped(api, f"JOB-{number}", customer=UNKNOWN)
    imported_batch(api, [target(f"JOB-{n}", customer=UNKNOWN) for n in range(3, 5)])
    decide(verb, review(), rhein, reviewer)
    assert set(ImportItem.objects.values_list("mapping_status", flat=True)) == {"Mapped"}
    assert not Target.objects.filter(customer=None).exists()


@pytest.mark.parametrize("verb", ["link", "create"])
def test_each_target_that_is_linked_is_told_of(verb, api, rhein, reviewer):
    mapped(api, "JOB-1", customer=UNKNOWN)
    mapped(api, "JOB-2", customer=UNKNOWN)
    decide(verb, review(), rhein, reviewer)
    told = Event.objects.filter(type="target.updated").order_by("pk")
    linked = Target.objects.first().customer
    assert [event.facts["target"]["externalIds"]["erp"] for event in told] == ["JOB-1", "JOB-2"]
    assert {event.facts["customer"]["id"] for event in told} == {linked.pk}


@pytest.mark.parametrize("verb", ["link", "create"])
def test_the_next_import_maps_by_itself(verb, api, rhein, reviewer):
    mapped(api, customer=UNKNOWN)
    decide(verb, review(), rhein, reviewer)
    mapping = mapped(api, "JOB-2", customer={"externalId": "X-1"})
    assert mapping["status"] == "Mapped"
    assert mapping["matchedBy"]["customer"] == "manual"


@pytest.mark.parametrize("verb", ["link", "create"])
def test_what_came_without_an_external_id_is_remembered_by_what_was_said(verb, api, rhein, reviewer):
    said = {"name": "Rhein-Ruhr Medical"}
    mapped(api, customer=said)
    decide(verb, review(), rhein, reviewer)
    assert mapped(api, "JOB-2", customer={"name": "RHEIN RUHR  Medical"})["status"] == "Mapped"
    assert open_count() == 0


def test_a_dismissed_candidate_is_not_proposed_beside_a_new_one(api, rhein, reviewer):
    make_reference(rhein, "CUST-1")
    first, second = (
        make_location(rhein, name=name, street="Marktstr. 3", postal_code="45355") for name in ("A", "B")
    )
    mapped(api, customer={"externalId": "CUST-1"}, location=PLACE)
    dismiss_review(review("location"), by=reviewer)
    third = make_location(rhein, name="C", street="Marktstr. 3", postal_code="45355")
    fourth = make_location(rhein, name="D", street="Marktstr. 3", postal_code="45355")
    mapped(api, "JOB-2", customer={"externalId": "CUST-1"}, location=PLACE)
    assert set(review("location").candidates) == {third.pk, fourth.pk}
    assert {first.pk, second.pk}.isdisjoint(review("location").candidates)


def test_an_undone_decision_is_not_remembered(api, rhein, reviewer):
    mapped(api, customer=UNKNOWN)
    dismiss_review(review(), by=reviewer)
    undo_review(review(status="dismissed"), by=reviewer)
    mapped(api, "JOB-2", customer=UNKNOWN)
    assert open_count() == 1


# The ground of a decision has changed.


def test_a_decision_whose_record_was_deleted_is_asked_again_with_the_reason(api, rhein, reviewer):
    mapped(api, customer=UNKNOWN)
    link_review(review(), record_id=rhein.pk, by=reviewer)
    Target.objects.update(customer=None)  # a record with jobs cannot be deleted on its page
    Customer.objects.filter(pk=rhein.pk).delete()
    mapped(api, "JOB-2", customer=UNKNOWN)
    assert (review().external_id, review().ground) == ("X-1", "record_deleted")


def test_a_decision_on_another_name_is_asked_again_with_the_reason(api, rhein, reviewer):
    mapped(api, customer=UNKNOWN)
    link_review(review(), record_id=rhein.pk, by=reviewer)
    mapping = mapped(api, "JOB-2", customer=UNKNOWN | {"name": "Zoo Quedlinburg"})
    assert (review().external_id, review().ground) == ("X-1", "name_changed")
    assert mapping["customerId"] == rhein.pk  # the link by ID stands until staff says otherwise


def test_a_dismissal_of_another_name_is_asked_again_with_the_reason(api, rhein, reviewer):
    mapped(api, customer=UNKNOWN)
    dismiss_review(review(), by=reviewer)
    mapped(api, "JOB-2", customer=UNKNOWN | {"name": "Zoo Quedlinburg"})
    assert review().ground == "name_changed"


def test_a_decision_that_is_confirmed_under_the_new_name_is_asked_no_more(api, rhein, reviewer):
    mapped(api, customer=UNKNOWN)
    link_review(review(), record_id=rhein.pk, by=reviewer)
    another = UNKNOWN | {"name": "Zoo Quedlinburg"}
    mapped(api, "JOB-2", customer=another)
    link_review(review(), record_id=rhein.pk, by=reviewer)
    mapped(api, "JOB-3", customer=another)
    assert open_count() == 0


def test_a_record_that_staff_renamed_is_no_other_ground(api, rhein, reviewer):
    """What counts is what came in when it was decided, not what the record is called by now."""
    mapped(api, customer=UNKNOWN)
    link_review(review(), record_id=rhein.pk, by=reviewer)
    Customer.objects.filter(pk=rhein.pk).update(name="Zoo Quedlinburg", name_key="zoo quedlinburg")
    mapped(api, "JOB-2", customer=UNKNOWN)
    assert open_count() == 0
    assert ExternalReference.objects.get(external_id="X-1").customer == rhein
