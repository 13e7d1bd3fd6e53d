"""`manage.py create_client`: an Integration Client and its first API key, for automation."""

import json
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, transaction
from django.utils.dateparse import parse_datetime

from ordinavo_connect.clients.creation import create_client
from ordinavo_connect.clients.key_lifecycle import create_key
from ordinavo_connect.clients.models import (
    LINK_THRESHOLD,
    MARGIN,
    REVIEW_THRESHOLD,
    ApiKey,
    Strategy,
    Tenant,
    UpdatePolicy,
)
from ordinavo_connect.clients.scopes import ALIASES, SCOPES
from ordinavo_connect.clients.tenants import create_tenant

# Fields whose flag has another name.
FLAGS = {"slug": "tenant", "review_unknown": "no_review_unknown"}
# Options that are arguments of creation.create_client under the same name.
CLIENT_OPTIONS = (
    *("name", "source_system", "scopes", "environment", "strategy"),
    *("auto_create_customers", "auto_create_locations", "auto_create_contacts", "update_policy"),
    *("refuse_unmapped", "review_unknown", "link_threshold", "review_threshold", "margin"),
    *("allowed_ips", "rate_limit"),
)
# Of names that are compared.
THRESHOLDS = (
    ("--link-threshold", LINK_THRESHOLD, "score from which a candidate is linked by its name and address"),
    ("--review-threshold", REVIEW_THRESHOLD, "score from which staff are asked"),
    ("--margin", MARGIN, "by how much the best candidate must beat the next"),
)


class Command(BaseCommand):
    # What is wrong with the set-up is said by `manage.py check`; here it would stand in the way of the answer.
    requires_system_checks: list[str] = []
    help = "Make an Integration Client with an API key, printed once. The tenant is made where there is none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="made where it does not exist")
        parser.add_argument("--name", required=True, help="name of the client, once a tenant")
        parser.add_argument("--source-system", required=True, help="1 to 64 of A-Z, a-z, 0-9, dot, _ and -")
        scopes = ", ".join([*SCOPES, *ALIASES])
        parser.add_argument("--scopes", required=True, type=_words, help=f"separated by commas, of: {scopes}")
        parser.add_argument(
            "--environment", choices=["live", "test"], default="live", help="test: the sandbox"
        )
        parser.add_argument("--strategy", choices=Strategy.values, default=Strategy.EXTERNAL_ID_FIRST)
        for records in ("customers", "locations", "contacts"):
            help = f"create {records} that are not found (needs customers.write)"
            parser.add_argument(f"--auto-create-{records}", action="store_true", help=help)
        parser.add_argument("--update-policy", choices=UpdatePolicy.values, default=UpdatePolicy.FILL_BLANKS)
        parser.add_argument(
            "--refuse-unmapped", action="store_true", help="take only targets of known customers"
        )
        parser.add_argument(
            "--no-review-unknown",
            dest="review_unknown",
            action="store_false",
            help="ask nobody about what was not found",
        )
        for flag, default, help in THRESHOLDS:
            parser.add_argument(flag, type=float, default=default, metavar="0-1", help=f"{help} ({default})")
        parser.add_argument(
            "--expires-at", type=str, metavar="TIME", help="of the key, as 2027-01-31T12:00:00Z"
        )
        parser.add_argument(
            "--allowed-ips",
            type=_words,
            default=[],
            metavar="CIDRS",
            help="separated by commas; none: everywhere",
        )
        parser.add_argument(
            "--rate-limit", type=int, default=600, metavar="N", help="requests a minute (600)"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key, text = _create(options)
        except ValidationError as error:
            raise CommandError(_sentences(error)) from None
        except OperationalError as error:
            hint = "start `make up` first, with the same VAR_DIR, or set DATABASE_URL."
            raise CommandError(f"The database cannot be reached: {hint}\n{error}") from None
        result = _result(key, text)
        self.stdout.write(json.dumps(result) if options["json"] else _told(result))


@transaction.atomic
def _create(options: dict[str, Any]) -> tuple[ApiKey, str]:
    expires_at = _moment(options["expires_at"])
    tenant = Tenant.objects.filter(slug=options["tenant"]).first() or create_tenant(options["tenant"])
    client = create_client(tenant, **{name: options[name] for name in CLIENT_OPTIONS})
    return create_key(client, name=options["name"], expires_at=expires_at)


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _moment(text: str | None) -> datetime | None:
    try:
        moment = parse_datetime(text) if text else None
    except ValueError:
        moment = None
    if text and moment is None:
        raise ValidationError({"expires_at": [f"{text} is no time such as 2027-01-31T12:00:00Z."]})
    return moment


def _sentences(error: ValidationError) -> str:
    """Every fault, a line each, under the name of its flag."""
    lines = []
    for field, messages in error.message_dict.items():
        flag = FLAGS.get(field, field)
        prefix = "" if field == "__all__" else f"--{flag.replace('_', '-')}: "
        lines += [prefix + message for message in messages]
    return "\n".join(lines)


def _result(key: ApiKey, text: str) -> dict[str, Any]:
    client = key.client
    return {
        "apiKey": text,
        "publicId": key.public_id,
        "integrationClientId": client.pk,
        "tenant": client.tenant.slug,
        "sourceSystem": client.source_system,
        "environment": client.tenant.environment,
        "scopes": client.scopes,
        "expiresAt": _utc(key.expires_at) if key.expires_at else None,
    }


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _told(result: dict[str, Any]) -> str:
    return (
        f"API key: {result['apiKey']}\n"
        f"It is shown this once. Client {result['integrationClientId']} of {result['tenant']}, "
        f"source system {result['sourceSystem']}, environment {result['environment']}, "
        f"scopes {', '.join(result['scopes']) or 'none'}."
    )
