"""What becomes of a context: a pure decision over facts, with its reasons (API contract, Customer mapping).

A wrong link is worse than a missing one: whatever is not linked safely becomes a warning and a question to staff.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import phonenumbers
from rapidfuzz import fuzz

from customers.matching.agreement import compare_places
from customers.matching.candidates import Candidate
from customers.matching.choice import Scored, choose
from customers.matching.context import Context, Given, Key
from customers.matching.doubts import OTHER_EXTERNAL_ID, OTHER_NUMBER
from customers.matching.explanation import explain_candidates, explain_record
from customers.matching.identity import Place, place_of
from customers.matching.legal_forms import split_legal_form
from customers.matching.policy import Policy
from customers.matching.snapshot import COLUMNS, Memory, Record, Reference, Snapshot
from customers.models import ReviewGround
from customers.normalisation import address_key, city_key, email_key, name_key

# Below this similarity of the normalised names a name is clearly another (API contract, Customer mapping).
OTHER_NAME = 0.5
# A review shows the nearest few; more would not be read.
MAX_CANDIDATES = 5

# The first of these that holds of an entity is the status of the whole.
_KINDS = ("Conflict", "Ambiguous", "ManualReview")


@dataclass(slots=True)
class Verdict:
    """What became of one entity that was given.

    Args:
        record: what it was linked to; None: not linked.
        matched_by: `externalId`, `customerNumber`, `address`, `email`, `location`, `manual`, `created`;
            `nameAndAddress` where names and addresses were compared, or the hash of what was said led to it.
        kind: why staff is asked; None: it is not.
        rule: what decided, in a sentence, for the import log.
        warnings: [{"code", "entity", "field", "message"}].
        candidates: records that it may be, best first.
        remembers: how the reference that is to be stored came about; None: none is.
        asks: whether a review is opened.
        ground: why it is asked again though staff answered before, one of `ReviewGround`; blank: it is not.
        explanation: why it was this one; None: nothing was compared by name, see `explained`.
    """

    entity: str
    key: Key | None
    record: Record | None = None
    matched_by: str | None = None
    kind: str | None = None
    rule: str = ""
    warnings: list[dict[str, str]] = field(default_factory=list)
    candidates: list[Record] = field(default_factory=list)
    creates: bool = False
    remembers: str | None = None
    updates: dict[str, Any] = field(default_factory=dict)
    asks: bool = False
    ground: str = ""
    explanation: dict[str, Any] | None = None

    def warn(self, code: str, message: str, name: str | None = None) -> None:
        self.warnings.append(
            {"code": code, "entity": self.entity, "field": name or self.entity, "message": message}
        )


@dataclass(slots=True)
class Decision:
    """What became of the context of one target.

    A verdict for each entity that was given, and for a customer that a known location led to. `kept` is the
    customer that the target keeps, where none was given.
    """

    context: Context
    kept: Record | None = None
    customer: Verdict | None = None
    location: Verdict | None = None
    contact: Verdict | None = None

    def __iter__(self) -> Iterator[Verdict]:
        return iter([v for v in (self.customer, self.location, self.contact) if v is not None])

    @property
    def owner(self) -> Record | None:
        """The customer that locations and contacts are seen in the light of."""
        return self.customer.record if self.customer else self.kept

    @property
    def status(self) -> str | None:
        """None where nothing was given."""
        given = [v for v in self if v.key is not None]
        return overall_status([(v.kind, v.record is not None, v.matched_by) for v in given])

    @property
    def warnings(self) -> list[dict[str, str]]:
        return [warning for verdict in self for warning in verdict.warnings]


def overall_status(parts: list[tuple[str | None, bool, str | None]]) -> str | None:
    """The status of a target's mapping: the first that holds (API contract, Import).

    Args:
        parts: for each entity that was given: why staff is asked, whether it is linked, and by what.
    """
    if not parts:
        return None
    for kind in _KINDS:
        if any(part[0] == kind for part in parts):
            return kind
    linked = [part for part in parts if part[1]]
    if not linked:
        return "NotFound"
    if len(linked) < len(parts):
        return "Partial"
    return "Created" if any(part[2] == "created" for part in parts) else "Mapped"


def decide(context: Context, facts: Snapshot, policy: Policy, kept: Record | None = None) -> Decision:
    """Decide one context. Nothing is changed: see `apply`.

    Args:
        kept: the customer that the target keeps, where the context gives none.
    """
    decision = Decision(context, kept)
    location_key = context.key("location")
    known_place = facts.references.get(location_key) if location_key else None
    if context.customer is not None:
        decision.customer = _decide_customer(context, context.customer, facts, policy)
    elif kept is None and known_place is not None and _counts(known_place.origin, policy):
        decision.customer = Verdict(
            "customer",
            None,
            record=known_place.record.owner,
            matched_by="location",
            rule="The known location belongs to this customer.",
        )
    owner = decision.owner
    for entity in ("location", "contact"):
        given = getattr(context, entity)
        if given is not None:
            setattr(decision, entity, _decide_child(entity, context, given, owner, facts, policy))
    for verdict in decision:
        _ask_or_not(verdict, context, facts, policy)
        _look_at_phone(verdict, context, policy)
    _look_at_coordinates(decision.location)
    return decision


def _counts(origin: str, policy: Policy) -> bool:
    """With `ManualOnly` only references that staff decided are followed."""
    return origin == "manual" or not policy.only_by_hand


def _matched_by(key: Key, origin: str) -> str:
    if origin == "manual":
        return "manual"
    return "externalId" if key.kind == "id" else "nameAndAddress"


def _decide_customer(context: Context, given: Given, facts: Snapshot, policy: Policy) -> Verdict:
    key = context.key("customer")
    assert key is not None
    verdict = Verdict("customer", key)
    memory = facts.memory.get(key)
    dismissed = memory.dismissed if memory else set()
    number = given.text("number")
    owner_of_number = facts.by_number.get(number) if number else None
    by_number = None if owner_of_number is not None and owner_of_number.id in dismissed else owner_of_number
    reference = facts.references.get(key)
    if reference is not None and _counts(reference.origin, policy):
        _link_by_reference(verdict, given, reference.record, reference.origin, by_number, policy)
        return verdict
    if policy.only_by_hand:
        verdict.candidates = _distinct(reference.record if reference else None, by_number)
        return _left_to_staff(verdict)
    if by_number is not None and policy.by_number:
        return _link_by_number(verdict, given, by_number, facts)
    if policy.by_name and given.text("name"):
        candidates = _candidates_by_name(verdict, context, given, facts, dismissed)
        if _decide_by_name(verdict, context, candidates, policy):
            return verdict
    if "customer" in policy.creates and given.text("name"):
        if owner_of_number is not None:
            # The number is taken: another record of it cannot be, and who it belongs to was not to be asked.
            verdict.candidates = [owner_of_number]
            verdict.kind, verdict.rule = "ManualReview", "The customer number belongs to a record already."
            verdict.warn(
                "manual_review_required",
                "The customer number is taken; staff decides.",
                "customer.customerNumber",
            )
            return verdict
        return _create(verdict, given, None)
    verdict.candidates = verdict.candidates or _distinct(by_number)
    verdict.kind, verdict.rule = "NotFound", "Neither the external ID nor the customer number is known."
    verdict.warn("customer_not_found", "No customer of this external ID or number is known.")
    return verdict


def _candidates_by_name(
    verdict: Verdict, context: Context, given: Given, facts: Snapshot, dismissed: set[int]
) -> list[Candidate]:
    """Customers by name and address, best first, with what more speaks against linking each by itself.

    Another customer number is another customer; and two external IDs of one source system lead to one record by
    number, never by name and address alone.
    """
    number, has_id = given.text("number"), verdict.key is not None and verdict.key.kind == "id"
    found = []
    for each in facts.candidates.of(context, dismissed):
        more: tuple[str, ...] = ()
        if number and each.customer.text("number") not in ("", number):
            more += (OTHER_NUMBER,)
        if has_id and each.customer in facts.named:
            more += (OTHER_EXTERNAL_ID,)
        found.append(replace(each, vetoes=(*each.vetoes, *more)) if more else each)
    return found


def _decide_by_name(verdict: Verdict, context: Context, candidates: list[Candidate], policy: Policy) -> bool:
    """Link, or ask; False where no candidate reaches the threshold for review."""
    key = verdict.key
    assert key is not None
    choice = choose(
        [Scored(each.customer.id or 0, each.score, each.vetoes) for each in candidates],
        link=policy.link_threshold,
        review=policy.review_threshold,
        margin=policy.margin,
    )
    best = candidates[0] if candidates else None
    verdict.rule = choice.rule
    if choice.kind == "manualReview" and best is not None and best.vetoes == (OTHER_EXTERNAL_ID,):
        verdict.rule = "One record fits, but it has another external ID of this source system."
    verdict.explanation = explain_candidates(verdict.rule, context, candidates, policy)
    if choice.kind == "notFound":
        return False
    if choice.kind == "linked" and best is not None:
        verdict.record, verdict.matched_by = best.customer, "nameAndAddress"
        verdict.remembers = "automatic" if key.kind == "id" else None
        return True
    verdict.candidates = [each.customer for each in candidates[:MAX_CANDIDATES]]
    if choice.kind == "ambiguous":
        verdict.kind = "Ambiguous"
        verdict.warn("customer_ambiguous", "Several customers are near what came in; staff decides.")
    else:
        verdict.kind = "ManualReview"
        verdict.warn(
            "manual_review_required",
            "A customer is near what came in, but not surely the same; staff decides.",
        )
    return True


def _link_by_reference(
    verdict: Verdict, given: Given, record: Record, origin: str, by_number: Record | None, policy: Policy
) -> None:
    key = verdict.key
    assert key is not None
    verdict.record, verdict.matched_by = record, _matched_by(key, origin)
    verdict.rule = (
        "The external ID is known." if key.kind == "id" else "The same name and address came before."
    )
    if by_number is not None and by_number is not record:
        verdict.kind = "Conflict"
        verdict.rule = "The external ID leads to this customer, the customer number to another."
        verdict.candidates = [record, by_number]
        verdict.warn(
            "customer_number_conflict",
            "The external ID and the customer number belong to different customers.",
            "customer.customerNumber",
        )
        return
    if _is_another_name(given, record):
        verdict.warn(
            "customer_name_mismatch", "The name differs clearly from the known one.", "customer.name"
        )
    verdict.updates = _updates(given, record, policy)


def _is_decided_on_another(given: Given, verdict: Verdict, facts: Snapshot) -> bool:
    """Whether staff decided on this key when another name came with it, and the one that comes now is not the record's.

    The link stands until they say otherwise; they are asked whether it still is the one.
    """
    memory = facts.memory.get(verdict.key) if verdict.key else None
    if memory is None or not memory.answered or not memory.name:
        return False
    return _are_other_names(given.text("name"), memory.name)


def _link_by_number(verdict: Verdict, given: Given, record: Record, facts: Snapshot) -> Verdict:
    if _is_another_name(given, record):
        verdict.kind, verdict.candidates = "ManualReview", [record]
        verdict.rule = "The customer number is known, but of a clearly different name."
        verdict.warn(
            "customer_name_mismatch",
            "The customer number is known, but of a clearly different name; staff decides.",
            "customer.name",
        )
        return verdict
    verdict.record, verdict.matched_by = record, "customerNumber"
    verdict.rule = "The customer number is known."
    if verdict.key is not None and verdict.key.kind == "id":
        verdict.remembers = "automatic"
        if record in facts.named:
            verdict.warn(
                "external_id_retargeted",
                "The customer is known by another external ID of this source system too.",
                "customer.externalId",
            )
    return verdict


def _decide_child(
    entity: str, context: Context, given: Given, owner: Record | None, facts: Snapshot, policy: Policy
) -> Verdict:
    """A location or a contact, in the light of the customer that was linked or kept."""
    key = context.key(entity)
    assert key is not None
    verdict = Verdict(entity, key)
    reference = facts.references.get(key)
    if reference is not None and _counts(reference.origin, policy):
        record = reference.record
        if owner is not None and record.owner is not owner:
            verdict.kind, verdict.candidates = "Conflict", [record]
            verdict.rule = f"The known {entity} belongs to another customer than the one that was linked."
            verdict.warn(
                f"{entity}_customer_mismatch", f"The {entity} is known, but belongs to another customer."
            )
            return verdict
        verdict.record, verdict.matched_by = record, _matched_by(key, reference.origin)
        verdict.rule = "The external ID is known." if key.kind == "id" else "The same was said before."
        verdict.updates = _updates(given, record, policy)
        return verdict
    if policy.only_by_hand:
        verdict.candidates = _distinct(reference.record if reference else None)
        return _left_to_staff(verdict)
    memory = facts.memory.get(key)
    same, near = (
        _alike(entity, given, owner, facts) if owner is not None and policy.within_customer else ([], [])
    )
    if memory is not None:
        same = [record for record in same if record.id not in memory.dismissed]
        near = [record for record in near if record.id not in memory.dismissed]
    if len(same) == 1:
        return _link_alike(verdict, same[0], facts, by=_matched_child(entity, given, same[0]))
    if len(same) > 1 or (len(near) > 1 and not same):
        verdict.kind, verdict.candidates = "Ambiguous", (same or near)[:MAX_CANDIDATES]
        what = {
            "location": "Several locations of the customer fit.",
            "contact": "Several contacts of the customer fit.",
        }
        verdict.rule = what[entity]
        verdict.warn(f"{entity}_ambiguous", f"{what[entity]} Staff decides.")
        return verdict
    if entity in policy.creates and owner is not None and _says_enough(entity, given):
        return _create(verdict, given, owner)
    verdict.candidates, verdict.kind = near, "NotFound"
    verdict.rule = "The external ID is not known." if owner else "Not known, and no customer was linked."
    verdict.warn(f"{entity}_not_found", f"No {entity} of this external ID is known.")
    return verdict


def _alike(entity: str, given: Given, owner: Record, facts: Snapshot) -> tuple[list[Record], list[Record]]:
    """Records of the customer that agree in what counts, and those that are merely near."""
    if entity == "contact":
        return _same_person(given, owner, facts), []
    address = address_key(given.text("street"), given.text("postal_code"), given.text("city"))
    city = city_key(given.text("city"))
    same = list(facts.locations_at.get((owner, address), ())) if address and city else []
    if not same and facts.policy.by_name:
        same = _same_place(given, owner, facts)
    # With a street that is not known there, the location is a new one or moved: others are not near.
    near = [] if address else list(facts.locations_in.get((owner, city), ()))
    return same, near


def _same_person(given: Given, owner: Record, facts: Snapshot) -> list[Record]:
    """By e-mail; where names are compared and that finds none, by name, unless the e-mail address is another."""
    email = email_key(given.text("email"))
    same = list(facts.contacts_with.get((owner, email), ())) if email else []
    if same or not facts.policy.by_name:
        return same
    name = name_key(given.text("display_name"))
    named = facts.contacts_named.get((owner, name), ()) if name else ()
    return [record for record in named if not (email and email_key(record.text("email")) not in ("", email))]


def _same_place(given: Given, owner: Record, facts: Snapshot) -> list[Record]:
    """Locations of the customer at the same street and house, written otherwise: never one of another street."""
    here = _place(given)
    if not here.street:
        return []
    found = []
    for record in facts.locations_of.get(owner, ()):
        place = compare_places(here, _place(record), facts.candidates.frequencies)
        # Without a number on both sides, the street alone may be long.
        is_same_house = place.is_same_house if here.house or _place(record).house else True
        if place.is_same_region and place.is_same_street and is_same_house:
            found.append(record)
    return found


def _place(side: Given | Record) -> Place:
    return place_of(*(side.text(part) for part in ("street", "postal_code", "city", "country")))


def _matched_child(entity: str, given: Given, record: Record) -> str:
    """By what a location or contact of the customer was found."""
    if entity == "contact":
        email = email_key(given.text("email"))
        return "email" if email and email == email_key(record.text("email")) else "nameAndAddress"
    keys = [
        address_key(side.text("street"), side.text("postal_code"), side.text("city"))
        for side in (given, record)
    ]
    return "address" if keys[0] == keys[1] else "nameAndAddress"


def _link_alike(verdict: Verdict, record: Record, facts: Snapshot, *, by: str) -> Verdict:
    key = verdict.key
    assert key is not None
    if key.kind == "id" and record in facts.named:
        # Two external IDs lead to one record by number, never by address or e-mail alone.
        verdict.kind, verdict.candidates = "ManualReview", [record]
        verdict.rule = "One record fits, but it has another external ID of this source system."
        verdict.warn("manual_review_required", "The external ID is new for what is known; staff decides.")
        return verdict
    verdict.record = record
    verdict.matched_by = by
    verdict.rule = {
        "address": "Street, postal code and city agree.",
        "email": "The e-mail address agrees.",
        "nameAndAddress": "The address agrees, written otherwise."
        if verdict.entity == "location"
        else "The name agrees.",
    }[by]
    if key.kind == "id":
        verdict.remembers = "automatic"
    return verdict


def _left_to_staff(verdict: Verdict) -> Verdict:
    verdict.kind, verdict.rule = "ManualReview", "The client links only what staff linked by hand."
    verdict.warn("manual_review_required", "The client links only by hand; staff decides.")
    return verdict


def _says_enough(entity: str, given: Given) -> bool:
    """Whether a record that people can tell apart can be made of what was given."""
    if entity == "location":
        return any(given.text(name) for name in ("name", "street", "city"))
    return bool(given.text("display_name") or given.text("email"))


def _create(verdict: Verdict, given: Given, owner: Record | None) -> Verdict:
    values: dict[str, Any] = {name: None if name in _NO_TEXT else "" for name in COLUMNS[verdict.entity]}
    values |= given.facts
    verdict.record = Record(verdict.entity, values, owner=owner, is_new=True)
    verdict.creates, verdict.matched_by, verdict.remembers = True, "created", "created"
    verdict.rule = "Not known; created as the client allows."
    return verdict


_NO_TEXT = ("latitude", "longitude", "default_work_minutes")


def _updates(given: Given, record: Record, policy: Policy) -> dict[str, Any]:
    """What the update policy changes on a record that a reference known before led to."""
    if policy.update_policy == "never":
        return {}
    fill_only = policy.update_policy == "fillBlanks"
    return {
        name: value
        for name, value in given.facts.items()
        if value != record.values.get(name) and not (fill_only and record.values.get(name) not in ("", None))
    }


def _is_another_name(given: Given, record: Record) -> bool:
    return _are_other_names(record.text("name"), given.text("name"))


def _are_other_names(one: str, other: str) -> bool:
    """Whether two names clearly differ. A legal form that both have says nothing: half of "X GmbH & Co. KG" is form."""
    ours, theirs = (" ".join(split_legal_form(name_key(name))[0]) for name in (one, other))
    return bool(ours and theirs) and fuzz.token_sort_ratio(ours, theirs) / 100 < OTHER_NAME


def _distinct(*records: Record | None) -> list[Record]:
    return list(dict.fromkeys(record for record in records if record is not None))


def _ask_or_not(verdict: Verdict, context: Context, facts: Snapshot, policy: Policy) -> None:
    """Open a review, unless the client wants none or staff answered already and nothing new came up."""
    if verdict.key is None:
        return
    if verdict.kind is None:
        _ask_about_changed_name(verdict, context, facts)
        return
    if verdict.kind == "NotFound" and not policy.reviews_unknown:
        return
    memory = facts.memory.get(verdict.key)
    if memory is None:
        verdict.asks = True
        return
    linked = verdict.record
    verdict.candidates = [r for r in verdict.candidates if r is linked or r.id not in memory.dismissed]
    new = [r for r in verdict.candidates if r is not linked and r.id != memory.kept]
    if bool(new) or not memory.answered:
        verdict.asks = True
    elif memory.kept is not None and not _stands(memory, facts.references.get(verdict.key)):
        verdict.asks, verdict.ground = True, ReviewGround.RECORD_DELETED
    elif memory.name and _are_other_names(_name(context, verdict.entity), memory.name):
        verdict.asks, verdict.ground = True, ReviewGround.NAME_CHANGED


def _ask_about_changed_name(verdict: Verdict, context: Context, facts: Snapshot) -> None:
    """A link of staff stands; where the name that comes in is clearly another by now, they are asked once more."""
    given: Given | None = getattr(context, verdict.entity)
    if (
        verdict.entity != "customer"
        or verdict.matched_by != "manual"
        or given is None
        or verdict.record is None
    ):
        return
    if _is_another_name(given, verdict.record) and _is_decided_on_another(given, verdict, facts):
        verdict.asks, verdict.ground, verdict.candidates = True, ReviewGround.NAME_CHANGED, [verdict.record]


def _name(context: Context, entity: str) -> str:
    given: Given | None = getattr(context, entity)
    return given.text("name") if given is not None else ""


def _stands(memory: Memory, reference: Reference | None) -> bool:
    """Whether a link still holds: one that somebody removed from the registry since does not."""
    return reference is not None and reference.record.id == memory.kept


def explained(verdict: Verdict, context: Context, policy: Policy) -> dict[str, Any]:
    """Why a verdict on an entity that was given is as it is (API contract, Import)."""
    given: Given = getattr(context, verdict.entity)
    known = None if verdict.creates else verdict.record
    records = _distinct(known, *verdict.candidates)
    return explain_record(verdict.rule, verdict.entity, given, records, policy, is_linked=known is not None)


def _look_at_phone(verdict: Verdict, context: Context, policy: Policy) -> None:
    given: Given | None = getattr(context, verdict.entity)
    if given is None or not (phone := given.text("phone")):
        return
    country = context.location.text("country") if context.location else ""
    if not _is_phone(phone, country or policy.region):
        verdict.warn("invalid_phone", "This is no phone number.", f"{verdict.entity}.phone")


def _look_at_coordinates(verdict: Verdict | None) -> None:
    if verdict is None or verdict.record is None:
        return
    if verdict.record.values.get("latitude") is None and "latitude" not in verdict.updates:
        verdict.warn("missing_coordinates", "The linked location has no coordinates.", "location.latitude")


@lru_cache(maxsize=20_000)
def _is_phone(phone: str, region: str) -> bool:
    try:
        phonenumbers.parse(phone, region)
    except phonenumbers.NumberParseException:
        return False
    return True


@dataclass(slots=True)
class Pending:
    """What the decisions of a chunk want written to the registry.

    Args:
        reviews: by key, what is asked, in which context, and the customer that a new record would belong to.
        unknown: the keys of reviews that led nowhere when the facts were read.
    """

    created: list[Record] = field(default_factory=list)
    updated: dict[tuple[str, int], Record] = field(default_factory=dict)
    references: dict[Key, tuple[Record, str]] = field(default_factory=dict)
    reviews: dict[Key, tuple[Verdict, Context, Record | None]] = field(default_factory=dict)
    unknown: set[Key] = field(default_factory=set)


def ask(decision: Decision, facts: Snapshot, pending: Pending) -> None:
    """Note the questions to staff: one for each key, the latest counts."""
    for verdict in decision:
        if verdict.asks and verdict.key is not None:
            pending.reviews[verdict.key] = (verdict, decision.context, decision.owner)
            if verdict.key not in facts.references:
                pending.unknown.add(verdict.key)


def apply(decision: Decision, facts: Snapshot, pending: Pending) -> None:
    """Let later decisions of the chunk see this one, and note what is to be written."""
    for verdict in decision:
        record, key = verdict.record, verdict.key
        if record is None:
            continue
        if verdict.creates:
            pending.created.append(record)
            facts.add(record)
        if verdict.updates:
            _update(record, verdict.updates, facts, pending)
        if verdict.remembers and key is not None:
            facts.references[key] = Reference(record, verdict.remembers)
            pending.references[key] = (record, verdict.remembers)
            if key.kind == "id":
                facts.named.add(record)


def _update(record: Record, updates: dict[str, Any], facts: Snapshot, pending: "Pending") -> None:
    if (number := updates.get("number")) and number in facts.by_number:
        # A number that an earlier item of the chunk took is not free any more.
        updates = {name: value for name, value in updates.items() if name != "number"}
    if not updates:
        return
    if "number" in updates:
        facts.by_number.pop(record.text("number"), None)
    record.values |= updates
    record.changed |= updates.keys()
    facts.add(record)
    if record.id is not None:
        pending.updated[record.entity, record.id] = record
