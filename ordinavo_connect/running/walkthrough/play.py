"""The workflow, step by step: from an import to an acknowledged invoice, and two more visits on their way there.

Each step goes through the door that its person uses: the ERP through the API, the manager and the office through
the admin, the employee through My Day. What is made stays there to look at.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from ordinavo_connect.running.steps import say
from ordinavo_connect.running.walkthrough.doors import Api, Browser, DoorClosed, errors_on
from ordinavo_connect.running.walkthrough.photo import photo, signature

EXAMPLE = Path("imports/examples/target-with-customer.request.json")
ZONE = ZoneInfo("Europe/Berlin")
# What a worker may take until a plan is there, and a sender until an event has its place.
PATIENCE_SECONDS = 60.0
POLL_SECONDS = 0.3
SOLVING_SECONDS = "5"
# Days that are tried until one has room.
MOST_DAYS = 20

# Three visits: one is billed and acknowledged, one waits for the ERP, one for a price that nobody has set.
VISITS: tuple[tuple[str, tuple[str, str, str] | None], ...] = (
    ("Maintenance visit", None),
    ("Filter exchange", ("Filter F7", "2", "pc")),
    ("Compressor check", ("Special gasket", "1", "pc")),
)


@dataclass
class Walk:
    """What the steps hand on to each other.

    Args:
        demo: of `demo.json`.
        root: the repository, where the example lies.
    """

    demo: Mapping[str, str]
    root: Path
    day: date = field(default_factory=lambda: working_day(datetime.now(ZONE).date()))
    targets: list[dict[str, Any]] = field(default_factory=list)
    suggestion: int = 0
    appointments: list[int] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    billing: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        base = self.demo["baseUrl"]
        self.erp = Api(base, self.demo["apiKey"])
        self.staff, self.phone = Browser(base), Browser(base)


def working_day(today: date) -> date:
    """Today, or the Monday after the weekend."""
    return today + timedelta(days=max(0, 7 - today.weekday())) if today.weekday() > 4 else today


def import_targets(walk: Walk) -> str:
    example = json.loads((walk.root / EXAMPLE).read_text())
    stamp = datetime.now(ZONE).strftime("%Y%m%d-%H%M%S")
    items = [
        example
        | {
            "externalId": f"DEMO-{stamp}-{number}",
            "title": title,
            "planning": {
                "priority": "High",
                "estimatedWorkMinutes": 45,
                "routeDate": walk.day.isoformat(),
            },
        }
        for number, (title, _used) in enumerate(VISITS, start=1)
    ]
    answer = walk.erp.post("/inbound/targets/batch", {"batchId": f"DEMO-{stamp}", "items": items})
    walk.targets = answer["items"]
    return f"import job {answer['importJobId']}, {len(items)} targets"


def poll_import(walk: Walk) -> str:
    said = []
    for item in walk.targets:
        target = walk.erp.get(f"/inbound/targets/{item['externalId']}")
        said.append(f"{target['externalId']}: {target['status']}, {target['customerMapping']['status']}")
    return "; ".join(said)


def suggest(walk: Walk) -> str:
    """For the first day that has room: whoever plays the demo often fills the days."""
    walk.staff.log_in("/admin/login/", user=walk.demo["adminUser"], password=walk.demo["adminPassword"])
    employee = _employee(walk)
    for _day in range(MOST_DAYS):
        plan = _suggested(walk, employee)
        if not plan["excluded"]:
            return f"{walk.day}: {plan['summary']}"
        _require_no_error(walk.staff.submit(_suggestion(walk, "discard")))
        walk.day = working_day(walk.day + timedelta(days=1))
    left_out = "; ".join(each["message"] for each in plan["excluded"])
    raise DoorClosed(f"No day until {walk.day} has room for the visits: {left_out}")


def _suggested(walk: Walk, employee: str) -> dict[str, Any]:
    page = walk.staff.submit(
        "/admin/planning/routesuggestion/day/ask/",
        date=walk.day.isoformat(),
        targets="chosen",
        target=[str(item["targetId"]) for item in walk.targets],
        employee=[employee],
        seconds=SOLVING_SECONDS,
    )
    _require_no_error(page)
    walk.suggestion = _newest_suggestion(walk)
    plan: dict[str, Any] = _wait(lambda: _draft(walk), "the plan")
    return plan


def _employee(walk: Walk) -> str:
    """Who logs in to My Day."""
    user = walk.demo["myDayUser"]
    for employee in walk.erp.get("/employees")["items"]:
        if employee["name"].lower().startswith(user):
            return str(employee["employeeId"])
    raise DoorClosed(f"There is no employee for the log-in {user}.")


def _newest_suggestion(walk: Walk) -> int:
    page = walk.staff.open(f"/admin/planning/routesuggestion/day/?date={walk.day.isoformat()}")
    found = [part.split("&")[0].split('"')[0] for part in page.split("suggestion=")[1:]]
    numbers = [int(number) for number in found if number.isdecimal()]
    if not numbers:
        raise DoorClosed("The planning page shows no plan.")
    return max(numbers)


def _draft(walk: Walk) -> dict[str, Any] | None:
    """The plan, once it is there, as the planning page has it."""
    if walk.staff.json(_suggestion(walk, "progress"))["isRunning"]:
        return None
    plan: dict[str, Any] = walk.staff.json(_suggestion(walk, "plan"))
    if "version" not in plan:
        raise DoorClosed("No plan came of it: the planning page says why.")
    return plan


def publish(walk: Walk) -> str:
    plan = walk.staff.json(_suggestion(walk, "plan"))
    page = walk.staff.submit(_suggestion(walk, "publish"), version=str(plan["version"]))
    _require_no_error(page)
    for item in walk.targets:
        target = walk.erp.get(f"/inbound/targets/{item['externalId']}")
        if target["status"] != "Planned":
            raise DoorClosed(f"{target['externalId']} is {target['status']}, not Planned.")
        walk.appointments.append(target["appointment"]["appointmentId"])
    return str(plan["publish"]["says"])


def visit(walk: Walk) -> str:
    walk.phone.log_in("/my-day/log-in", user=walk.demo["myDayUser"], password=walk.demo["myDayPassword"])
    for appointment, (title, used) in zip(walk.appointments, VISITS, strict=True):
        _visit(walk, appointment, title, used)
    return f"{len(walk.appointments)} visits, each with a photo and a signature"


def _visit(walk: Walk, appointment: int, title: str, used: tuple[str, str, str] | None) -> None:
    base = f"/my-day/appointments/{appointment}"
    walk.phone.submit(f"{base}/start", action_id=str(uuid4()))
    pictures = {"Photo": photo(f"{title} {walk.day}"), "Signature": signature()}
    for kind, content in pictures.items():
        name = hashlib.sha256(content).hexdigest()
        walk.phone.send(f"{base}/photos/{name}?kind={kind}", content, "application/octet-stream")
    name, quantity, unit = used or ("", "", "")
    page = walk.phone.submit(
        f"{base}/report/submit",
        action_id=str(uuid4()),
        result="Successful",
        text=f"{title}: unit checked, pressure and temperature are within their limits.",
        work_minutes="45",
        is_billable="on",
        material_name=name,
        material_quantity=quantity,
        material_unit=unit,
        signed_by="Anna Weber",
    )
    if "is sent" not in page:
        raise DoorClosed(f"My Day did not take the report of {title}.")


def approve(walk: Walk) -> str:
    for item in walk.targets:
        found = walk.erp.get(f"/visit-reports?externalId={item['externalId']}")["items"]
        if not found:
            raise DoorClosed(f"There is no report of {item['externalId']}.")
        page = walk.staff.submit(f"/admin/visits/visitreport/{found[0]['id']}/approve/")
        _require_no_error(page)
    walk.reports = [
        walk.erp.get(f"/visit-reports?externalId={item['externalId']}")["items"][0] for item in walk.targets
    ]
    return ", ".join(f"{each['title']}: {each['status']}, {each['billingStatus']}" for each in walk.reports)


def acknowledge(walk: Walk) -> str:
    """The ERP makes its invoice of the first bill; the second stays ready, the third waits for its price."""
    mine = {report["id"]: report for report in walk.reports}
    bills = {
        each["billingEvent"]["visitReportId"]: each
        for each in walk.erp.get("/billing-events")["items"]
        if each["billingEvent"]["visitReportId"] in mine
    }
    statuses = [bills[report["id"]]["billingEvent"]["status"] for report in walk.reports]
    if statuses != ["Ready", "Ready", "Pending"]:
        raise DoorClosed(f"The bills are {', '.join(statuses)}; Ready, Ready and Pending are expected.")
    first = bills[walk.reports[0]["id"]]["billingEvent"]["id"]
    number = f"INV-{datetime.now(ZONE):%Y%m%d%H%M%S}"
    walk.billing = walk.erp.post(f"/billing-events/{first}/ack", {"documentNumber": number})
    event, customer = walk.billing["billingEvent"], walk.billing["customer"]
    return (
        f"{event['documentNumber']}, {event['total']} {event['currency']}, "
        f"for {customer['externalId']} ({customer['customerNumber']})"
    )


def told(walk: Walk) -> str:
    """What a receiver of webhooks was told of the first target, read from `GET /events`."""
    wanted = {walk.targets[0]["externalId"]}
    types = _wait(lambda: _types_of(walk, wanted), "the events")
    return " → ".join(types)


def _types_of(walk: Walk, external_ids: set[str]) -> list[str] | None:
    """The types of the events of some targets, once the last of them has its place."""
    types: list[str] = []
    cursor = ""
    while True:
        page = walk.erp.get(f"/events?limit=500{f'&after={cursor}' if cursor else ''}")
        types += [
            event["eventType"]
            for event in page["items"]
            if event.get("target", {}).get("externalId") in external_ids
        ]
        cursor = page["nextCursor"]
        if not page["items"]:
            return types if "billing.event_sent" in types else None


STEPS: tuple[tuple[str, Callable[[Walk], str]], ...] = (
    ("ERP: import three targets with customer, location and contact", import_targets),
    ("ERP: look what became of them", poll_import),
    ("Manager: suggest a route", suggest),
    ("Manager: publish it", publish),
    ("Employee: do the visits on the phone, and write the reports", visit),
    ("Office: approve the reports", approve),
    ("ERP: take the bill, and acknowledge it with an invoice", acknowledge),
    ("ERP: what was told of the first target", told),
)


def play(demo: Mapping[str, str], root: Path) -> Walk:
    """All steps, one after the other, each said with what came of it.

    Raises:
        DoorClosed: a step failed.
    """
    walk = Walk(demo, root)
    for number, (title, step) in enumerate(STEPS, start=1):
        say(f"{number}. {title} …")
        say(f"   {step(walk)}")
    return walk


def _suggestion(walk: Walk, action: str) -> str:
    return f"/admin/planning/routesuggestion/{walk.suggestion}/{action}/"


def _require_no_error(page: str) -> None:
    if errors := errors_on(page):
        raise DoorClosed(" ".join(errors))


def _wait(look: Callable[[], Any], what: str) -> Any:
    """Look again and again until something is there.

    Raises:
        DoorClosed: nothing is there in time.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if (found := look()) is not None:
            return found
        time.sleep(POLL_SECONDS)
    raise DoorClosed(f"After {PATIENCE_SECONDS:.0f} s there is no sign of {what}.")
