"""Items of imports. Their names follow their ids, so that a record that is there twice shows."""

from typing import Any


def item(number: int, *, customers: int = 0) -> dict[str, Any]:
    """One target; with `customers` of one in so many, shared customers, with its location and contact."""
    plain = {"externalId": f"JOB-{number}", "title": f"Visit {number}"}
    if not customers:
        return plain
    shared = number % customers
    return plain | {
        "customer": {
            "externalId": f"CUST-{shared}",
            "customerNumber": f"N-{shared}",
            "name": f"Customer {shared}",
        },
        "location": {
            "externalId": f"LOC-{shared}",
            "name": f"Location {shared}",
            "street": f"Road {shared}",
            "postalCode": "45127",
            "city": "Essen",
            "country": "DE",
        },
        "contact": {
            "externalId": f"CONT-{shared}",
            "displayName": f"Contact {shared}",
            "email": f"contact{shared}@example.com",
        },
    }


def batch(numbers: "list[int] | range", *, customers: int = 0) -> dict[str, Any]:
    return {"items": [item(number, customers=customers) for number in numbers]}
