"""Why a candidate may not be linked without a person, however well the rest agrees.

Bits add up; what tells two companies apart does not. Sisters at one address share all but a word or a legal form, so
for companies a word that is another, a word that one of them lacks, or another form is a question to staff. Of a
person (no legal form, no trade in the name) a changed family name or a nickname is an everyday thing.
"""

from customers.matching.agreement import Agreement
from customers.matching.identity import Identity
from customers.matching.people import is_person

# Codes, in the order in which they are told.
OTHER_FORM = "other_form"
OTHER_NAME = "other_name"
OTHER_WORD = "other_word"
MISSING_WORD = "missing_word"
OTHER_CONTACT = "other_contact"
OTHER_STREET = "other_street"
NO_STREET = "no_street"
ONLY_NAME = "only_name"
# Set where numbers and references are known: see `decision`.
OTHER_NUMBER = "other_number"
OTHER_EXTERNAL_ID = "other_external_id"


def doubts(ours: Identity, theirs: Identity, agreement: Agreement) -> tuple[str, ...]:
    """The doubts that staff must settle; empty: the candidate may be linked where its score is high enough."""
    found = []
    name, place = agreement.name, agreement.place
    if ours.form and theirs.form and ours.form != theirs.form:
        found.append(OTHER_FORM)
    if name.shared <= 0:
        found.append(OTHER_NAME)
    elif not is_person(ours, theirs):
        found += _doubts_on_company(ours, theirs, agreement)
    is_there = place.is_same_region or (place.is_same_street and place.is_same_house)
    if not is_there and not agreement.is_reached:
        found.append(ONLY_NAME)
    return tuple(found)


def _doubts_on_company(ours: Identity, theirs: Identity, agreement: Agreement) -> list[str]:
    name, place = agreement.name, agreement.place
    if name.others:
        return [OTHER_WORD]
    if agreement.is_reached and (place.is_same_region or not name.is_missing):
        return []
    if name.is_missing:
        return [MISSING_WORD]
    if not (ours.form and theirs.form) and agreement.is_reached_elsewhere:
        return [OTHER_CONTACT]
    if place.is_other_street or place.is_same_house is False:
        # Of one name and form there is one firm in a place (section 30 of the German commercial code): it moved, or
        # has another house. Of a name that differs by as little as a slip, or without a form, there may be several.
        is_one_firm = name.is_equal and ours.form and not agreement.is_reached_elsewhere
        return [] if is_one_firm else [OTHER_STREET]
    if not place.is_same_street and not name.is_equal:
        return [NO_STREET]
    return []
