"""Text as it is compared: two spellings of one name or address become the same key.

The keys are kept on the registry's rows, so a change of these rules needs a migration that computes them anew.
"""

import re
import unicodedata
from functools import lru_cache

import phonenumbers

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


@lru_cache(maxsize=50_000)
def street_key(street: str) -> str:
    """Street and house number: "Hachestr. 12 A" and "Hachestraße 12a" are one."""
    words = _STREET.sub("str", text_key(street))
    words = re.sub(r"(?<=\w)\s+str\b", "str", words)
    return _HOUSE_NUMBER_SUFFIX.sub(r"\1\2", words)


@lru_cache(maxsize=50_000)
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


# A house number, with a suffix or as a range, at either end of a street: "12a", "12 - 14", "8 Stanley Street".
_NUMBER = r"\d+[a-z]?(?: (?:bis )?\d+[a-z]?)*"
_NUMBER_AT_END = re.compile(
    rf"^(?P<street>.*[^\W\d].*?) (?:nr |no |hausnr |hausnummer )?(?P<number>{_NUMBER})$"
)
_NUMBER_IN_FRONT = re.compile(rf"^(?P<number>{_NUMBER}) (?P<street>.*[^\W\d].*)$")
_NUMBER_INSIDE = re.compile(r"^(?P<street>.*?[^\W\d]{3}.*?) (?P<number>\d+[a-z]?) (?P<more>.+)$")
# "Hauptstr.12": the key drops the point without leaving a gap only where none was written.
_GLUED_NUMBER = re.compile(r"(?<=[^\W\d]{3})(?=\d)")


@lru_cache(maxsize=50_000)
def split_street(street: str) -> tuple[str, str]:
    """The name of a street and its house number, as they are compared: "Hachestr. 12 A" is ("hachestr", "12a").

    A number in front counts too ("8 Stanley Street"); what follows a number inside (a floor, a building) stays with
    the street. Without a number the second is blank.
    """
    key = _GLUED_NUMBER.sub(" ", street_key(street))
    key = _HOUSE_NUMBER_SUFFIX.sub(r"\1\2", key)
    for pattern in (_NUMBER_AT_END, _NUMBER_IN_FRONT, _NUMBER_INSIDE):
        if found := pattern.match(key):
            more = found.groupdict().get("more", "")
            return f"{found['street']} {more}".strip(), found["number"].replace(" bis ", " ")
    return key, ""


@lru_cache(maxsize=50_000)  # parsing one takes a tenth of a millisecond
def phone_key(phone: str, region: str) -> str:
    """A phone number as it is compared, E.164; blank where it cannot be one.

    Args:
        region: ISO 3166-1 alpha-2, in which a number without its country code is read.
    """
    if not phone:
        return ""
    try:
        number = phonenumbers.parse(phone, region)
    except phonenumbers.NumberParseException:
        return ""
    number.extension = None
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


# Anybody may have an address there: that two have one in common says nothing.
_FREE_MAIL = """
    gmail.com googlemail.com gmx.de gmx.net gmx.at gmx.ch gmx.com gmx.org web.de t-online.de freenet.de
    arcor.de hotmail.com hotmail.de hotmail.co.uk outlook.com outlook.de live.com live.de msn.com
    yahoo.com yahoo.de yahoo.co.uk ymail.com icloud.com me.com mac.com aol.com aol.de mail.com mail.de
    email.de online.de posteo.de posteo.net mailbox.org protonmail.com proton.me pm.me vodafone.de
    kabelmail.de unitybox.de netcologne.de ewetel.net ewe.net o2online.de o2mail.de 1und1.de
    online.home.de alice-dsl.net alice.de versanet.de osnanet.de htp-tel.de nexgo.de tonline.de
    bluewin.ch sunrise.ch hispeed.ch chello.at aon.at a1.net utanet.at free.fr orange.fr wanadoo.fr
    laposte.net sfr.fr libero.it virgilio.it wp.pl o2.pl onet.pl seznam.cz mail.ru yandex.ru comcast.net
    verizon.net sbcglobal.net att.net btinternet.com bigpond.com qq.com 163.com zoho.com fastmail.com
    example.com example.org example.net
"""
FREE_MAIL = frozenset(_FREE_MAIL.split())


def email_domain(email: str) -> str:
    """The domain of an e-mail address, where it belongs to one company; blank for free-mail and what is no address."""
    name, at, domain = email_key(email).rpartition("@")
    domain = domain.removeprefix("www.").rstrip(".")
    return "" if not (name and at and "." in domain) or domain in FREE_MAIL else domain
