"""How far what came in agrees with a customer of the registry, field by field, in bits for and against.

An agreement weighs what it is unlikely by chance (see `frequency`), a disagreement what it is unlikely between two
spellings of one. That two share a place says only that they are neighbours, so a place has a bound; and a street,
its number, its postal code and its city are one fact, not four.
"""

import math
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler

from customers.matching.frequency import Frequencies
from customers.matching.identity import Identity, Place
from customers.matching.names import NameAgreement, compare_names
from customers.matching.people import is_person

# Two words of the names that are each other's place and do not agree; a person's family name may change.
OTHER_WORD, OTHER_WORD_OF_A_PERSON = 5.0, 3.5
# The legal form: named on both sides and the same, or not.
SAME_FORM, OTHER_FORM = 1.0, -6.0
HOUSE, HOUSE_NEAR, OTHER_HOUSE, OTHER_SUFFIX = 4.0, 2.0, -3.0, -3.0
# Of a street that was written as another: its number is the same all the same.
HOUSE_ELSEWHERE = 2.0
OTHER_STREET, OTHER_CITY, OTHER_POSTAL, OTHER_COUNTRY = -4.0, -4.0, -2.5, -3.0
# Postal code and city say nearly the same: of the lesser one this part counts.
SECOND_PART = 0.35
MOST_PLACE = 22.0
SAME_PHONE, NEAR_PHONE, OTHER_PHONE = 12.0, 8.0, -0.5
SAME_EMAIL, SAME_DOMAIN, OTHER_DOMAIN = 12.0, 9.0, -1.0
MOST_CONTACT = 15.0
# The score at which the bits are enough, and what is enough: as many as it takes to tell one of the registry's
# records from the others, and some beyond; in the smallest one still so many.
SAFE = 0.8
BEYOND_CHANCE = 0.0
LEAST_NEEDED = 12.0


@dataclass(frozen=True, slots=True)
class PlaceAgreement:
    """How two places agree.

    Args:
        bits: for it being the same place, negative against.
        most: bits of what can be compared, agreeing with itself.
        is_same_region: postal code or city agree, and nothing there contradicts.
        is_same_street: the streets agree, nearly or wholly.
        is_other_street: both name one, and it is another.
        is_same_house: the house numbers agree wholly; None where one is missing.
        similar: 0 to 1 by field, to be shown: "street", "houseNumber", "postalCode", "city", "country".
    """

    bits: float = 0.0
    most: float = 0.0
    is_same_region: bool = False
    is_same_street: bool = False
    is_other_street: bool = False
    is_same_house: bool | None = None
    similar: dict[str, float] = field(default_factory=dict)


NO_PLACE = PlaceAgreement()


def compare_places(ours: Place, theirs: Place, frequencies: Frequencies) -> PlaceAgreement:
    """Compare two places; what one of them lacks counts neither way."""
    similar: dict[str, float] = {}
    region, region_most, is_same_region = _compare_regions(ours, theirs, frequencies, similar)
    bits, most = region, region_most
    is_same_street = is_other_street = False
    is_same_house: bool | None = None
    if ours.street and theirs.street:
        weight = frequencies.bits("street", ours.street)
        alike = _street_likeness(ours.street, theirs.street)
        similar["street"] = alike
        most += weight
        if alike >= 0.75:
            is_same_street = True
            bits += weight if alike == 1 else max(0.3 * weight, weight * alike - 2)
            house, is_same_house = _compare_houses(ours.house, theirs.house, similar)
            bits += house
        else:
            is_other_street = True
            bits += OTHER_STREET + (HOUSE_ELSEWHERE if ours.house and ours.house == theirs.house else 0)
        most += HOUSE if ours.house and theirs.house else 0
    if ours.country and theirs.country:
        similar["country"] = float(ours.country == theirs.country)
        bits += 0 if ours.country == theirs.country else OTHER_COUNTRY
    return PlaceAgreement(
        *(min(bits, MOST_PLACE), min(most, MOST_PLACE), is_same_region, is_same_street, is_other_street),
        is_same_house,
        similar,
    )


def _compare_regions(
    ours: Place, theirs: Place, frequencies: Frequencies, similar: dict[str, float]
) -> tuple[float, float, bool]:
    """Postal code and city, as bits, the most that they could be, and whether they are one."""
    for_, most, against = [], [], 0.0
    if ours.postal and theirs.postal:
        weight = frequencies.bits("postal", ours.postal)
        alike = _postal_likeness(ours.postal, theirs.postal)
        similar["postalCode"] = alike
        most.append(weight)
        if alike == 1:
            for_.append(weight)
        elif alike > 0:
            for_.append(0.5 * weight)
        else:
            against += OTHER_POSTAL
    if ours.city and theirs.city:
        weight = frequencies.bits("city", ours.city)
        alike = _city_likeness(ours.city, theirs.city)
        similar["city"] = alike
        most.append(weight)
        if alike >= 0.8:
            for_.append(weight if alike == 1 else max(0.4 * weight, weight - 1.5))
        else:
            against += OTHER_CITY
    bits = _together(for_) + (against if not for_ else against / 3)
    return bits, _together(most), bool(for_)


def _together(weights: list[float]) -> float:
    return max(weights, default=0.0) + (SECOND_PART * min(weights) if len(weights) > 1 else 0.0)


@lru_cache(maxsize=50_000)
def _street_likeness(one: str, other: str) -> float:
    """How alike two streets are without their numbers, 0 to 1; under 0.75 they are two."""
    if one == other:
        return 1.0
    words, others = set(one.split()), set(other.split())
    left, right = one.replace(" ", ""), other.replace(" ", "")
    if left == right or words == others:
        return 0.98
    edits = OSA.distance(left, right)
    shorter, longer = sorted((len(left), len(right)))
    alike = 1 - edits / longer if edits <= max(1, shorter // 4) else 0.0
    if words < others or others < words:
        # One names more: a building, a part of town.
        alike = max(alike, 0.85 if len(words & others) > 1 else 0.8)
    if longer > shorter >= 4 and (left.startswith(right) or right.startswith(left)):
        alike = max(alike, 0.8)
    if min(len(words), len(others)) > 2:
        # Several words in another order, with slips.
        alike = max(alike, fuzz.token_sort_ratio(one, other) / 100 - 0.05)
    return alike if alike >= 0.75 else jw if (jw := JaroWinkler.similarity(left, right)) >= 0.93 else 0.0


def _postal_likeness(one: str, other: str) -> float:
    """1, or 0.8 for one slip of the keys in codes of one length, or 0."""
    if one == other:
        return 1.0
    return 0.8 if len(one) == len(other) and len(one) > 3 and OSA.distance(one, other) == 1 else 0.0


def _city_likeness(one: str, other: str) -> float:
    if one == other:
        return 1.0
    left, right = one.replace(" ", ""), other.replace(" ", "")
    if left == right:
        return 0.98
    words, others = set(one.split()), set(other.split())
    if (words < others or others < words) and max(map(len, words & others)) > 3:
        return 0.9  # "Frankfurt" and "Frankfurt am Main"
    edits = OSA.distance(left, right)
    return 1 - edits / max(len(left), len(right)) if edits <= max(1, min(len(left), len(right)) // 4) else 0.0


def _compare_houses(ours: str, theirs: str, similar: dict[str, float]) -> tuple[float, bool | None]:
    if not ours or not theirs:
        return 0.0, None
    if ours == theirs:
        similar["houseNumber"] = 1.0
        return HOUSE, True
    left, right = ours.split(), theirs.split()
    if set(left) & set(right):
        similar["houseNumber"] = 0.8
        return HOUSE_NEAR, True
    numbers = ["".join(filter(str.isdigit, part[0])) for part in (left, right)]
    if numbers[0] == numbers[1]:
        # "12" and "12a" are two houses.
        similar["houseNumber"] = 0.5
        return OTHER_SUFFIX, False
    similar["houseNumber"] = 0.0
    return OTHER_HOUSE, False


@dataclass(frozen=True, slots=True)
class Agreement:
    """How what came in agrees with a customer, at the one of its places that agrees best.

    Args:
        score: 0 to 1.
        bits: the sum of all that is for and against.
    """

    score: float
    bits: float
    most: float
    name: NameAgreement
    place: PlaceAgreement
    form: float
    contact: float
    contact_most: float
    similar: dict[str, float]

    @property
    def is_reached(self) -> bool:
        """Whether a phone number, an e-mail address or its domain is the same."""
        return self.contact >= NEAR_PHONE - 1

    @property
    def is_reached_elsewhere(self) -> bool:
        """Whether both name how they are reached, and none of it is the same."""
        return self.contact < 0


def compare(
    ours: Identity, here: Place, theirs: Identity, there: Place, frequencies: Frequencies
) -> Agreement:
    """Compare what came in with a customer at one of its places."""
    places = frozenset({*here.city.split(), *there.city.split()})
    other_word = OTHER_WORD_OF_A_PERSON if is_person(ours, theirs) else OTHER_WORD
    name = compare_names(ours.words, theirs.words, frequencies, places=places, other_word=other_word)
    place = compare_places(here, there, frequencies)
    similar = {"name": name.similarity} | place.similar
    form = form_most = 0.0
    if ours.form and theirs.form:
        form = SAME_FORM if ours.form == theirs.form else OTHER_FORM
        form_most = SAME_FORM
        similar["legalForm"] = float(ours.form == theirs.form)
    contact, contact_most = _compare_contacts(ours, theirs, similar)
    bits = name.bits + place.bits + form + contact
    most = name.most + place.most + form_most + contact_most
    score = score_of(bits, most, frequencies.records)
    return Agreement(score, bits, most, name, place, form, contact, contact_most, similar)


def score_of(bits: float, most: float, records: int) -> float:
    """Bits as a score, 0 to 1: `SAFE` where they are enough among so many records, 1 where all agrees that can.

    Args:
        bits: for and against.
        most: what they would be if all agreed that both sides have.
        records: how many customers the registry has: of more, more agree by chance.
    """
    needed = max(LEAST_NEEDED, math.log2(records + 1) + BEYOND_CHANCE)
    if bits <= needed:
        return max(0.0, SAFE * bits / needed)
    return SAFE + (1 - SAFE) * min(1.0, (bits - needed) / max(most - needed, 1.0))


def _compare_contacts(ours: Identity, theirs: Identity, similar: dict[str, float]) -> tuple[float, float]:
    bits = most = 0.0
    if ours.phones and theirs.phones:
        most += SAME_PHONE
        alike = _phone_likeness(ours.phones, theirs.phones)
        similar["phone"] = alike
        bits += SAME_PHONE if alike == 1 else NEAR_PHONE if alike > 0 else OTHER_PHONE
    if ours.emails and theirs.emails:
        if ours.emails & theirs.emails:
            similar["email"] = 1.0
            bits, most = bits + SAME_EMAIL, most + SAME_EMAIL
        elif ours.domains & theirs.domains:
            similar["email"] = 0.8
            bits, most = bits + SAME_DOMAIN, most + SAME_DOMAIN
        else:
            similar["email"] = 0.0
            if ours.domains and theirs.domains:
                bits, most = bits + OTHER_DOMAIN, most + 1
    return min(bits, MOST_CONTACT), min(most, MOST_CONTACT)


def _phone_likeness(ours: frozenset[str], theirs: frozenset[str]) -> float:
    """1, or 0.8 where two differ in their extension only: its last two digits."""
    if ours & theirs:
        return 1.0
    return 0.8 if {phone[:-2] for phone in ours} & {phone[:-2] for phone in theirs} else 0.0
