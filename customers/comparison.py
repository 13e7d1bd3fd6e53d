"""What came in beside a record that it may be: field by field, and in words. Pure: plain values in and out."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.normalisation import address_key, city_key, email_key, name_key, street_key, text_key

# The fields of each entity in the order in which a reviewer reads them: what tells records apart comes first.
FIELDS: dict[str, dict[str, Any]] = {
    "customer": {
        "name": gettext_lazy("Name"),
        "number": gettext_lazy("Customer number"),
        "email": gettext_lazy("E-mail"),
        "phone": gettext_lazy("Phone"),
        "type": gettext_lazy("Type"),
        "industry": gettext_lazy("Industry"),
    },
    "location": {
        "name": gettext_lazy("Name"),
        "street": gettext_lazy("Street"),
        "postal_code": gettext_lazy("Postal code"),
        "city": gettext_lazy("City"),
        "country": gettext_lazy("Country"),
        "latitude": gettext_lazy("Latitude"),
        "longitude": gettext_lazy("Longitude"),
        "access_notes": gettext_lazy("Access notes"),
    },
    "contact": {
        "display_name": gettext_lazy("Name"),
        "email": gettext_lazy("E-mail"),
        "phone": gettext_lazy("Phone"),
        "role": gettext_lazy("Role"),
    },
}
# Where a customer is: what came with it as its location, beside the nearest of the places known of it.
PLACE: dict[str, Any] = {name: FIELDS["location"][name] for name in ("street", "postal_code", "city")}
# Texts that have less than this in common are marked as a whole: letters that agree by chance would be read as soup.
# Where all of one stands in the other ("Weber GmbH & Co. KG"), what is more is marked whatever its length.
_ALIKE = 0.75
# About a hundred metres: two readings of one place differ by less.
_SAME_PLACE_DEGREES = 0.001


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text beside another. `kind`: `same`; `more`: only here; `less`: only there."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """One field, what came in and what is known. `verdict`: `same`, `differs`, `only_sent`, `only_known`, `blank`."""

    label: str
    sent: str
    known: str
    verdict: str

    @property
    def pieces(self) -> list[Piece]:
        """What is known, marked by character where it differs from what came in."""
        return (
            differences(self.sent, self.known) if self.verdict == "differs" else [Piece(self.known, "same")]
        )


def differences(sent: str, known: str) -> list[Piece]:
    """A known text marked by character: what came in without, and what came in besides.

    Two texts that have little in common are one piece: all of what is known is other.
    """
    matcher = SequenceMatcher(None, sent.lower(), known.lower(), autojunk=False)
    # What lower case lengthens ("İ") shifts the places of the letters.
    is_shifted = len(sent) != len(sent.lower()) or len(known) != len(known.lower())
    if is_shifted:
        return [Piece(known, "more")]
    pieces = []
    for change, sent_from, sent_to, known_from, known_to in matcher.get_opcodes():
        if change == "equal":
            pieces.append(Piece(known[known_from:known_to], "same"))
            continue
        if sent_to > sent_from:
            pieces.append(Piece(sent[sent_from:sent_to], "less"))
        if known_to > known_from:
            pieces.append(Piece(known[known_from:known_to], "more"))
    is_within = len({piece.kind for piece in pieces} - {"same"}) < 2
    if matcher.ratio() < _ALIKE and not is_within:
        return [Piece(known, "more")]
    return pieces


def compare(entity: str, sent: dict[str, Any], known: dict[str, Any]) -> list[Agreement]:
    """The fields of an entity, in the same order for every candidate.

    Args:
        sent, known: columns of the registry by name; blank and None are the same.
    """
    return _compared(FIELDS[entity], sent, known)


def compare_place(sent: dict[str, Any], known: dict[str, Any]) -> list[Agreement]:
    """The address that came with a customer beside one of its places."""
    return _compared(PLACE, sent, known)


def place_reasons(sent: dict[str, Any], known: dict[str, Any]) -> list[str]:
    """What speaks for and against a customer by where it is, in words; nothing where one side says nothing."""
    return _place_reasons(sent, known, {name: _verdict(name, sent, known) for name in PLACE})


def as_one(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """What two customers have in common that only one customer has, in words."""
    words = {"email": _("same e-mail"), "phone": _("same phone")}
    return [text for name, text in words.items() if _verdict(name, one, other) == "same"]


def _compared(labels: dict[str, Any], sent: dict[str, Any], known: dict[str, Any]) -> list[Agreement]:
    return [
        Agreement(str(label), _text(sent.get(name)), _text(known.get(name)), _verdict(name, sent, known))
        for name, label in labels.items()
    ]


def reasons(entity: str, sent: dict[str, Any], known: dict[str, Any]) -> list[str]:
    """Why a record is a candidate, and what speaks against it, in words."""
    verdicts = {name: _verdict(name, sent, known) for name in FIELDS[entity]}
    if entity == "location":
        return _place_reasons(sent, known, verdicts)
    words = {
        "name": (_("same name"), _("other name")),
        "display_name": (_("same name"), _("other name")),
        "number": (_("same customer number"), _("other customer number")),
        "email": (_("same e-mail"), _("other e-mail")),
        "phone": (_("same phone"), _("other phone")),
    }
    return _in_words(verdicts, words)


def _place_reasons(sent: dict[str, Any], known: dict[str, Any], verdicts: dict[str, str]) -> list[str]:
    parts = ("street", "postal_code", "city")
    ours, theirs = (address_key(*[str(row.get(part) or "") for part in parts]) for row in (sent, known))
    if ours and ours == theirs:
        return [_("same address")]
    words = {
        "city": (_("same city"), _("other city")),
        "street": (_("same street"), _("other street")),
        "postal_code": (_("same postal code"), _("other postal code")),
        "name": (_("same name"), _("other name")),
    }
    return _in_words(verdicts, words)


def _in_words(verdicts: dict[str, str], words: dict[str, tuple[str, str]]) -> list[str]:
    """What agrees, then what does not."""
    same = [agrees for name, (agrees, _differs) in words.items() if verdicts.get(name) == "same"]
    return same + [differs for name, (_agrees, differs) in words.items() if verdicts.get(name) == "differs"]


def _verdict(name: str, sent: dict[str, Any], known: dict[str, Any]) -> str:
    ours, theirs = sent.get(name), known.get(name)
    if _is_blank(ours) or _is_blank(theirs):
        if _is_blank(ours) and _is_blank(theirs):
            return "blank"
        return "only_known" if _is_blank(ours) else "only_sent"
    if isinstance(ours, float | int) and isinstance(theirs, float | int):
        return "same" if abs(ours - theirs) <= _SAME_PLACE_DEGREES else "differs"
    as_compared = _AS_COMPARED.get(name, text_key)
    return "same" if as_compared(str(ours)) == as_compared(str(theirs)) else "differs"


def _digits(phone: str) -> str:
    """The last digits of a phone number: with or without a country code it is one number."""
    return "".join(char for char in phone if char.isdigit())[-9:]


_AS_COMPARED: dict[str, Callable[[str], str]] = {
    "name": name_key,
    "display_name": name_key,
    "number": str.strip,
    "email": email_key,
    "phone": _digits,
    "street": street_key,
    "city": city_key,
}


def _is_blank(value: Any) -> bool:
    return value is None or value == ""


def _text(value: Any) -> str:
    return "" if _is_blank(value) else str(value)
