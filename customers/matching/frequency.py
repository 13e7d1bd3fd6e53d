"""How common words are: a name that every second company has says little, a rare one nearly everything.

The weight of an agreement is the binary logarithm of how unlikely it is by chance (Fellegi and Sunter, 1969). How
common a word is comes from the tenant's own registry; where that is small or silent, from what is common anywhere.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

# A registry's own counts are believed as much as these many records of anywhere: small ones say little.
BACKGROUND = 300
# Bounds on the weight of one word, in bits: the rarest is no proof, the most common not quite worthless.
LEAST_BITS = 0.5
MOST_BITS = 13.0
# Weights are computed once for each word: the same come again and again.
MOST_REMEMBERED = 50_000

# In how many of a thousand names, streets or cities a word is found anywhere; others by `_RARE`.
_PER_MILLE: dict[str, dict[str, float]] = {
    "name": {
        **dict.fromkeys(("und", "der", "die", "das", "von", "fuer", "the", "of", "and", "de"), 400.0),
        **dict.fromkeys(("fa", "firma", "inh", "inhaber", "herr", "frau", "familie", "mr", "mrs"), 300.0),
        **dict.fromkeys(("gebr", "gebrueder", "sohn", "soehne", "partner", "co", "group", "gruppe"), 40.0),
        **dict.fromkeys(("holding", "verwaltung", "verwaltungs", "beteiligung", "beteiligungs"), 30.0),
        **dict.fromkeys(("niederlassung", "filiale", "zentrale", "werk", "standort", "zweigstelle"), 40.0),
        **dict.fromkeys(
            ("service", "services", "handel", "handels", "vertrieb", "vertriebs", "systeme"), 25.0
        ),
        **dict.fromkeys(("technik", "bau", "baeckerei", "hotel", "autohaus", "restaurant", "praxis"), 20.0),
        **dict.fromkeys(
            ("apotheke", "metzgerei", "fleischerei", "gasthaus", "gasthof", "cafe", "kita"), 15.0
        ),
        **dict.fromkeys(("immobilien", "consulting", "logistik", "transporte", "spedition", "media"), 15.0),
        **dict.fromkeys(("elektro", "sanitaer", "heizung", "dachdecker", "maler", "tischlerei"), 15.0),
        **dict.fromkeys(("deutschland", "international", "deutsche", "germany", "europe", "stadt"), 15.0),
        **dict.fromkeys(("schule", "grundschule", "klinik", "krankenhaus", "kindergarten", "dr"), 10.0),
        **dict.fromkeys(("mueller", "schmidt", "schneider", "fischer", "weber", "meyer", "wagner"), 8.0),
        **dict.fromkeys(("becker", "schulz", "hoffmann", "schaefer", "koch", "bauer", "richter"), 5.0),
        **dict.fromkeys(("klein", "wolf", "schroeder", "neumann", "schwarz", "zimmermann", "braun"), 4.0),
        **dict.fromkeys(("krueger", "hofmann", "hartmann", "lange", "schmitt", "werner", "krause"), 3.0),
        **dict.fromkeys(("meier", "lehmann", "schmid", "schulze", "maier", "koehler", "herrmann"), 3.0),
        **dict.fromkeys(("smith", "jones", "williams", "brown", "taylor", "martin", "johnson"), 8.0),
        **dict.fromkeys(("peter", "michael", "thomas", "andreas", "wolfgang", "klaus", "juergen"), 10.0),
        **dict.fromkeys(("guenter", "stefan", "christian", "uwe", "werner", "horst", "frank"), 8.0),
        **dict.fromkeys(("anna", "maria", "ursula", "monika", "petra", "elisabeth", "sabine"), 8.0),
    },
    "street": {
        **dict.fromkeys(("hauptstr", "bahnhofstr", "dorfstr", "schulstr", "gartenstr"), 12.0),
        **dict.fromkeys(("bergstr", "lindenstr", "kirchstr", "waldstr", "ringstr", "industriestr"), 8.0),
    },
    "city": {
        **dict.fromkeys(("berlin",), 40.0),
        **dict.fromkeys(("hamburg", "muenchen", "koeln"), 20.0),
        **dict.fromkeys(("frankfurt am main", "frankfurt", "stuttgart", "duesseldorf", "leipzig"), 10.0),
        **dict.fromkeys(("dortmund", "essen", "bremen", "dresden", "hannover", "nuernberg"), 8.0),
    },
    "postal": {},
}
_RARE = {"name": 0.5, "street": 2.0, "city": 4.0, "postal": 2.0}


@dataclass(frozen=True, slots=True)
class Frequencies:
    """How common words are in one registry.

    Args:
        records: how many customers it has.
        counts: by kind ("name", "street", "city", "postal") and word, in how many of them; rare words are left out.
        rare_below: words that are in fewer than this are left out.
    """

    records: int = 0
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    rare_below: int = 2
    _bits: dict[tuple[str, str], float] = field(default_factory=dict, compare=False, repr=False)

    def share(self, kind: str, word: str) -> float:
        """The share of records that have a word, 0 to 1."""
        anywhere = _PER_MILLE[kind].get(word, _RARE[kind]) / 1000
        if not self.records:
            return anywhere
        counted = self.counts.get(kind, {}).get(word)
        # One that was left out is in at least one record: the one that it is compared with.
        count = counted if counted is not None else self.rare_below / 2
        return min(1.0, (count + BACKGROUND * anywhere) / (self.records + BACKGROUND))

    def bits(self, kind: str, word: str) -> float:
        """The weight of agreeing in a word."""
        known = self._bits.get((kind, word))
        if known is None:
            if len(self._bits) >= MOST_REMEMBERED:
                self._bits.clear()
            known = self._bits[kind, word] = min(
                MOST_BITS, max(LEAST_BITS, -math.log2(self.share(kind, word)))
            )
        return known


ANYWHERE = Frequencies()
