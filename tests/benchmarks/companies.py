"""German companies as a registry has them, and as a second system writes them: generated, from a seed.

The registry: family firms, firms of invented names and chains, in cities of real postal codes. On purpose it holds
what is hard to tell apart: sister companies at one address that differ in their legal form or trade ("Schmidt
Metallbau GmbH", "Schmidt Immobilien GmbH", "Schmidt Verwaltungs GmbH"), neighbours with the same family name at the
next house number, firms of one name in several cities, business parks with many firms at one address.

What comes in, by share:

| share | what | what is right |
| --- | --- | --- |
| 47 % | a known company, lightly changed | that company |
| 15 % | a known company, changed in several fields | that company |
| 8 % | a known company that moved, in its city or to another | that company |
| 8 % | a branch of a chain | that chain |
| 11 % | an unknown company that looks like a known one: a sister, a neighbour, its name in another city | none |
| 11 % | an unknown company | none |

The changes: legal forms dropped or spelt otherwise, umlauts spelt out or lost, "Straße" shortened, words shortened
("Gebr.", "Masch.") or swapped, "&" and "und", slips of the keys (a letter doubled, dropped, swapped, a neighbour on
the keyboard), parts of names dropped or added (the city, "Niederlassung"), house numbers with another spelling, digits
of postal codes swapped, phone numbers in four spellings, another person's e-mail address of the same domain, fields
left out.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Company:
    """One company at one address. `owner`: which company it is; chains have several rows of one owner."""

    owner: int
    name: str
    street: str
    postal_code: str
    city: str
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class Arrival:
    """What came in, and which company it is; None: none of the registry."""

    company: Company
    truth: int | None
    what: str


def _words(text: str, separator: str | None = None) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(separator) if word.strip())


_FAMILY = _words(
    """
    Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer
    Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Schmitt
    Werner Krause Meier Lehmann Köhler Herrmann König Walter Mayer Huber Kaiser Fuchs Peters Lang Scholz
    Möller Weiß Jung Hahn Schubert Vogel Friedrich Keller Günther Frank Berger Winkler Roth Beck Lorenz
    Baumann Franke Albrecht Schuster Simon Ludwig Böhm Winter Kraus Martin Schumacher Krämer Vogt Stein
    Jäger Otto Sommer Groß Seidel Heinrich Brandt Haas Schreiber Graf Dietrich Ziegler Kuhn Kühn Pohl
    Engel Horn Busch Bergmann Thomas Voigt Sauer Arnold Wolff Pfeiffer Oberhauser Niedermaier
    Brinkschulte Tiggemann Wüllner Kötter Achterberg Bönninghausen Dückers Ellerbrock Fahrenkrog
    Gössling Hülsbusch Ickert Jürgensmeier Kleinehakenkamp Lücking Mönnighoff Nüßing Osthues Püttmann
    Quadbeck Röttgermann Stüwe Tönnies
    """
)
_TRADES = _words(
    """
    Metallbau Immobilien Bäckerei Fleischerei Elektrotechnik Sanitärtechnik Heizungsbau Dachdeckerei
    Spedition Logistik Tischlerei Malerbetrieb Gartenbau Autohaus Maschinenbau Werkzeugbau Stahlbau
    Kältetechnik Medizintechnik Gebäudereinigung Hausverwaltung Druckerei Verpackungen Textilpflege
    Apotheke Optik Hörakustik Reisebüro Baustoffe Landtechnik Lebensmittel Getränke Catering Hotel
    Softwarehaus Ingenieurbüro Steuerberatung Architekten Zahntechnik Orthopädie Sicherheitstechnik
    """
)
_SYLLABLES = _words(
    """
    al an ar bel bio can cor da del dyn el en eu fa fin flex ger gra hel hy in iso ka kon lam lu ma me
    mi mon na neo nor o op pa per pro qua ra ri ro sa sen sol sy ta tec ter ti tra u va ver vi vo xe zen
    """
)
_ENDS = _words(
    """
    tec med log plan soft bau pro net therm form dur al on ex ia us
    """
)
_FORMS = (
    *(("GmbH",) * 10),
    *(("GmbH & Co. KG",) * 5),
    *("KG", "OHG", "AG", "AG", "e.K.", "e.K.", "UG (haftungsbeschränkt)", "GbR", "gGmbH", "eG", "SE", ""),
)
_FORM_SPELLINGS = {
    "GmbH": ("GmbH", "G.m.b.H.", "GMBH", "Gesellschaft mbH", "mbH"),
    "GmbH & Co. KG": ("GmbH & Co. KG", "GmbH & Co KG", "GmbH u. Co. KG", "GmbH und Co. KG", "GmbH&Co.KG"),
    "UG (haftungsbeschränkt)": ("UG (haftungsbeschränkt)", "UG", "UG (haftungsbeschr.)"),
    "e.K.": ("e.K.", "eK", "e. K."),
    "AG": ("AG", "Aktiengesellschaft"),
    "KG": ("KG", "Kommanditgesellschaft"),
}
_STREETS = _words(
    """
    Hauptstraße|Bahnhofstraße|Schulstraße|Gartenstraße|Dorfstraße|Bergstraße|Lindenstraße|Kirchstraße|
    Waldstraße|Ringstraße|Industriestraße|Gewerbestraße|Schillerstraße|Goethestraße|Mühlenweg|
    Hachestraße|Kortumstraße|Westenhellweg|Kettwiger Straße|Am Stadtgarten|Rüttenscheider Straße|
    Im Gewerbepark|An der Bleiche|Zum Alten Hafen|Robert-Bosch-Straße|Carl-Benz-Straße|Siemensstraße|
    Daimlerstraße|Otto-Hahn-Straße|Max-Planck-Straße|Alte Landstraße|Am Kirchberg|Wiesenweg|Feldstraße|
    Königstraße|Brückenstraße|Marktplatz|Poststraße|Europaallee|Hansaring|Kaiserdamm|Lange Gasse|
    Neuer Wall|Große Bleichen|Schlossallee
    """,
    separator="|",
)
_CITIES = (
    ("Essen", ("45127", "45130", "45131", "45136", "45239", "45355")),
    ("Bochum", ("44787", "44789", "44801", "44866")),
    ("Dortmund", ("44135", "44137", "44263", "44388")),
    ("Köln", ("50667", "50670", "50823", "51063", "51149")),
    ("Münster", ("48143", "48149", "48155", "48165")),
    ("Düsseldorf", ("40210", "40213", "40476", "40589")),
    ("München", ("80331", "80797", "81369", "81829")),
    ("Nürnberg", ("90402", "90411", "90461")),
    ("Würzburg", ("97070", "97074", "97080")),
    ("Osnabrück", ("49074", "49080", "49090")),
    ("Hamburg", ("20095", "20457", "22085", "22761")),
    ("Berlin", ("10115", "10243", "10707", "12435", "13353")),
    ("Leipzig", ("04103", "04229", "04347")),
    ("Frankfurt am Main", ("60311", "60486", "65929")),
    ("Mühlheim an der Ruhr", ("45468", "45472", "45478")),
    ("Bad Oeynhausen", ("32545", "32547", "32549")),
    ("Lüdinghausen", ("59348",)),
    ("Schwäbisch Gmünd", ("73525", "73527", "73529")),
    ("Königs Wusterhausen", ("15711",)),
    ("Gütersloh", ("33330", "33332", "33335")),
    ("Coesfeld", ("48653",)),
    ("Ahaus", ("48683",)),
)
_CHAINS = _words(
    """
    Sonnenapotheke|Backhaus Krustenkorb|Fitness Nordstern|Hotel Lindenblick|Drogerie Fränkel|
    Autoservice Blitzmann|Optik Klarsicht|Möbel Wohnwelt|Getränke Durstquell|Baumarkt Hammerfest|
    Elektro Voltmaxx|Kaffeerösterei Bohnental|Tierwelt Pfötchen|Reifen Grünewald|Sanitätshaus Vital
    """,
    separator="|",
)


class _Maker:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.phones = 0

    def place(self) -> tuple[str, str, str]:
        city, codes = self.random.choice(_CITIES)
        return f"{self.random.choice(_STREETS)} {self.house()}", self.random.choice(codes), city

    def house(self) -> str:
        number = min(self.random.randint(1, 160), self.random.randint(1, 160))
        return f"{number}{self.random.choice('abc')}" if self.random.random() < 0.12 else str(number)

    def invented(self) -> str:
        word = "".join(self.random.choice(_SYLLABLES) for _ in range(self.random.choice((1, 2, 2, 3))))
        return (word + self.random.choice(_ENDS)).capitalize()

    def name(self) -> tuple[str, str]:
        """The name without its form, and what its domain is made of."""
        family = self.random.choice(_FAMILY)
        trade = self.random.choice(_TRADES)
        kind = self.random.random()
        if kind < 0.45:
            shape = self.random.choice(("{f} {t}", "{t} {f}", "{f} & Söhne {t}", "Gebrüder {f} {t}", "{f}"))
            first = self.random.choice(
                ("Hans", "Karl", "Anna", "Heinrich", "Josef", "Maria", "Fritz", "Wilhelm")
            )
            if self.random.random() < 0.15:
                shape = "{v} {f} {t}"
            return shape.format(f=family, t=trade, v=first), f"{family}-{trade}"
        if kind < 0.85:
            word = self.invented()
            return self.random.choice(("{w}", "{w} {t}", "{t} {w}", "{w} Systeme")).format(
                w=word, t=trade
            ), word
        city = self.random.choice(_CITIES)[0]
        return f"{trade} {city}", f"{trade}-{city}"

    def contact(self, stem: str) -> tuple[str, str]:
        self.phones += self.random.randint(11, 97)
        phone = f"+49 {self.random.choice((201, 234, 231, 221, 251, 211, 89))} {4_000_000 + self.phones}"
        domain = _plain(stem).replace(" ", "-")
        email = (
            f"{self.random.choice(('info', 'kontakt', 'service', 'buero'))}@{domain}-{self.phones % 97}.de"
        )
        if self.random.random() < 0.1:
            email = f"{domain}{self.phones}@{self.random.choice(('gmx.de', 'web.de', 't-online.de'))}"
        return (phone if self.random.random() < 0.65 else "", email if self.random.random() < 0.5 else "")

    def company(self, owner: int) -> Company:
        base, stem = self.name()
        return Company(
            owner, f"{base} {self.random.choice(_FORMS)}".strip(), *self.place(), *self.contact(stem)
        )


def companies(*, seed: int, size: int) -> tuple[list[Company], list[Arrival]]:
    """A registry of about `size` rows, and as many arrivals."""
    make = _Maker(seed)
    registry: list[Company] = []
    owner = 0
    for name in _CHAINS:
        full = f"{name} {make.random.choice(_FORMS)}".strip()
        for _ in range(make.random.randint(3, 14)):
            street, code, city = make.place()
            registry.append(Company(owner, full, street, code, city, make.contact(name)[0], ""))
        owner += 1
    chains = list(registry)
    while len(registry) < size:
        company = make.company(owner)
        registry.append(company)
        owner += 1
        if make.random.random() < 0.12:
            registry.append(_look_alike(make, company, owner))
            owner += 1
    arrivals = [_arrival(make, registry, chains) for _ in range(size)]
    return registry, arrivals


def _look_alike(make: _Maker, company: Company, owner: int) -> Company:
    """Another company that is easily taken for this one."""
    kind = make.random.choice(("sister", "trade", "form", "neighbour", "elsewhere", "park"))
    base = _without_form(company.name)
    family = base.split()[0]
    other = make.random.choice(_TRADES)
    phone, email = make.contact(f"{family}-{other}")
    new = replace(company, owner=owner, phone=phone, email=email)
    if kind == "sister":
        return replace(
            new, name=f"{base} {make.random.choice(('Verwaltungs', 'Beteiligungs', 'Service'))} GmbH"
        )
    if kind == "trade":
        return replace(new, name=f"{family} {other} GmbH")
    if kind == "form":
        forms = [form for form in ("GmbH", "GmbH & Co. KG", "e.K.", "AG") if not company.name.endswith(form)]
        return replace(new, name=f"{base} {make.random.choice(forms)}")
    if kind == "neighbour":
        street, _, house = company.street.rpartition(" ")
        number = int("".join(filter(str.isdigit, house)))
        house = make.random.choice((f"{number}a", f"{number + 2}", f"{number}b"))
        return replace(
            new, name=f"{family} {other} {make.random.choice(('GmbH', 'OHG'))}", street=f"{street} {house}"
        )
    if kind == "elsewhere":
        street, code, city = make.place()
        return replace(new, street=street, postal_code=code, city=city)
    return replace(
        make.company(owner), street=company.street, postal_code=company.postal_code, city=company.city
    )


def _arrival(make: _Maker, registry: list[Company], chains: list[Company]) -> Arrival:
    chance = make.random.random()
    known = make.random.choice(registry[len(chains) :])
    if chance < 0.47:
        return Arrival(_noisy(make, known, (0, 1, 1, 2)), known.owner, "light")
    if chance < 0.62:
        return Arrival(_noisy(make, known, (2, 3, 3, 4)), known.owner, "heavy")
    if chance < 0.70:
        street, code, city = make.place()
        if make.random.random() < 0.6:
            code, city = known.postal_code, known.city
        moved = replace(known, street=street, postal_code=code, city=city)
        return Arrival(_noisy(make, moved, (0, 0, 1)), known.owner, "moved")
    if chance < 0.78:
        branch = make.random.choice(chains)
        return Arrival(_noisy(make, branch, (0, 1, 2)), branch.owner, "chain")
    if chance < 0.89:
        return _stranger(make, known, registry)
    return Arrival(_noisy(make, _unlike(make, registry), (0, 1)), None, "unknown")


def _stranger(make: _Maker, known: Company, registry: list[Company]) -> Arrival:
    """A look-alike that is none of the registry.

    No two firms of one place have the same name (section 30 of the German commercial code); one that differs by its
    legal form alone keeps it, since nobody could tell it from the known company without.
    """
    there = {(_bare(company.name), company.city) for company in registry if company.name != known.name}
    forms = {(company.name, company.city) for company in registry} | {(_without_form(known.name), known.city)}
    other = _look_alike(make, known, -1)
    while (_bare(other.name), other.city) in there or (other.name, other.city) in forms:
        other = _look_alike(make, known, -1)
    if _bare(other.name) == _bare(known.name):
        if _without_form(known.name) == known.name:
            return _stranger(make, make.random.choice(registry), registry)
        return Arrival(_respelt(make, other), None, "look-alike")
    return Arrival(_noisy(make, other, (0, 0, 1)), None, "look-alike")


def _unlike(make: _Maker, registry: list[Company]) -> Company:
    there = {(_bare(company.name), company.city) for company in registry}
    company = make.company(-1)
    return company if (_bare(company.name), company.city) not in there else _unlike(make, registry)


def _bare(name: str) -> str:
    return " ".join(sorted(_plain(_without_form(name)).split()))


def _noisy(make: _Maker, company: Company, times: tuple[int, ...]) -> Company:
    for change in make.random.sample(_CHANGES, make.random.choice(times)):
        company = change(make, company)
    # How a second system writes, without a slip: spellings, and what it does not know.
    if make.random.random() < 0.5:
        company = _respelt(make, company)
    if company.phone and make.random.random() < 0.4:
        company = replace(company, phone="")
    if company.email and make.random.random() < 0.4:
        company = replace(company, email="")
    return company


def _respelt(make: _Maker, company: Company) -> Company:
    phone = company.phone
    if phone:
        _, area, rest = phone.split(" ", 2)
        phone = make.random.choice(
            (f"0{area}/{rest}", f"0{area} {rest[:3]} {rest[3:]}", f"0049{area}{rest}", phone)
        )
    street = company.street
    if make.random.random() < 0.6:
        street = street.replace("straße", "str.").replace("Straße", "Str.")
    base, form = _split(company.name)
    form = make.random.choice(_FORM_SPELLINGS.get(form, (form,)))
    name = f"{base} {form}".strip()
    if make.random.random() < 0.3:
        name, street = _umlauts(name), _umlauts(street)
    if make.random.random() < 0.15:
        name = name.upper()
    return replace(company, name=name, street=street, phone=phone)


def _umlauts(text: str) -> str:
    for letter, spelt in zip("äöüÄÖÜß", ("ae", "oe", "ue", "Ae", "Oe", "Ue", "ss"), strict=True):
        text = text.replace(letter, spelt)
    return text


def _plain(text: str) -> str:
    return _umlauts(text).lower()


def _split(name: str) -> tuple[str, str]:
    for form in sorted({*_FORMS} - {""}, key=len, reverse=True):
        if name.endswith(" " + form):
            return name.removesuffix(" " + form), form
    return name, ""


def _without_form(name: str) -> str:
    return _split(name)[0]


def _slip(make: _Maker, text: str) -> str:
    """One slip of the keys, in a word of four letters or more."""
    places = [i for i in range(1, len(text) - 1) if text[i].isalpha() and text[i - 1].isalpha()]
    if not places:
        return text
    at = make.random.choice(places)
    kind = make.random.random()
    if kind < 0.3:
        return text[:at] + text[at + 1 :]
    if kind < 0.55:
        return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]
    if kind < 0.75:
        return text[:at] + text[at] + text[at:]
    return text[:at] + make.random.choice("abdegilmnorstu") + text[at + 1 :]


def _name_slip(make: _Maker, company: Company) -> Company:
    base, form = _split(company.name)
    return replace(company, name=f"{_slip(make, base)} {form}".strip())


def _form_dropped(make: _Maker, company: Company) -> Company:
    return replace(company, name=_without_form(company.name))


def _words_swapped(make: _Maker, company: Company) -> Company:
    base, form = _split(company.name)
    words = base.split()
    make.random.shuffle(words)
    return replace(company, name=f"{' '.join(words)} {form}".strip())


def _word_shortened(make: _Maker, company: Company) -> Company:
    base, form = _split(company.name)
    words = base.replace("Gebrüder", "Gebr.").replace("& Söhne", "& S.").split()
    long = [i for i, word in enumerate(words) if len(word) > 8]
    if long:
        at = make.random.choice(long)
        words[at] = words[at][: make.random.randint(4, 6)] + "."
    return replace(company, name=f"{' '.join(words)} {form}".strip())


def _word_dropped(make: _Maker, company: Company) -> Company:
    base, form = _split(company.name)
    words = base.split()
    if len(words) > 1:
        common = [word for word in words if word in _TRADES or word in ("&", "Söhne", "Gebrüder", "Systeme")]
        words.remove(make.random.choice(common or words))
    return replace(company, name=f"{' '.join(words)} {form}".strip())


def _city_added(make: _Maker, company: Company) -> Company:
    base, form = _split(company.name)
    added = make.random.choice((company.city, f"Niederlassung {company.city}", "Zentrale"))
    return replace(
        company, name=make.random.choice((f"{base} {added} {form}", f"{base} {form} {added}")).strip()
    )


def _street_slip(make: _Maker, company: Company) -> Company:
    return replace(company, street=_slip(make, company.street))


def _street_left_out(make: _Maker, company: Company) -> Company:
    return replace(company, street="")


def _house_changed(make: _Maker, company: Company) -> Company:
    street, _, house = company.street.rpartition(" ")
    if not house[:1].isdigit():
        return company
    if house[-1].isalpha():
        return replace(company, street=f"{street} {house[:-1]} {house[-1].upper()}")
    return replace(company, street=make.random.choice((f"{street} {house}-{int(house) + 2}", street)))


def _postal_changed(make: _Maker, company: Company) -> Company:
    code = list(company.postal_code)
    if len(code) < 5:
        return company
    at = make.random.randint(1, 3)
    code[at], code[at + 1] = code[at + 1], code[at]
    return replace(company, postal_code="".join(code))


def _postal_left_out(make: _Maker, company: Company) -> Company:
    return replace(company, postal_code="")


def _city_slip(make: _Maker, company: Company) -> Company:
    return replace(company, city=_slip(make, company.city))


def _other_mail(make: _Maker, company: Company) -> Company:
    if not company.email:
        return company
    return replace(
        company, email=f"{make.random.choice(('m.huber', 'einkauf', 'post'))}@{company.email.split('@')[1]}"
    )


_CHANGES: tuple[Callable[[_Maker, Company], Company], ...] = (
    *(_name_slip, _name_slip, _form_dropped, _words_swapped, _word_shortened, _word_dropped, _city_added),
    *(
        _street_slip,
        _street_left_out,
        _house_changed,
        _postal_changed,
        _postal_left_out,
        _city_slip,
        _other_mail,
    ),
)
