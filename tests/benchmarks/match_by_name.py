"""Customers found by name and address among 1,000,000: one at a time, and a thousand a request.

The registry is a tenant's of its own: firms of generated names (see `companies`) in 2,000 generated towns of four
postal codes each. What comes in are its firms, half of them spelt otherwise, with external IDs that are not known.
"""

import os
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson
from django.db import connection, connections, transaction

from customers.history import explain_changes
from ordinavo_connect.running.steps import say, step
from tests.benchmarks.companies import Company, _Maker, _noisy
from tests.benchmarks.figures import RUNS, Figure, percentile
from tests.benchmarks.load import post
from tests.benchmarks.workplace import Workplace

CUSTOMERS = int(os.environ.get("MATCH_BY_NAME_CUSTOMERS", 1_000_000))
SCOPES = "inbound.targets.write,inbound.targets.batch.write,customers.map,customers.read"
SINGLE = 400
A_BATCH = 1_000
GOAL_MILLISECONDS = 20.0
GOAL_PER_SECOND = 1_000.0
_TOWNS = 2_000


def run(work: Workplace) -> list[Figure]:
    """A warm-up, then the median of three."""
    made = orjson.loads(
        work.product.manage(
            *("create_client", "--tenant", "names", "--name", "Names", "--source-system", "names"),
            *("--scopes", SCOPES, "--strategy", "ExternalIdThenNameAndAddress"),
            *("--rate-limit", "1000000", "--json"),
        )
    )
    with step(f"Loading {CUSTOMERS:,} companies, each with a location"):
        sample = _load(made["integrationClientId"])
    latencies, rates = [], []
    for number in range(RUNS + 1):
        say(f"match_by_name: run {number} of {RUNS} …" if number else "match_by_name: warming up …")
        items = _items(sample, number)
        singles = [
            post("/inbound/targets", orjson.dumps(item), key=made["apiKey"], port=work.product.port)
            for item in items[:SINGLE]
        ]
        latencies.append(percentile(work.send(singles, connections=1).latencies, 95) * 1000)
        batch = orjson.dumps({"items": items[SINGLE : SINGLE + A_BATCH]})
        request = post("/inbound/targets/batch", batch, key=made["apiKey"], port=work.product.port)
        rates.append(A_BATCH / work.send([request], connections=1).seconds)
    linked = _share_linked()
    p95, rate = sorted(latencies[1:])[1], sorted(rates[1:])[1]
    how = f"{CUSTOMERS:,} customers; {linked:.0%} of what came in was linked by name"
    return [
        Figure("match_by_name.single_p95", p95, "ms", GOAL_MILLISECONDS, at_most=True, compared=how),
        Figure(
            "match_by_name.batch", rate, "items/s", GOAL_PER_SECOND, compared=f"{A_BATCH:,} a request; {how}"
        ),
    ]


def _share_linked() -> float:
    from imports.models import ImportItem

    items = ImportItem.objects.filter(tenant__slug="names")
    linked = items.filter(mapping__customer__matchedBy="nameAndAddress").count()
    return linked / max(1, items.count())


def _items(sample: list[Company], number: int) -> list[dict[str, Any]]:
    make = _Maker(1000 + number)
    items = []
    for place, company in enumerate(make.random.sample(sample, SINGLE + A_BATCH)):
        company = _noisy(make, company, (0, 1, 1, 2)) if place % 2 else company
        items.append(
            {
                "externalId": f"JOB-{number}-{place}",
                "title": "Maintenance",
                "customer": {
                    "externalId": f"C-{number}-{place}",
                    "name": company.name,
                    "phone": company.phone or None,
                    "email": company.email or None,
                },
                "location": {
                    "street": company.street or None,
                    "postalCode": company.postal_code or None,
                    "city": company.city or None,
                },
            }
        )
    return items


class _Countrywide(_Maker):
    """Towns enough for a million."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        names = random.Random(seed)
        ends = ("hausen", "heim", "dorf", "berg", "stadt", "bach", "furt", "ingen", "kirchen", "brück")
        self.towns = [(self.invented() + names.choice(ends), 10000 + 40 * number) for number in range(_TOWNS)]

    def place(self) -> tuple[str, str, str]:
        city, code = self.random.choice(self.towns)
        from tests.benchmarks.companies import _STREETS

        street = f"{self.random.choice(_STREETS)} {self.house()}"
        return street, str(code + self.random.randrange(4) * 7), city


def _load(client_id: int) -> list[Company]:
    """Load the registry, build its indexes afterwards, count its words; returns some of the companies."""
    from customers.matching.counting import count_words
    from ordinavo_connect.clients.models import IntegrationClient

    tenant_id = IntegrationClient.objects.get(pk=client_id).tenant_id
    sample: list[Company] = []
    definitions = _drop_indexes()
    with transaction.atomic(), connection.cursor() as cursor:
        explain_changes("benchmark")
        cursor.execute(
            "CREATE TEMPORARY TABLE loaded (number text, name text, name_key text, c_keys int[], phone text,"
            " email text, street text, postal_code text, city text, address_key text, city_key text, l_keys int[])"
            " ON COMMIT DROP"
        )
        with cursor.copy("COPY loaded FROM STDIN") as copy:
            for row in _rows(tenant_id, sample):
                copy.write_row(row)
        for statement in _STATEMENTS:
            cursor.execute(statement, [tenant_id])
    with connections["owner"].cursor() as cursor:
        for definition in definitions:
            cursor.execute(definition)
        cursor.execute("VACUUM ANALYZE customers_customer, customers_location")
    count_words(tenant_id)
    return sample


def _drop_indexes() -> list[str]:
    """A million rows at once are indexed in one go, as a migration does; returns how."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE indexname LIKE '%_match_keys'")
        found = cursor.fetchall()
        for name, _definition in found:
            cursor.execute(f"DROP INDEX {name}")
    return [definition for _name, definition in found]


def _rows(tenant_id: int, sample: list[Company]) -> Iterator[tuple[Any, ...]]:
    from customers.matching.snapshot import derived

    make = _Countrywide(11)
    every = max(1, CUSTOMERS // 10_000)
    for number in range(CUSTOMERS):
        company = replace(make.company(number), owner=number)
        if number % every == 0:
            sample.append(company)
        one = derived(
            "customer",
            {"name": company.name, "phone": company.phone, "email": company.email},
            tenant_id=tenant_id,
        )
        place = {"street": company.street, "postal_code": company.postal_code, "city": company.city}
        other = derived("location", place, tenant_id=tenant_id, customer_name=company.name)
        yield (
            *(
                f"N-{number:07d}",
                company.name,
                one["name_key"],
                one["match_keys"],
                company.phone,
                company.email,
            ),
            *(company.street, company.postal_code, company.city, other["address_key"], other["city_key"]),
            other["match_keys"],
        )


_STATEMENTS = (
    """
    INSERT INTO customers_customer
        (tenant_id, number, name, name_key, match_keys, type, industry, email, phone, created_at, updated_at)
    SELECT %s, number, name, name_key, c_keys, '', '', email, phone, now(), now() FROM loaded
    """,
    """
    INSERT INTO customers_location
        (tenant_id, customer_id, name, street, postal_code, city, country, address_key, city_key, match_keys,
         access_notes, default_priority, created_at, updated_at)
    SELECT c.tenant_id, c.id, '', l.street, l.postal_code, l.city, 'DE', l.address_key, l.city_key, l.l_keys,
           '', '', now(), now()
    FROM loaded l JOIN customers_customer c ON c.tenant_id = %s AND c.number = l.number
    """,
)
