"""Whether a name is a person's or a company's: what tells two companies apart is everyday for a person."""

import re

from customers.matching.identity import Identity

# Words that end like a trade, whatever stands before: "Metallbau", "Haustechnik", "Bäckerei".
_TRADE = re.compile(
    r"""(?: bau | technik | technologien? | werke? | betriebe? | handel | services? | erei | zentrum | verwaltung
    | logistik | beteiligung | gesellschaft | gruppe | transporte? | spedition | vertrieb | reinigung | pflege
    | beratung
    | systeme? | systems | software | immobilien | versicherung(?:en)? | apotheke | praxis | klinik | kanzlei
    | schule | verein | restaurant | hotel | gasthof | markt | druckerei | stiftung | agentur | architekten
    | ingenieure? | buero | industries? | management | solutions | institut | stadtwerke | getraenke | stoffe
    | lebensmittel | maschinen | fahrzeuge | moebel | hof | haus )$""",
    re.VERBOSE,
)
_WORDS = """
    holding group partner consulting international deutschland germany cafe bistro bar grill pension
    shop store pub optik media medien druck design elektro sanitaer heizung garten maler dach metall
    stahl textil studio salon tech friseur fitness energie solar catering auto kfz bank club kita inn
    diner kitchen pizza company center centre gebrueder sohn soehne brothers sons tec kaffee eis blumen
    kunst reisen foto mode sport
"""
_TRADE_WORDS = frozenset(_WORDS.split())
# A name of more words than this is hardly a person's.
_MOST_WORDS_OF_A_PERSON = 4


def is_person(*identities: Identity) -> bool:
    """Whether all of these may be people: no legal form, few words, none of them a trade."""
    return all(
        not identity.form
        and 0 < len(identity.words) <= _MOST_WORDS_OF_A_PERSON
        and not any(_is_of_a_company(word) for word in identity.words)
        for identity in identities
    )


def _is_of_a_company(word: str) -> bool:
    return word in _TRADE_WORDS or bool(_TRADE.search(word)) or any(map(str.isdigit, word))
