"""The legal form of a company, told from its name: "Müller GmbH & Co. KG" is the name "mueller" of form "gmbh co kg".

Two companies at one address often differ in nothing else (a GmbH & Co. KG and the GmbH that manages it), so the form
is a field of its own. Forms of Germany, Austria and Switzerland are found anywhere in a name ("Müller GmbH
Niederlassung Essen"); those of other countries, from cleanco, at its end only, where their short letters are no words.
"""

from functools import lru_cache

from cleanco.termdata import terms_by_type

from customers.normalisation import text_key

# Every spelling, as customers.normalisation.text_key leaves it, by the form that it means.
_GERMAN: dict[str, tuple[str, ...]] = {
    "gmbh co kg": (
        *("gmbh und co kg", "gmbh co kg", "gmbh u co kg", "gmbh und cokg", "gmbh cokg", "gmbh und co"),
        *(
            "mbh und co kg",
            "gmbh und compagnie kg",
            "g m b h und co kg",
            "gmbh und co k g",
            "gmbh und cie kg",
        ),
        *("gesellschaft mit beschraenkter haftung und co kg", "g m b h co kg", "ges m b h und co kg"),
    ),
    "ug co kg": ("ug und co kg", "ug haftungsbeschraenkt und co kg", "ug co kg"),
    "ag co kg": ("ag und co kg", "ag co kg"),
    "se co kg": ("se und co kg", "se co kg"),
    "gmbh co kgaa": ("gmbh und co kgaa", "gmbh co kgaa", "gmbh und co kommanditgesellschaft auf aktien"),
    "se co kgaa": ("se und co kgaa", "se co kgaa"),
    "gmbh": (
        *("gmbh", "g m b h", "ges m b h", "gesmbh", "gesellschaft mit beschraenkter haftung"),
        *("gesellschaft mbh", "ges mbh", "mbh", "m b h", "gmb h", "g mbh"),
    ),
    "ggmbh": ("ggmbh", "g gmbh", "gemeinnuetzige gmbh", "gug", "gemeinnuetzige ug"),
    "ug": (
        *("ug haftungsbeschraenkt", "unternehmergesellschaft haftungsbeschraenkt", "ug", "u g"),
        *("unternehmergesellschaft", "ug haftungsbeschr", "ug haftungsb"),
    ),
    "ag": ("ag", "a g", "aktiengesellschaft"),
    "kgaa": ("kgaa", "k g a a", "kommanditgesellschaft auf aktien"),
    "kg": ("kg", "k g", "und co kg", "kommanditgesellschaft"),
    "ohg": ("ohg", "o h g", "offene handelsgesellschaft", "und co ohg", "og", "o g"),
    "gbr": ("gbr", "g b r", "gesbr", "gesellschaft buergerlichen rechts", "egbr"),
    "ek": (
        *("ek", "e k", "ekfm", "e kfm", "ekfr", "e kfr", "e kfm", "eingetragener kaufmann"),
        *("eingetragene kauffrau", "e u", "eingetragenes einzelunternehmen"),
    ),
    "ev": ("ev", "e v", "eingetragener verein"),
    "eg": ("eg", "e g", "eingetragene genossenschaft", "genossenschaft mbh"),
    "partg": (
        *("partg", "part g", "partgmbb", "partg mbb", "part gmbb", "partnerschaftsgesellschaft mbb"),
        *("partnerschaftsgesellschaft", "partnerschaft mbb"),
    ),
    "se": ("se", "s e"),
    "vvag": ("vvag", "v v a g"),
    "kdoer": ("kdoer", "koerperschaft des oeffentlichen rechts", "adoer", "anstalt des oeffentlichen rechts"),
}
# Two letters that are words, syllables or initials too count as a form only at the end of a name.
_ONLY_AT_END = {
    "eg",
    "e g",
    "ev",
    "ek",
    "se",
    "s e",
    "og",
    "o g",
    "ag",
    "a g",
    "u g",
    "k g",
    "e k",
    "e u",
    "g mbh",
}


# Of cleanco's terms, those that are words, names or initials of German or English names as often.
_NO_FORMS = {"private", "company", "und co", "co", "spa", "kom", "esv", "ses", "gte", "ood"}
_KINDS = {
    "Corporation": "inc",
    "Limited": "ltd",
    "Limited Liability Company": "llc",
    "Limited Liability Partnership": "llp",
    "Limited Partnership": "lp",
    "Private Company": "ltd",
}
# The most frequent ones of two letters; others of two letters are not taken for a form.
_SHORT = ("sa", "bv", "nv", "ab", "oy", "as")


def _foreign() -> dict[str, str]:
    """Forms of other countries, by their spelling with dots and without."""
    found = {spelling: form for form in _SHORT for spelling in (form, " ".join(form))}
    for kind, terms in terms_by_type.items():
        for term in terms:
            spelling = text_key(term)
            letters = spelling.replace(" ", "")
            if len(letters) > 2 and not {spelling, letters} & _NO_FORMS:
                found.setdefault(spelling, _KINDS.get(kind, letters))
    return found | dict.fromkeys(("limited", "ltd", "pty ltd", "private limited"), "ltd")


_FORMS = {tuple(spelling.split()): form for form, all_ in _GERMAN.items() for spelling in all_}
_SUFFIXES = {tuple(spelling.split()): form for spelling, form in _foreign().items()}
_SUFFIXES |= {words: form for words, form in _FORMS.items() if " ".join(words) in _ONLY_AT_END}
_ANYWHERE = {words: form for words, form in _FORMS.items() if " ".join(words) not in _ONLY_AT_END}
_LONGEST = max(len(words) for words in (*_FORMS, *_SUFFIXES))


@lru_cache(maxsize=50_000)
def split_legal_form(name: str) -> tuple[tuple[str, ...], str]:
    """The words of a name without its legal form, and the form; a name that is nothing but a form has none.

    Args:
        name: as `customers.normalisation.text_key` leaves it.
    """
    words = tuple(name.split())
    for length in range(min(_LONGEST, len(words) - 1), 0, -1):
        for start in range(len(words) - length, 0, -1):
            part = words[start : start + length]
            form = _ANYWHERE.get(part) or (_SUFFIXES.get(part) if start + length == len(words) else None)
            if form is not None:
                return words[:start] + words[start + length :], form
    return words, ""
