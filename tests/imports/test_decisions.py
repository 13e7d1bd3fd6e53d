"""Decisions of staff on reviews, with all that they entail (API contract, Customer mapping)."""

import pytest
from django.apps import apps
from django.db import transaction

from customers.matching.writing import Overtaken, write
from customers.models import Contact, Customer, ExternalReference, Location, MappingReview
from customers.references import remove_reference
from customers.reviews import AlreadyDecided, DecisionRefused
from imports import relinking
from imports.decisions import create_from_review, dismiss_review, link_review, undo_review, waiting_targets
from imports.models import ImportItem, Target
from tests.factories import make_contact, make_customer, make_location, make_reference, make_user
from tests.imports.calls import codes, imported, imported_batch, kept, mapped, target
from webhooks.events.models import Event

pytestmark = pytest.mark.django_db

UNKNOWN = {"externalId": "X-1", "name": "Rhein-Ruhr Medical", "customerNumber": "N-1"}
PLACE = {"street": "Marktstr. 3", "postalCode": "45355", "city": "Essen"}


@pytest.fixture
def rhein(tenant):
    customer = make_customer(tenant, number="RRM-001")
    make_reference(customer, "CUST-1")
    return customer


@pytest.fixture
def berg(tenant):
    return make_customer(tenant, name="Berg Retail Group", number="BR-019")


def review(entity="customer", status="open"):
    return MappingReview.objects.get(entity_type=entity, status=status)


def updates():
    """Whom `target.updated` told of, in order."""
    return [
        event.facts["target"]["externalIds"]["erp"]
        for event in Event.objects.filter(type="target.updated").order_by("pk")
    ]


def open_count():
    return MappingReview.objects.filter(status="open").count()


# Link.


def test_linking_links_every_target_of_the_reference_at_once(api, rhein, reviewer):
    for number in range(3):
        mapped(api, f"JOB-{number}", customer=UNKNOWN)
    mapped(api, "OTHER", customer={"externalId": "X-2"})
    found = MappingReview.objects.get(external_id="X-1")
    assert waiting_targets(found) == 3
    assert link_review(found, record_id=rhein.pk, by=reviewer, note="Asked them.") == 3
    assert set(Target.objects.filter(customer=rhein).values_list("external_id", flat=True)) == {
        *("JOB-0", "JOB-1", "JOB-2"),
    }
    mapping = kept(api, "JOB-1")["customerMapping"]
    assert (mapping["status"], mapping["customerId"], mapping["warnings"]) == ("Mapped", rhein.pk, [])
    assert mapping["matchedBy"]["customer"] == "manual"


def test_an_import_that_is_first_only_delays_a_decision(api, rhein, reviewer, monkeypatch):
    mapped(api, customer=UNKNOWN)
    rounds = []

    def overtaken_once(*args, **options):
        rounds.append(write(*args, **options))
        if len(rounds) == 1:
            raise Overtaken

    monkeypatch.setattr(relinking, "write", overtaken_once)
    assert link_review(review(), record_id=rhein.pk, by=reviewer) == 1
    assert len(rounds) == 2
    assert Target.objects.get().customer == rhein


def test_a_decision_is_kept_with_who_when_and_why(api, rhein, reviewer):
    mapped(api, customer=UNKNOWN)
    link_review(review(), record_id=rhein.pk, by=reviewer, note="Asked them.")
    decided = MappingReview.objects.get()
    assert (decided.status, decided.decided_by, decided.note) == ("linked", reviewer, "Asked them.")
    assert decided.decided_at is not None
    assert decided.customer == rhein


def test_the_items_of_the_import_log_show_what_became_of_them(api, rhein, reviewer):
    item = imported(api, customer=UNKNOWN)
    link_review(review(), record_id=rhein.pk, by=reviewer)
    row = ImportItem.objects.get(pk=item["itemId"])
    assert (row.mapping_status, row.warning_codes) == ("Mapped", [])
    shown = api.get(f"/import-jobs/{row.job_id}/items").json()["items"][0]["customerMapping"]
    assert (shown["status"], shown["customerId"]) == ("Mapped", rhein.pk)


def test_items_with_another_reference_stay_as_they_were(api, rhein, reviewer):
    first = imported(api, customer={"externalId": "X-2", "name": "Other"})
    imported(api, customer=UNKNOWN)
    link_review(MappingReview.objects.get(external_id="X-1"), record_id=rhein.pk, by=reviewer)
    assert ImportItem.objects.get(pk=first["itemId"]).mapping_status == "NotFound"


def test_each_linked_target_is_told_of_once(api, rhein, reviewer):
    for number in range(3):
        mapped(api, f"JOB-{number}", customer=UNKNOWN)
    link_review(review(), record_id=rhein.pk, by=reviewer)
    assert sorted(updates()) == ["JOB-0", "JOB-1", "JOB-2"]
    facts = Event.objects.filter(type="target.updated").first().facts
    assert facts["customer"]["id"] == rhein.pk
    assert facts["customer"]["externalIds"]["erp"] == "X-1"


def test_the_next_import_maps_by_itself(api, rhein, reviewer):
    mapped(api, customer=UNKNOWN)
    link_review(review(), record_id=rhein.pk, by=reviewer)
    mapping = mapped(api, "JOB-2", customer={"externalId": "X-1"})
    assert (mapping["status"], mapping["customerId"]) == ("Mapped", rhein.pk)
    assert mapping["matchedBy"]["customer"] == "manual"
    assert open_count() == 0


def test_linking_a_customer_lets_its_locations_and_contacts_be_found(api, rhein, reviewer):
    place = make_location(rhein, street="Marktstr. 3", postal_code="45355")
    person = make_contact(rhein, email="eva@praxis.example")
    mapped(api, customer=UNKNOWN, location=PLACE, contact={"email": "eva@praxis.example"})
    assert open_count() == 3
    link_review(review(), record_id=rhein.pk, by=reviewer)
    mapping = kept(api)["customerMapping"]
    assert (mapping["status"], mapping["customerLocationId"], mapping["customerContactId"]) == (
        *("Mapped", place.pk, person.pk),
    )
    assert mapping["matchedBy"] == {"customer": "manual", "location": "address", "contact": "email"}
    mapped(api, "JOB-2", customer=UNKNOWN, location=PLACE, contact={"email": "eva@praxis.example"})
    assert mapping["warnings"] == [] or codes(mapping) == ["missing_coordinates"]


def test_a_location_and_a_contact_are_linked_by_decision(api, rhein, reviewer):
    place, person = make_location(rhein, latitude=51.0, longitude=7.0), make_contact(rhein)
    mapped(
        api,
        customer={"externalId": "CUST-1"},
        location={"externalId": "L-1", "city": "Ulm"},
        contact={"externalId": "P-1"},
    )
    link_review(review("location"), record_id=place.pk, by=reviewer)
    assert kept(api)["customerMapping"]["status"] == "Partial"
    link_review(review("contact"), record_id=person.pk, by=reviewer)
    mapping = kept(api)["customerMapping"]
    assert (mapping["status"], mapping["customerLocationId"], mapping["customerContactId"]) == (
        *("Mapped", place.pk, person.pk),
    )


def test_a_target_whose_customer_changed_since_is_left_alone(api, rhein, berg, reviewer):
    mapped(api, customer=UNKNOWN)
    mapped(api, customer={"customerNumber": "BR-019"})
    link_review(review(), record_id=rhein.pk, by=reviewer)
    assert Target.objects.get().customer == berg
    assert updates().count("JOB-1") == 1  # that of the second import


def test_another_tenants_record_cannot_be_linked(api, reviewer, other_tenant):
    mapped(api, customer=UNKNOWN)
    with pytest.raises(DecisionRefused):
        link_review(review(), record_id=make_customer(other_tenant).pk, by=reviewer)
    assert review().status == "open"


def test_targets_of_another_source_system_are_not_linked(api, api_with, rhein, reviewer):
    mapped(api, customer=UNKNOWN)
    mapped(api_with(source_system="crm"), customer=UNKNOWN)
    link_review(MappingReview.objects.get(source_system="erp"), record_id=rhein.pk, by=reviewer)
    assert Target.objects.get(source_system="crm").customer is None
    assert MappingReview.objects.get(source_system="crm").status == "open"


def test_a_second_decision_is_told_who_was_first(api, rhein, reviewer, owner):
    mapped(api, customer=UNKNOWN)
    seen_by_both = review()
    link_review(review(), record_id=rhein.pk, by=reviewer)
    with pytest.raises(AlreadyDecided, match="reviewer"):
        dismiss_review(seen_by_both, by=owner)
    assert MappingReview.objects.get().status == "linked"


# Create.


def test_creating_makes_a_record_of_what_came_in_and_links_its_targets(api, reviewer):
    for number in range(2):
        mapped(api, f"JOB-{number}", customer=UNKNOWN)
    assert create_from_review(review(), by=reviewer) == 2
    made = Customer.objects.get()
    assert (made.name, made.number) == ("Rhein-Ruhr Medical", "N-1")
    assert set(Target.objects.values_list("customer", flat=True)) == {made.pk}
    assert MappingReview.objects.get().status == "created"
    assert mapped(api, "JOB-9", customer=UNKNOWN)["customerId"] == made.pk


def test_a_customer_then_its_location_and_contact_are_created(api, reviewer):
    mapped(api, customer=UNKNOWN, location=PLACE, contact={"displayName": "Eva Groß"})
    create_from_review(review("customer"), by=reviewer)
    create_from_review(review("location"), by=reviewer)
    create_from_review(review("contact"), by=reviewer)
    mapping = kept(api)["customerMapping"]
    assert mapping["status"] == "Mapped"
    customer = Customer.objects.get()
    assert Location.objects.get(pk=mapping["customerLocationId"]).customer == customer
    assert Contact.objects.get(pk=mapping["customerContactId"]).customer == customer
    assert open_count() == 0
    again = mapped(api, "JOB-2", customer=UNKNOWN, location=PLACE, contact={"displayName": "Eva Groß"})
    assert again["status"] == "Mapped"
    assert open_count() == 0


@pytest.mark.parametrize(
    ("context", "entity", "reason"),
    [
        ({"customer": {"externalId": "X-1", "customerNumber": "N-1"}}, "customer", "name"),
        ({"customer": UNKNOWN, "location": PLACE}, "location", "customer"),
        ({"customer": {"externalId": "CUST-1"}, "location": {"externalId": "L"}}, "location", "little"),
    ],
    ids=["no name", "no customer yet", "too little"],
)
def test_what_cannot_be_created_is_refused_with_the_reason(context, entity, reason, api, rhein, reviewer):
    mapped(api, **context)
    with pytest.raises(DecisionRefused, match=reason):
        create_from_review(review(entity), by=reviewer)
    assert review(entity).status == "open"


def test_a_customer_of_a_taken_number_is_not_created(api, rhein, reviewer):
    mapped(api, customer={"externalId": "X-1", "customerNumber": "RRM-001", "name": "Zoo Quedlinburg"})
    with pytest.raises(DecisionRefused, match="number"):
        create_from_review(review(), by=reviewer)


# Dismiss, and what is remembered.


def test_a_dismissed_question_is_not_asked_again(api, reviewer):
    mapped(api, customer=UNKNOWN)
    dismiss_review(review(), by=reviewer)
    assert mapped(api, "JOB-2", customer=UNKNOWN)["status"] == "NotFound"
    assert mapped(api, customer=UNKNOWN)["status"] == "NotFound"
    assert open_count() == 0


def test_a_dismissed_candidate_is_never_proposed_again_for_that_external_id(api, rhein, reviewer):
    given = {"externalId": "X-1", "customerNumber": "RRM-001", "name": "Zoo Quedlinburg"}
    mapped(api, customer=given)
    dismiss_review(review(), by=reviewer)
    mapping = mapped(api, customer=given)
    assert (mapping["status"], mapping["customerId"]) == ("NotFound", None)
    assert open_count() == 0
    other = mapped(api, "JOB-2", customer=given | {"externalId": "X-2"})
    assert other["status"] == "ManualReview"
    assert review().candidates == [rhein.pk]


def test_a_dismissed_number_neither_links_nor_creates_a_second_customer_of_it(api_with, rhein, reviewer):
    api = api_with(auto_create_customers=True)
    given = {"externalId": "X-1", "customerNumber": "RRM-001", "name": "Zoo Quedlinburg"}
    mapped(api, customer=given)
    dismiss_review(review(), by=reviewer)
    item = imported(api, "JOB-2", customer=given)
    assert item["status"] == "Imported"
    assert item["customerMapping"]["customerId"] is None
    assert Customer.objects.count() == 1
    assert open_count() == 0


def test_a_new_candidate_is_a_new_question(api, rhein, berg, reviewer):
    mapped(api, customer={"externalId": "X-1", "customerNumber": "RRM-001", "name": "Zoo Quedlinburg"})
    dismiss_review(review(), by=reviewer)
    mapped(api, customer={"externalId": "X-1", "customerNumber": "BR-019", "name": "Zoo Quedlinburg"})
    assert review().candidates == [berg.pk]


def test_a_dismissed_location_is_not_linked_by_its_address(api, rhein, reviewer):
    for name in ("Front", "Side"):
        make_location(rhein, name=name, street="Marktstr. 3", postal_code="45355")
    context = {"customer": {"externalId": "CUST-1"}, "location": PLACE | {"externalId": "L-1"}}
    assert mapped(api, **context)["status"] == "Ambiguous"
    dismiss_review(review("location"), by=reviewer)
    assert mapped(api, "JOB-2", **context)["status"] == "Partial"
    assert open_count() == 0


# Conflicts.


@pytest.fixture
def conflict(api, rhein, berg):
    mapped(api, customer={"externalId": "CUST-1", "customerNumber": "BR-019"})
    return review()


def test_a_conflict_that_is_kept_is_none_any_more(conflict, api, rhein, reviewer):
    link_review(conflict, record_id=rhein.pk, by=reviewer)
    assert kept(api)["customerMapping"]["status"] == "Mapped"
    mapping = mapped(api, "JOB-2", customer={"externalId": "CUST-1", "customerNumber": "BR-019"})
    assert (mapping["status"], mapping["customerId"]) == ("Mapped", rhein.pk)
    assert open_count() == 0


def test_a_conflict_that_is_kept_changes_neither_number(conflict, api_with, api, rhein, berg, reviewer):
    link_review(conflict, record_id=rhein.pk, by=reviewer)
    api = api_with(source_system="erp", name="Second client", update_policy="overwrite")
    mapped(api, "JOB-2", customer={"externalId": "CUST-1", "customerNumber": "BR-019"})
    assert set(Customer.objects.values_list("pk", "number")) == {(rhein.pk, "RRM-001"), (berg.pk, "BR-019")}


def test_a_conflict_that_is_moved_leads_to_the_other_from_then_on(conflict, api, berg, reviewer):
    assert link_review(conflict, record_id=berg.pk, by=reviewer) == 1
    mapping = kept(api)["customerMapping"]
    assert (mapping["status"], mapping["customerId"]) == ("Mapped", berg.pk)
    assert ExternalReference.objects.get(external_id="CUST-1").customer == berg
    assert mapped(api, "JOB-2", customer={"externalId": "CUST-1"})["customerId"] == berg.pk
    assert open_count() == 0


def test_a_conflict_that_is_dismissed_stays_where_it_is(conflict, api, rhein, reviewer):
    dismiss_review(conflict, by=reviewer)
    mapping = mapped(api, "JOB-2", customer={"externalId": "CUST-1", "customerNumber": "BR-019"})
    assert (mapping["status"], mapping["customerId"]) == ("Mapped", rhein.pk)
    assert open_count() == 0


@pytest.mark.parametrize("decide", ["keep", "dismiss"])
def test_a_location_of_another_customer_is_asked_about_once(decide, api, rhein, berg, reviewer):
    place = make_location(rhein)
    make_reference(place, "LOC-1")
    context = {"customer": {"customerNumber": "BR-019"}, "location": {"externalId": "LOC-1"}}
    mapped(api, **context)
    if decide == "keep":
        link_review(review("location"), record_id=place.pk, by=reviewer)
    else:
        dismiss_review(review("location"), by=reviewer)
    mapping = mapped(api, "JOB-2", **context)
    assert mapping["customerLocationId"] is None
    assert open_count() == 0


# Undo.


def test_undo_takes_the_links_back_and_asks_again(api, rhein, reviewer):
    mapped(api, customer=UNKNOWN)
    link_review(review(), record_id=rhein.pk, by=reviewer)
    assert undo_review(review(status="linked"), by=reviewer) == 1
    assert Target.objects.get().customer is None
    assert kept(api)["customerMapping"]["status"] == "NotFound"
    assert not ExternalReference.objects.filter(external_id="X-1").exists()
    assert review().external_id == "X-1"
    assert updates() == ["JOB-1", "JOB-1"]


def test_undo_of_a_moved_conflict_puts_the_reference_back(conflict, api, rhein, berg, reviewer):
    link_review(conflict, record_id=berg.pk, by=reviewer)
    undo_review(review(status="linked"), by=reviewer)
    reference = ExternalReference.objects.get(external_id="CUST-1")
    assert (reference.customer, reference.origin) == (rhein, "entered")
    mapping = kept(api)["customerMapping"]
    assert (mapping["status"], mapping["customerId"]) == ("Conflict", rhein.pk)
    assert open_count() == 1


def test_undo_of_a_dismissal_proposes_the_candidate_again(api, rhein, reviewer):
    given = {"externalId": "X-1", "customerNumber": "RRM-001", "name": "Zoo Quedlinburg"}
    mapped(api, customer=given)
    dismiss_review(review(), by=reviewer)
    undo_review(review(status="dismissed"), by=reviewer)
    assert review().candidates == [rhein.pk]
    assert mapped(api, "JOB-2", customer=given)["status"] == "ManualReview"
    assert open_count() == 1


def test_undo_of_a_creation_removes_what_nothing_else_uses(api, reviewer):
    mapped(api, customer=UNKNOWN)
    create_from_review(review(), by=reviewer)
    undo_review(review(status="created"), by=reviewer)
    assert not Customer.objects.exists()
    assert Target.objects.get().customer is None
    assert open_count() == 1


def test_undo_of_a_creation_takes_along_what_was_linked_to_it_by_its_number(api, reviewer):
    """Without the record there is nothing that the number could lead to: the other ID is asked about, too."""
    mapped(api, customer=UNKNOWN)
    create_from_review(review(), by=reviewer)
    mapped(api, "JOB-2", customer={"externalId": "OTHER", "customerNumber": "N-1"})
    undo_review(review(status="created"), by=reviewer)
    assert not Customer.objects.exists()
    assert not ExternalReference.objects.exists()
    assert kept(api, "JOB-2")["customerMapping"]["status"] == "NotFound"
    assert open_count() == 2


def test_decisions_are_undone_in_reverse_order(api, rhein, berg, reviewer):
    mapped(api, customer=UNKNOWN)
    link_review(review(), record_id=rhein.pk, by=reviewer)
    first = review(status="linked")
    undo_review(first, by=reviewer)
    link_review(review(), record_id=berg.pk, by=reviewer)
    second = review(status="linked")
    assert Target.objects.get().customer == berg
    undo_review(second, by=reviewer)
    assert Target.objects.get().customer is None
    assert open_count() == 1


def test_decisions_on_two_references_are_undone_in_any_order(api, rhein, berg, reviewer):
    mapped(api, "JOB-1", customer=UNKNOWN)
    mapped(api, "JOB-2", customer={"externalId": "X-2", "name": "Other"})
    for external_id, record in (("X-1", rhein), ("X-2", berg)):
        link_review(
            MappingReview.objects.get(external_id=external_id, status="open"),
            record_id=record.pk,
            by=reviewer,
        )
    undo_review(MappingReview.objects.get(external_id="X-1", status="linked"), by=reviewer)
    assert Target.objects.get(external_id="JOB-2").customer == berg
    undo_review(MappingReview.objects.get(external_id="X-2", status="linked"), by=reviewer)
    assert not Target.objects.exclude(customer=None).exists()


def test_undo_is_refused_where_a_newer_decision_rests_on_the_reference(api, rhein, berg, reviewer):
    mapped(api, customer=UNKNOWN)
    link_review(review(), record_id=rhein.pk, by=reviewer)
    first = review(status="linked")
    mapped(api, customer=UNKNOWN | {"customerNumber": "BR-019"})
    link_review(review(), record_id=berg.pk, by=reviewer)
    with pytest.raises(DecisionRefused, match="newer decision"):
        undo_review(first, by=reviewer)
    assert Target.objects.get().customer == berg


def test_undo_is_refused_where_the_registry_was_changed_since(api, rhein, berg, reviewer):
    mapped(api, customer=UNKNOWN)
    link_review(review(), record_id=rhein.pk, by=reviewer)
    ExternalReference.objects.filter(external_id="X-1").update(customer=berg)
    with pytest.raises(DecisionRefused, match="registry"):
        undo_review(review(status="linked"), by=reviewer)


def test_what_was_undone_cannot_be_undone_again(api, rhein, reviewer):
    mapped(api, customer=UNKNOWN)
    link_review(review(), record_id=rhein.pk, by=reviewer)
    stale = review(status="linked")
    undo_review(review(status="linked"), by=reviewer)
    with pytest.raises(DecisionRefused):
        undo_review(stale, by=reviewer)


def test_an_import_after_undo_asks_the_same_question(api, rhein, reviewer):
    mapped(api, customer=UNKNOWN)
    link_review(review(), record_id=rhein.pk, by=reviewer)
    undo_review(review(status="linked"), by=reviewer)
    assert mapped(api, "JOB-2", customer=UNKNOWN)["status"] == "NotFound"
    assert open_count() == 1


# Who did it.


def test_the_history_of_the_registry_names_who_decided(api, rhein, reviewer):
    mapped(api, customer=UNKNOWN)
    decided = review()
    link_review(decided, record_id=rhein.pk, by=reviewer)
    row = apps.get_model("customers", "ExternalReferenceEvent").objects.latest("pgh_id")
    assert row.external_id == "X-1"
    metadata = row.pgh_context
    assert (metadata["user"], metadata["reason"]) == (reviewer.pk, f"link of review {decided.pk}")


def test_many_targets_are_linked_at_once(api, rhein, reviewer):
    imported_batch(api, [target(f"JOB-{n}", customer=UNKNOWN) for n in range(1200)])
    assert link_review(review(), record_id=rhein.pk, by=reviewer) == 1200
    assert Target.objects.filter(customer=rhein).count() == 1200
    assert len(set(updates())) == len(updates()) == 1200


def test_a_decision_by_the_client_that_is_gone_follows_another_of_its_source_system(
    api, api_with, rhein, reviewer, tenant
):
    mapped(api_with(name="Second", source_system="erp"), customer=UNKNOWN)
    MappingReview.objects.update(client=None)
    assert link_review(review(), record_id=rhein.pk, by=make_user("helper", tenant, "owner")) == 1


def test_a_decision_on_a_location_that_came_later_leaves_the_customer_alone(api_with, reviewer):
    """The customer was named without an ID before the location came: it is still that customer."""
    api = api_with(auto_create_customers=True)
    customer_id = mapped(api, customer={"name": "Nameless"})["customerId"]
    mapped(api, location={"externalId": "L-9", "city": "Ulm"})
    create_from_review(review("location"), by=reviewer)
    assert Customer.objects.count() == 1
    shown = kept(api)["customerMapping"]
    assert (shown["status"], shown["customerId"]) == ("Mapped", customer_id) or shown["status"] == "Created"
    assert Location.objects.get().customer_id == customer_id
    assert Target.objects.get().location == Location.objects.get()


# Questions that nothing asks any more.


def test_undo_takes_back_the_questions_that_the_decision_raised(api, rhein, berg, reviewer):
    """Linking the conflict to the other customer makes conflicts of location and contact; undo ends them."""
    location = make_location(rhein, city="Essen")
    make_reference(location, "LOC-1")
    place = {"externalId": "LOC-1"}
    customer = {"externalId": "CUST-1", "customerNumber": berg.number}
    assert mapped(api, customer=customer, location=place)["status"] == "Conflict"
    link_review(review(), record_id=berg.pk, by=reviewer)
    assert review("location").kind == "Conflict"
    undo_review(review(status="linked"), by=reviewer)
    assert [(r.entity_type, r.kind) for r in MappingReview.objects.filter(status="open")] == [
        ("customer", "Conflict")
    ]


def test_a_question_ends_with_the_import_that_corrects_it(api, rhein, berg):
    make_reference(berg, "CUST-2")
    make_reference(make_location(rhein, city="Essen"), "LOC-1")
    mapped(api, customer={"externalId": "CUST-2"}, location={"externalId": "LOC-1"})
    assert review("location").kind == "Conflict"
    assert (
        mapped(api, customer={"externalId": "CUST-1"}, location={"externalId": "LOC-1"})["status"] == "Mapped"
    )
    assert open_count() == 0


def test_a_question_stays_while_another_target_waits_for_it(api, rhein, berg):
    make_reference(berg, "CUST-2")
    make_reference(make_location(rhein, city="Essen"), "LOC-1")
    mapped(api, customer={"externalId": "CUST-2"}, location={"externalId": "LOC-1"})
    mapped(api, "JOB-2", customer={"externalId": "CUST-1"}, location={"externalId": "LOC-1"})
    assert open_count() == 1


def test_a_reference_that_staff_removed_is_not_stored_again_by_the_rule(api, rhein, reviewer):
    customer = {"externalId": "X-9", "customerNumber": "RRM-001"}
    assert mapped(api, customer=customer)["matchedBy"]["customer"] == "customerNumber"
    with transaction.atomic():
        remove_reference(ExternalReference.objects.get(external_id="X-9"), by=reviewer)
    assert kept(api)["customerMapping"]["customerId"] is None
    assert mapped(api, customer=customer)["status"] == "NotFound"
    assert not ExternalReference.objects.filter(external_id="X-9").exists()


def test_a_decision_maps_each_target_by_the_rules_of_its_own_client(api, api_with, rhein, reviewer):
    """The one client creates locations, the other does not; one decision on the customer of both."""
    creating = api_with(name="Second", source_system="erp", auto_create_locations=True)
    place = {"externalId": "L-1", "city": "Essen"}
    mapped(api, customer=UNKNOWN | {"customerNumber": None}, location=place | {"externalId": "L-2"})
    mapped(creating, "JOB-2", customer=UNKNOWN | {"customerNumber": None}, location=place)
    clients = {t.external_id: t.client_id for t in Target.objects.all()}
    link_review(review(), record_id=rhein.pk, by=reviewer)
    assert {t.external_id: t.location is not None for t in Target.objects.all()} == {
        "JOB-1": False,
        "JOB-2": True,
    }
    assert {t.external_id: t.client_id for t in Target.objects.all()} == clients
