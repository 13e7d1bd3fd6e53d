"""`manage.py match_quality`: precision and recall of links by name, and what other thresholds would have done."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from imports.match_quality.cases import SAMPLE, cases_of, thresholds_of
from imports.match_quality.judging import Outcome, Thresholds
from imports.match_quality.report import Report, as_json, report_of
from imports.match_quality.wording import effect, said, share
from ordinavo_connect.clients.models import IntegrationClient, Tenant

OPTIONS = ("link_threshold", "review_threshold", "margin")


class Command(BaseCommand):
    help = (
        "Precision and recall of the links that were made by name, against what staff decided; and what other"
        f" thresholds would have done. Looks at the newest {SAMPLE:,} reviews and items."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--client", metavar="NAME", help="one client; without, all of the tenant")
        for name in OPTIONS:
            flag = f"--{name.replace('_', '-')}"
            parser.add_argument(flag, type=float, metavar="0-1", help="to try; nothing is changed")
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {options['tenant']}.")
        client = _client(tenant, options["client"]) if options["client"] else None
        report = report_of(cases_of(tenant, client), _asked(client, options))
        if options["json"]:
            self.stdout.write(json.dumps(as_json(report), indent=2))
        else:
            self.stdout.write("\n".join(_lines(report)))


def _client(tenant: Tenant, name: str) -> IntegrationClient:
    client = IntegrationClient.objects.filter(tenant=tenant, name=name).first()
    if client is None:
        names = (
            IntegrationClient.objects.filter(tenant=tenant).order_by("name").values_list("name", flat=True)
        )
        raise CommandError(f"There is no client {name}; there are: {', '.join(names) or 'none'}.")
    return client


def _asked(client: IntegrationClient | None, options: dict[str, Any]) -> Thresholds | None:
    """What is to be tried; what is not named is as the client has it, or as a new client would."""
    if all(options[name] is None for name in OPTIONS):
        return None
    present = thresholds_of(client or IntegrationClient())
    link, review, margin = (
        options[name] if options[name] is not None else now
        for name, now in zip(OPTIONS, (present.link, present.review, present.margin), strict=True)
    )
    if not all(0 <= value <= 1 for value in (link, review, margin)):
        raise CommandError("Thresholds and margin lie between 0 and 1.")
    if review > link:
        raise CommandError("The review threshold may not lie above the link threshold.")
    return Thresholds(link, review, margin)


def _lines(report: Report) -> list[str]:
    now = report.now
    if not now.cases:
        return ["No names were compared yet: no client uses the strategy ExternalIdThenNameAndAddress."]
    lines = [
        f"{now.cases:,} names were compared; {now.links:,} are linked without staff, {now.reviews:,} are asked about.",
        f"precision {share(now.precision)}, recall {share(now.recall)}; a link that nobody took back counts as right.",
        "",
        f"{'link threshold':>14}  {'links':>7}  {'reviews':>7}  {'otherwise':>9}  {'precision':>9}  {'recall':>7}",
        *(_line(row.link, row.outcome) for row in report.rows),
    ]
    if report.asked and report.then:
        asked = report.asked
        lines += [
            "",
            f"At {asked.link} (review {asked.review}, margin {asked.margin}): {effect(now, report.then)}",
            *(
                f"  {each.case.source_system}/{each.case.key}  {said(each.case)}  → #{each.record}"
                for each in report.then.otherwise
            ),
        ]
    return lines


def _line(link: float, result: Outcome) -> str:
    counts = f"{result.links:>7,}  {result.reviews:>7,}  {len(result.otherwise):>9,}"
    return f"{link:>14}  {counts}  {share(result.precision):>9}  {share(result.recall):>7}"
