"""By what a customer may be found: short keys, of which two spellings of one share some, and two customers few.

A key joins two facts that are each too common alone: a word of the name with the postal code or the city, the street
with its number and the town, all words of the name. So each leads to a handful of records, whatever the size of the
registry. Words are taken by their sound.
"""

import zlib
from collections.abc import Iterable

from customers.matching.identity import Identity, Place
from customers.matching.names import plain_words
from customers.matching.phonetics import sound

# Of longer names, the first words: what follows names a department or repeats the place.
MOST_WORDS = 5


def customer_keys(identity: Identity) -> list[str]:
    """Keys of a customer, wherever it is."""
    sounds = _sounds(identity.words)
    keys = {f"n|{' '.join(sounds)}"} if sounds else set()
    keys |= {f"m|{one} {other}" for one, other in zip(sounds, sounds[1:], strict=False)}
    if len(sounds) > 2:
        keys.add(f"m|{sounds[0]} {sounds[-1]}")
    keys |= {f"t|{phone}" for phone in identity.phones}
    keys |= {f"e|{email}" for email in identity.emails - {""}}
    keys |= {f"d|{domain}" for domain in identity.domains}
    joined = "".join(identity.words)
    if len(identity.words) > 1 or len(joined) > 6:
        keys.add(f"j|{sound(joined)[:8]}")
    return sorted(keys)


def place_keys(words: tuple[str, ...], place: Place) -> list[str]:
    """Keys of a customer at a place."""
    keys: set[str] = set()
    named = plain_words(words)[:MOST_WORDS]
    house = place.house.split(" ")[0]
    street = place.street.replace(" ", "")
    if postal := "".join(sorted(place.postal)):  # two digits that changed places change nothing
        keys |= {f"p|{postal}|{word[:3]}" for word in named}
        if house:
            keys.add(f"q|{postal}|{house}")
        if street:
            keys.add(f"s|{postal}|{sound(street)[:6]}")
    if city := sound(place.city.replace(" ", "")):
        keys |= {f"c|{city}|{one}" for one in _sounds(words)}
        if street:
            keys.add(f"r|{city}|{street[:4]}|{house}")
    if street and house:
        keys.add(f"h|{sound(street)}|{house}")
    return sorted(keys)


def hashed(keys: Iterable[str], *, tenant_id: int) -> list[int]:
    """Keys as they are stored: 32 bits, signed. That two fall together costs a comparison, no more."""
    return [_signed(zlib.crc32(f"{tenant_id}|{key}".encode())) for key in keys]


def _signed(number: int) -> int:
    return number - (1 << 32) if number >= 1 << 31 else number


def _sounds(words: tuple[str, ...]) -> list[str]:
    return sorted({sound(word) for word in plain_words(words)[:MOST_WORDS]})
