"""Items as an ERP sends them: a new job with its customer, location and contact, all known by external ID."""

from typing import Any

from tests.benchmarks.registry import customer

# Neighbouring items belong to customers far apart, so that no page of an index serves a whole request.
_STRIDE = 7_919


def item(external_id: str, number: int, *, customers: int) -> dict[str, Any]:
    """The item of a number, for one of the registry's customers."""
    known = customer(number * _STRIDE % customers)
    return {
        "externalId": external_id,
        "title": "Maintenance visit",
        "description": "Check refrigeration unit and document status.",
        "customer": {
            "externalId": f"CUST-{known['suffix']}",
            "customerNumber": known["number"],
            "name": known["name"],
        },
        "location": {
            "externalId": f"LOC-{known['suffix']}",
            "name": "Main house",
            "street": known["street"],
            "postalCode": known["postal_code"],
            "city": known["city"],
            "country": "DE",
            "latitude": known["latitude"],
            "longitude": known["longitude"],
            "defaultEstimatedWorkMinutes": 45,
            "defaultPriority": "Normal",
        },
        "contact": {
            "externalId": f"CONT-{known['suffix']}",
            "displayName": known["person"],
            "role": "Operations Manager",
            "email": known["email"],
            "phone": known["phone"],
        },
        "planning": {
            "priority": "High",
            "estimatedWorkMinutes": 45,
            "dueDate": "2026-07-01",
            "preferredTimeWindowStart": "2026-07-01T08:00:00Z",
            "preferredTimeWindowEnd": "2026-07-01T14:00:00Z",
        },
        "customFields": {"serviceType": "Maintenance", "assetId": f"FRIDGE-{number}"},
    }
