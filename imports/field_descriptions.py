"""A sentence on each field of an import that has none in `imports.contract`, for the OpenAPI document."""

from collections.abc import Mapping

_EXTERNAL_ID = "What the source system calls it. The same text elsewhere is another record."
_EMAIL = "E-mail address."
_PHONE = "In any usual form; one that cannot be read is the warning `invalid_phone`."

DESCRIPTIONS: Mapping[str, Mapping[str, str]] = {
    "TargetIn": {
        "externalId": "What the source system calls the target; unique in it.",
        "description": "What is to be done. Line breaks stay.",
        "externalType": "The kind of target in the source system; stored and shown.",
        "templateKey": "Which template the work follows; stored and shown.",
        "customer": "For whom; null unlinks. Needs the scope `customers.map`.",
        "location": "Where; null unlinks. Needs the scope `customers.map`.",
        "contact": "Whom to ask for; null unlinks. Needs the scope `customers.map`.",
        "planning": "When, how long and how urgent; null clears all of it.",
        "businessValue": "What it is worth; null clears all of it.",
        "requiredSkills": "What the employee must be able to do. The list is replaced, not merged.",
        "customFields": "Fields of your own, merged key by key; null removes a key.",
    },
    "Batch": {"batchId": "Your own id of the batch, to find its import job by."},
    "CustomerIn": {
        "externalId": _EXTERNAL_ID,
        "customerNumber": "Unique in the tenant, whatever the source system; compared exactly.",
        "name": "Name of the company or person.",
        "type": "Kind of customer, in your own words.",
        "industry": "Its industry, in your own words.",
        "email": _EMAIL,
        "phone": _PHONE,
    },
    "LocationIn": {
        "externalId": _EXTERNAL_ID,
        "name": "What people call the place.",
        "street": "Street and number.",
        "postalCode": "Postal code.",
        "city": "City.",
        "country": "ISO 3166-1 alpha-2.",
        "latitude": "Degrees north; together with `longitude`, or neither.",
        "longitude": "Degrees east; together with `latitude`, or neither.",
        "accessNotes": "How to get in. Line breaks stay.",
        "defaultEstimatedWorkMinutes": "For targets there that say none.",
        "defaultPriority": "For targets there that say none.",
    },
    "ContactIn": {
        "externalId": _EXTERNAL_ID,
        "displayName": "Name of the person.",
        "role": "What the person does there.",
        "email": _EMAIL,
        "phone": _PHONE,
    },
    "PlanningIn": {
        "priority": "How urgent; the location's default, else `Normal`, where none is given.",
        "estimatedWorkMinutes": "The location's default, else the tenant's (60), where none is given.",
        "dueDate": "The day by whose end it is to be done.",
        "dueAtUtc": "The latest start.",
        "routeDate": "The day it is planned for.",
        "preferredTimeWindowStart": "From when somebody may come.",
        "preferredTimeWindowEnd": "Until when; after the start.",
        "fixedTime": "Whether it starts exactly at the start of the window, which must be given then.",
    },
    "BusinessValueIn": {
        "expectedRevenue": "An amount of money.",
        "customerTier": "Rank of the customer, as A, B or C.",
    },
}
