"""Candidates by name and address for a chunk of contexts: found by their keys, in three statements for all.

Each context asks with its keys (see `blocks`); each key leads to so many records at most; of those that a context
shares keys with, the ones that share the most, and the rarest, are compared.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from customers.matching.agreement import Agreement, compare
from customers.matching.blocks import customer_keys, hashed, place_keys
from customers.matching.context import Context
from customers.matching.doubts import doubts
from customers.matching.frequency import Frequencies
from customers.matching.identity import NOWHERE, Identity, Place, identity_of, place_of
from customers.matching.policy import Policy
from ordinavo_connect.api.statements import prepared_cursor

if TYPE_CHECKING:
    from customers.matching.snapshot import Record, Snapshot

# A key of more records than this is common; which of them are looked at is chance, and rarer keys find the right one.
MOST_OF_A_KEY = 60
# So many are compared for a context: at 40 microseconds each, a thousand contexts take a third of a second.
MOST_COMPARED = 8
# Those that share much less than the one that shares most are none, but a few are looked at in any case: what shares
# most need not agree best.
LEAST_COMPARED = 3
MUCH_LESS = 0.3
# Of a customer that was found by its name alone, so many places are looked at.
PLACES_OF_A_CUSTOMER = 3

# A customer, and one of its locations or none: their ids, and their records.
Pair = tuple[int, int | None]
Pairing = tuple["Record", "Record | None"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a context asks for."""

    identity: Identity
    place: Place
    keys: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer that it may be, at the place that agrees best.

    Args:
        vetoes: why it may not be linked without a person.
    """

    customer: "Record"
    location: "Record | None"
    agreement: Agreement
    vetoes: tuple[str, ...]

    @property
    def score(self) -> float:
        return self.agreement.score


class Candidates:
    """The candidates of a chunk. New records of the chunk are candidates for its later items."""

    def __init__(self, policy: Policy, frequencies: Frequencies) -> None:
        self.policy = policy
        self.frequencies = frequencies
        self._known: dict[Asked, list[Pairing]] = {}
        self._asked: dict[int, tuple[Context, Asked | None]] = {}
        self._scored: dict[Asked, list[Candidate]] = {}
        self._fresh: dict[int, list[Pairing]] = defaultdict(list)

    def asked(self, context: Context) -> Asked | None:
        """What a context asks for, worked out once."""
        known = self._asked.get(id(context))
        if known is None or known[0] is not context:
            known = self._asked[id(context)] = (context, asked_of(context, self.policy))
        return known[1]

    def of(self, context: Context, dismissed: Iterable[int]) -> list[Candidate]:
        """The candidates of a context, best first; those that staff dismissed are none."""
        asked = self.asked(context)
        if asked is None:
            return []
        found = self._scored_of(asked)
        if fresh := self._fresh_of(asked):
            found = _best(found, [self._compared(asked, *pairing) for pairing in fresh])
        unwanted = set(dismissed)
        return [each for each in found if each.customer.id is None or each.customer.id not in unwanted]

    def _scored_of(self, asked: Asked) -> list[Candidate]:
        """The candidates of the registry, compared once."""
        if asked not in self._scored:
            known = self._known.get(asked, ())
            self._scored[asked] = _best([], [self._compared(asked, *pairing) for pairing in known])
        return self._scored[asked]

    def _fresh_of(self, asked: Asked) -> list["Pairing"]:
        shared: dict[Pairing, int] = defaultdict(int)
        for key in asked.keys:
            for place in self._fresh.get(key, ()):
                shared[place] += 1
        return sorted(shared, key=lambda place: -shared[place])[:MOST_COMPARED]

    def _compared(self, asked: Asked, customer: "Record", location: "Record | None") -> Candidate:
        theirs = identity_of(
            customer.text("name"),
            phones=(customer.text("phone"),),
            emails=(customer.text("email"),),
            region=self.policy.region,
        )
        there = place_of_record(location) if location is not None else NOWHERE
        agreement = compare(asked.identity, asked.place, theirs, there, self.frequencies)
        return Candidate(customer, location, agreement, doubts(asked.identity, theirs, agreement))

    def likely(self, context: Context) -> set["Record"]:
        """The customers that a context may be linked to by name: the best two."""
        return {each.customer for each in self.of(context, ())[:2]}

    def note(self, customer: "Record", location: "Record | None") -> None:
        """Let later items of the chunk find a new record."""
        words = identity_of(customer.text("name"), region=self.policy.region).words
        if location is not None:
            keys = place_keys(words, place_of_record(location))
        else:
            keys = record_keys(customer.values, region=self.policy.region)
        for key in hashed(keys, tenant_id=self.policy.tenant_id):
            # Of a common key the newest are as good as any.
            there = self._fresh[key]
            if (customer, location) not in there:
                there.append((customer, location))
                del there[:-MOST_OF_A_KEY]

    def learn(self, asked: Asked, places: list["Pairing"]) -> None:
        """Note what the registry has for what a context asks."""
        self._known[asked] = places


def _best(known: list[Candidate], more: list[Candidate]) -> list[Candidate]:
    """Each customer once, at the place that agrees best; best first."""
    best: dict[Record, Candidate] = {}
    for each in [*known, *more]:
        other = best.get(each.customer)
        if other is None or each.agreement.bits > other.agreement.bits:
            best[each.customer] = each
    return sorted(best.values(), key=lambda each: (-each.score, -each.agreement.bits, each.customer.id or 0))


def place_of_record(location: "Record") -> Place:
    return place_of(*(location.text(name) for name in ("street", "postal_code", "city", "country")))


def record_keys(values: dict[str, Any], *, region: str) -> list[str]:
    """The keys of a customer's row."""
    identity = identity_of(
        values.get("name") or "",
        phones=(values.get("phone") or "",),
        emails=(values.get("email") or "",),
        region=region,
    )
    return customer_keys(identity)


def asked_of(context: Context, policy: Policy) -> Asked | None:
    """What a context asks for; None where it names no customer."""
    given = context.customer
    if given is None or not given.text("name"):
        return None
    contact = context.contact
    identity = identity_of(
        given.text("name"),
        phones=[given.text("phone")] + ([contact.text("phone")] if contact else []),
        emails=[given.text("email")] + ([contact.text("email")] if contact else []),
        region=(context.location.text("country") if context.location else "") or policy.region,
    )
    location = context.location
    place = NOWHERE
    if location is not None:
        place = place_of(*(location.text(name) for name in ("street", "postal_code", "city", "country")))
    keys = hashed([*customer_keys(identity), *place_keys(identity.words, place)], tenant_id=policy.tenant_id)
    return Asked(identity, place, tuple(dict.fromkeys(keys)))


def read_candidates(
    snapshot: "Snapshot", contexts: Sequence[Context], policy: Policy, found: Candidates
) -> None:
    """Read what the contexts' keys lead to into the snapshot: two statements."""
    asked = [each for context in contexts if (each := found.asked(context)) is not None]
    keys = sorted({key for each in asked for key in each.keys})
    if not keys:
        return
    by_key = _pairs_of(keys, policy)
    wanted = {each: _worth_comparing(each, by_key) for each in asked}
    rows = _rows_of({pair for pairs in wanted.values() for pair in pairs}, policy)
    records = {pair: [snapshot.load_pair(row) for row in there] for pair, there in rows.items()}
    for each, pairs in wanted.items():
        found.learn(each, [place for pair in pairs for place in records.get(pair, ())])


def _pairs_of(keys: list[int], policy: Policy) -> dict[int, list[Pair]]:
    """What each key leads to: one statement."""
    by_key: dict[int, list[Pair]] = defaultdict(list)
    with prepared_cursor() as cursor:
        cursor.execute(
            """
            SELECT asked.k, c.id, NULL::bigint
            FROM unnest(%(keys)s::int[]) AS asked (k)
            CROSS JOIN LATERAL (
                SELECT id FROM customers_customer
                WHERE match_keys @> ARRAY[asked.k] AND tenant_id = %(tenant)s LIMIT %(most)s
            ) AS c
            UNION ALL
            SELECT asked.k, l.customer_id, l.id
            FROM unnest(%(keys)s::int[]) AS asked (k)
            CROSS JOIN LATERAL (
                SELECT id, customer_id FROM customers_location
                WHERE match_keys @> ARRAY[asked.k] AND tenant_id = %(tenant)s LIMIT %(most)s
            ) AS l
            """,
            {"keys": keys, "tenant": policy.tenant_id, "most": MOST_OF_A_KEY},
        )
        for key, customer_id, location_id in cursor.fetchall():
            by_key[key].append((customer_id, location_id))
    return by_key


def _worth_comparing(asked: Asked, by_key: dict[int, list[Pair]]) -> list[Pair]:
    """The pairs that share the most keys with a context, the rarest keys counting most."""
    weights: dict[Pair, float] = defaultdict(float)
    for key in asked.keys:
        there = by_key.get(key, ())
        for pair in there:
            weights[pair] += 1 + 1 / len(there)
    # A customer that is known at a place shares there what it shares anywhere.
    for customer_id in {pair[0] for pair in weights if pair[1] is not None}:
        anywhere = weights.pop((customer_id, None), 0.0)
        if anywhere:
            for pair in [pair for pair in weights if pair[0] == customer_id]:
                weights[pair] += anywhere
    ranked = sorted(weights, key=lambda pair: -weights[pair])[:MOST_COMPARED]
    return [
        pair
        for place, pair in enumerate(ranked)
        if place < LEAST_COMPARED or weights[pair] > MUCH_LESS * weights[ranked[0]]
    ]


def _rows_of(wanted: set[Pair], policy: Policy) -> dict[Pair, list[Sequence[Any]]]:
    """The rows of pairs; of a customer without a place, its first few: one statement."""
    from customers.matching.snapshot import COLUMNS  # the snapshot reads candidates

    customer = ", ".join(f"c.{name}" for name in ("id", *COLUMNS["customer"]))
    location = ", ".join(f"l.{name}" for name in ("id", "customer_id", *COLUMNS["location"]))
    ordered = sorted(wanted, key=lambda pair: (pair[0], pair[1] or 0))
    rows: dict[Pair, list[Sequence[Any]]] = defaultdict(list)
    with prepared_cursor() as cursor:
        cursor.execute(
            f"""
            SELECT asked.location_id, {customer}, {location}
            FROM unnest(%(customers)s::bigint[], %(locations)s::bigint[]) AS asked (customer_id, location_id)
            JOIN customers_customer c ON c.id = asked.customer_id AND c.tenant_id = %(tenant)s
            JOIN customers_location l ON l.id = asked.location_id
            UNION ALL
            SELECT NULL, {customer}, {location}
            FROM unnest(%(nowhere)s::bigint[]) AS asked (customer_id)
            JOIN customers_customer c ON c.id = asked.customer_id AND c.tenant_id = %(tenant)s
            LEFT JOIN LATERAL (
                SELECT * FROM customers_location x WHERE x.customer_id = asked.customer_id
                ORDER BY x.address_key LIMIT %(places)s
            ) AS l ON true
            """,
            {
                "customers": [pair[0] for pair in ordered if pair[1] is not None],
                "locations": [pair[1] for pair in ordered if pair[1] is not None],
                "nowhere": [pair[0] for pair in ordered if pair[1] is None],
                "tenant": policy.tenant_id,
                "places": PLACES_OF_A_CUSTOMER,
            },
        )
        for row in cursor.fetchall():
            rows[row[1], row[0]].append(row[1:])
    return rows
