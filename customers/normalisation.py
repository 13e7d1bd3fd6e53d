"""Text as it is compared: two spellings of one name or address become the same key.

The keys are kept on the registry's rows, so a change of these rules needs a migration that computes them anew.
"""

import re
import unicodedata
from functools import lru_cache

# Compared as German speakers spell them out: "Müller" and "Mueller" are one name.
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "œ": "oe"})
_NOT_WORD = re.compile(r"[\W_]+")
_STREET = re.compile(r"(?:strasse|str)\b")
# "12 a" and "12a" are one house number; "12" and "12a" are two houses.
_HOUSE_NUMBER_SUFFIX = re.compile(r"\b(\d+) ([a-z])\b")


@lru_cache(maxsize=50_000)  # a batch says the same cities and names again and again
def text_key(text: str) -> str:
    """Words of a text: NFKC, lower case, umlauts spelt out, accents and punctuation dropped."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = unicodedata.normalize("NFC", folded).translate(_SPELT_OUT)
    plain = "".join(char for char in unicodedata.normalize("NFD", folded) if not unicodedata.combining(char))
    return _NOT_WORD.sub(" ", plain.replace("&", " und ")).strip()


def name_key(name: str) -> str:
    """A name of a company or person as it is compared. At most 400 characters."""
    return text_key(name)[:400]


def street_key(street: str) -> str:
    """Street and house number: "Hachestr. 12 A" and "Hachestraße 12a" are one."""
    words = _STREET.sub("str", text_key(street))
    words = re.sub(r"(?<=\w)\s+str\b", "str", words)
    return _HOUSE_NUMBER_SUFFIX.sub(r"\1\2", words)


def address_key(street: str, postal_code: str, city: str) -> str:
    """Street, postal code and city as one key; blank without a street, since a city alone is no address."""
    street = street_key(street)
    if not street:
        return ""
    return f"{street}|{text_key(postal_code).replace(' ', '')}|{text_key(city)}"[:700]


def email_key(email: str) -> str:
    """An e-mail address as it is compared: its case does not count."""
    return email.strip().casefold()[:200]


def city_key(city: str) -> str:
    """A city as it is compared."""
    return text_key(city)[:250]
