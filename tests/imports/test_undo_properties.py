"""Whatever is imported, decided and undone: the end is that of a replay without what was undone.

Two tenants of one registry. One lives through a random sequence of imports, decisions and undos; the other through
the same sequence without the decisions that were undone. Both are then told by names, since their ids differ.
"""

import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.consequences import MODELS
from customers.matching.context import Key
from customers.models import (
    Contact,
    Customer,
    Dismissal,
    ExternalReference,
    Location,
    MappingReview,
)
from customers.reviews import DECIDED, DecisionRefused
from imports.decisions import create_from_review, dismiss_review, link_review, undo_review
from imports.mapping import ENTITIES
from imports.models import Target
from imports.relinking import relink
from ordinavo_connect.clients.models import Tenant, User
from tests.api_caller import ApiCaller
from tests.factories import (
    make_client,
    make_contact,
    make_customer,
    make_key,
    make_location,
    make_reference,
    make_user,
)
from tests.imports.calls import imported

pytestmark = pytest.mark.django_db

# More with `UNDO_EXAMPLES=2000`.
EXAMPLES = int(os.environ.get("UNDO_EXAMPLES", "15"))

CUSTOMERS = st.sampled_from(
    [
        None,
        {"externalId": "C-1"},
        {"externalId": "C-1", "customerNumber": "BR-1"},
        {"externalId": "C-1", "phone": "0201 11"},
        {"externalId": "X-1", "name": "Rhein Medizin", "phone": "0201 22"},
        {"externalId": "X-1", "name": "Rhein Medizin", "customerNumber": "BR-1"},
        {"externalId": "X-2", "name": "Zoo Quedlinburg", "customerNumber": "RM-1", "type": "zoo"},
        {"externalId": "X-3", "name": "Neumann Bau", "customerNumber": "N-3"},
        {"externalId": "X-4", "name": "Neumann Bau", "customerNumber": "N-3", "phone": "0201 33"},
        {"name": "Neumann Bau"},
        {"customerNumber": "N-3"},
    ]
)
MARKET = {"street": "Marktstr. 3", "postalCode": "45355", "city": "Essen"}
LOCATIONS = st.sampled_from(
    [
        None,
        None,
        {"externalId": "L-1"},
        {"externalId": "L-2"} | MARKET,
        MARKET,
        {"externalId": "L-3", "street": "Neue Str. 1", "postalCode": "89073", "city": "Ulm"},
        {
            "externalId": "L-4",
            "street": "Hachestr. 12",
            "postalCode": "45127",
            "city": "Essen",
            "name": "Werk",
        },
    ]
)
CONTACTS = st.sampled_from(
    [None, None, {"externalId": "P-1", "email": "anna@example.com"}, {"displayName": "Eva Groß"}]
)
IMPORTS = st.fixed_dictionaries({"customer": CUSTOMERS, "location": LOCATIONS, "contact": CONTACTS}).map(
    lambda context: ("import", {name: given for name, given in context.items() if given is not None})
)
PICK = st.integers(0, 7)
DECISIONS = st.tuples(st.just("decide"), PICK, st.sampled_from(["link", "link", "create", "dismiss"]), PICK)
UNDOS = st.tuples(st.just("undo"), PICK)
STEPS = st.lists(IMPORTS | DECISIONS | UNDOS, min_size=3, max_size=14)
STRATEGIES = (
    *("ExternalIdFirst", "ExternalIdThenCustomerNumber", "ExternalIdThenNameAndAddress", "ManualOnly"),
)
SETTINGS = st.fixed_dictionaries(
    {
        "auto_create_customers": st.booleans(),
        "auto_create_locations": st.booleans(),
        "auto_create_contacts": st.booleans(),
        "update_policy": st.sampled_from(["never", "fillBlanks", "overwrite"]),
        "strategy": st.sampled_from(STRATEGIES),
    }
)


@dataclass
class World:
    """A tenant with its API, and what its staff decided: by number of the decision, the review."""

    tenant: Tenant
    api: ApiCaller
    reviewer: User
    decided: dict[int, MappingReview] = field(default_factory=dict)

    def open_reviews(self) -> list[MappingReview]:
        return list(MappingReview.objects.filter(tenant=self.tenant, status="open").order_by("pk"))


def world_of(tenant: Tenant, client_settings: dict[str, Any]) -> World:
    client = make_client(tenant, rate_limit=100_000, **client_settings)
    rhein = make_customer(tenant, name="Rhein Medical", number="RM-1")
    berg = make_customer(tenant, name="Berg Retail", number="BR-1")
    make_reference(rhein, "C-1")
    make_reference(make_location(rhein, name="Lager"), "L-1")
    for name in ("Front", "Seite"):
        make_location(rhein, name=name, street="Marktstr. 3", postal_code="45355")
    make_location(berg, name="Filiale", street="Marktstr. 3", postal_code="45355")
    make_contact(rhein, email="anna@example.com")
    return World(
        tenant, ApiCaller(make_key(client)), make_user(f"reviewer of {tenant.slug}", tenant, "owner")
    )


# Steps that were taken, in words that hold in both worlds: what was imported; or the number of a decision, the key
# that it was about, the verb and the record by its name.
Taken = tuple[str, Any]


def live(world: World, steps: list[Any]) -> list[Taken]:
    """Live through everything, undos too; returns what is left of it for the replay."""
    taken: dict[int, Taken] = {}
    for number, step in enumerate(steps):
        if step[0] == "import":
            send(world, number, step[1])
            taken[number] = ("import", (number, step[1]))
        elif step[0] == "decide":
            if (choice := choose(world, step)) is not None and decide(world, number, *choice):
                taken[number] = ("decide", (number, *choice))
        elif world.decided:
            undone = sorted(world.decided)[step[1] % len(world.decided)]
            if undo(world, undone):
                del taken[undone]
    return [taken[number] for number in sorted(taken)]


def replay(world: World, taken: list[Taken]) -> None:
    for verb, what in taken:
        if verb == "import":
            send(world, *what)
        else:
            number, key, verb, name, asked = what
            review = open_review(world, key)
            assert review is not None, f"a decision rests on one that was undone: {what}"
            if question_of(review) != asked:
                raise AnotherQuestion
            assert decide(world, number, key, verb, name, asked), f"cannot be decided without: {what}"


def send(world: World, number: int, context: dict[str, Any]) -> None:
    imported(world.api, f"JOB-{number:02}", **context)


def choose(world: World, step: Any) -> tuple[Any, ...] | None:
    """What a decision is about, in words: the key, the verb, the name of the record."""
    waiting = world.open_reviews()
    if not waiting:
        return None
    review = waiting[step[1] % len(waiting)]
    records = list(linkable(world, review))
    if step[2] == "link" and not records:
        return None
    name = told_record(records[step[3] % len(records)]) if step[2] == "link" else None
    return (review.entity_type, review.key_kind, review.external_id), step[2], name, question_of(review)


class AnotherQuestion(Exception):
    """The targets of a reference ask different things, and it is the latest that staff saw: no replay of that."""


def question_of(review: MappingReview) -> Any:
    return review.kind, sorted(told_candidates(review))


def open_review(world: World, key: tuple[str, str, str]) -> MappingReview | None:
    entity, kind, value = key
    return MappingReview.objects.filter(
        tenant=world.tenant, entity_type=entity, key_kind=kind, external_id=value, status="open"
    ).first()


def linkable(world: World, review: MappingReview) -> Any:
    rows = MODELS[review.entity_type].objects.filter(tenant=world.tenant).order_by("pk")
    return rows.filter(customer=review.parent) if review.parent_id else rows


def decide(
    world: World, number: int, key: tuple[str, str, str], verb: str, name: Any, asked: Any = None
) -> bool:
    """Whether the decision could be made."""
    review = open_review(world, key)
    if review is None:
        return False
    try:
        if verb == "create":
            create_from_review(review, by=world.reviewer)
        elif verb == "dismiss":
            dismiss_review(review, by=world.reviewer)
        else:
            record = next((r for r in linkable(world, review) if told_record(r) == name), None)
            if record is None:
                return False
            link_review(review, record_id=record.pk, by=world.reviewer)
    except DecisionRefused:
        return False
    world.decided[number] = MappingReview.objects.get(pk=review.pk)
    return True


def undo(world: World, number: int) -> bool:
    """Whether it was undone; where it was refused, nothing has changed."""
    before = told(world)
    try:
        with transaction.atomic():
            undo_review(MappingReview.objects.get(pk=world.decided[number].pk), by=world.reviewer)
    except DecisionRefused:
        refused = True
    else:
        refused = False
    if refused:
        assert told(world) == before
        return False
    del world.decided[number]
    return True


def settle(world: World) -> None:
    """Map everything again, as its next import would.

    A target that waits is mapped anew when something of it is decided or undone, and then finds what others made known
    meanwhile; the two worlds differ in when that was.
    """
    keys = set()
    for target in Target.objects.filter(tenant=world.tenant):
        for entity in ENTITIES:
            kind, colon, value = getattr(target, f"{entity}_key").partition(":")
            keys |= {Key(entity, kind, value)} if colon else set()
    for _round in range(2):  # the second sees the names and numbers that the first one updated
        relink(
            sorted(keys),
            tenant_id=world.tenant.pk,
            source_system="erp",
            now=datetime.now(UTC),
            reason="settled",
        )


# A world in words.


def told(world: World) -> dict[str, Any]:
    of_tenant = {"tenant": world.tenant}
    return {
        "registry": Counter(
            told_record(record) + told_fields(record)
            for model in MODELS.values()
            for record in model.objects.filter(**of_tenant)
        ),
        "references": {
            (r.entity_type, r.key_kind, r.external_id): (told_record(getattr(r, r.entity_type)), r.origin)
            for r in ExternalReference.objects.filter(**of_tenant)
        },
        "targets": {t.external_id: told_target(t) for t in Target.objects.filter(**of_tenant)},
        "questions": {
            (r.entity_type, r.key_kind, r.external_id): (
                *(r.kind, r.warning.get("code"), sorted(map(str, told_candidates(r)))),
                told_record(r.parent),
            )
            for r in MappingReview.objects.filter(**of_tenant, status="open")
        },
        "decisions": Counter(
            (r.entity_type, r.key_kind, r.external_id, r.status, told_record(getattr(r, r.entity_type)))
            for r in MappingReview.objects.filter(**of_tenant, status__in=DECIDED)
        ),
        "dismissals": Counter(
            (d.entity_type, d.key_kind, d.external_id, told_id(d.entity_type, d.record_id))
            for d in Dismissal.objects.filter(**of_tenant)
        ),
    }


def told_record(record: Any) -> tuple[str, ...]:
    if record is None:
        return ()
    if isinstance(record, Customer):
        return ("customer", record.name, record.number)
    if isinstance(record, Location):
        return ("location", record.customer.name, record.name, record.street, record.city)
    assert isinstance(record, Contact)
    return ("contact", record.customer.name, record.display_name, record.email)


def told_fields(record: Any) -> tuple[str, ...]:
    return tuple(str(getattr(record, name, "")) for name in ("type", "phone", "postal_code", "latitude"))


def told_id(entity: str, record_id: int) -> tuple[str, ...]:
    return told_record(MODELS[entity].objects.filter(pk=record_id).first())


def told_candidates(review: MappingReview) -> list[tuple[str, ...]]:
    return [told_id(review.entity_type, i) for i in review.candidates]


def told_target(target: Target) -> tuple[Any, ...]:
    return (
        target.mapping_status.replace("Created", "Mapped"),
        told_record(target.customer),
        told_record(target.location),
        told_record(target.contact),
        sorted((w["code"], w["entity"]) for w in target.mapping.get("warnings", ())),
    )


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, client_settings=SETTINGS)
def test_the_end_is_that_of_a_replay_without_what_was_undone(tenant, other_tenant, steps, client_settings):
    if client_settings["strategy"] == "ManualOnly":
        client_settings = {n: v for n, v in client_settings.items() if not n.startswith("auto_create")}
    with transaction.atomic():  # the next example finds the registry as it was
        lived, replayed = (world_of(each, client_settings) for each in (tenant, other_tenant))
        compare(lived, replayed, steps)
        transaction.set_rollback(True)


def compare(lived: World, replayed: World, steps: list[Any]) -> None:
    taken = live(lived, steps)
    try:
        replay(replayed, taken)
    except AnotherQuestion:
        return
    settle(lived)
    settle(replayed)
    assert told(lived) == told(replayed)
