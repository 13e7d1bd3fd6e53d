"""Photos and signatures: kept once, counted, and seen by nobody who may not."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from ordinavo_connect.clients.models import Tenant, User
from routing.planning.models import Appointment, Employee
from routing.planning.refusals import Refused
from routing.visits.attachments import MAX_PHOTOS, name_photos, receive, remove
from routing.visits.links import signed_path
from routing.visits.models import Attachment, AttachmentKind
from tests.factories import make_user
from tests.routing.cast import at, make_employee
from tests.routing.visits.cast import attach, draft, picture, sha256, signature, submitted

pytestmark = pytest.mark.django_db

BrowserOf = Callable[[User], Client]
SIGNATURE = AttachmentKind.SIGNATURE


@pytest.fixture
def photo(appointment: Appointment) -> Attachment:
    return attach(draft(appointment))


def path(attachment: Attachment) -> str:
    return f"/my-day/attachments/{attachment.pk}"


def test_the_same_picture_twice_is_kept_once(appointment: Appointment):
    report = draft(appointment)
    assert attach(report) == attach(report)
    assert report.attachments.count() == 1


def test_a_picture_that_was_damaged_on_its_way_is_refused(appointment: Appointment):
    with pytest.raises(Refused) as refusal:
        receive(
            draft(appointment),
            sent=picture(),
            sent_sha256=sha256(b"other"),
            kind=AttachmentKind.PHOTO,
            now=at(10),
        )
    assert refusal.value.code == "damaged"


def test_there_are_so_many_photos_and_no_more(appointment: Appointment):
    report = draft(appointment)
    name_photos(report, hashes=[f"{number:064x}" for number in range(MAX_PHOTOS)], now=at(10))
    with pytest.raises(Refused) as refusal:
        attach(report)
    assert refusal.value.code == "too_many_photos"
    assert report.attachments.count() == MAX_PHOTOS
    attach(report, signature(), SIGNATURE)


def test_no_picture_is_worked_on_for_nothing(appointment: Appointment, monkeypatch: pytest.MonkeyPatch):
    report = draft(appointment)
    kept = attach(report)
    name_photos(report, hashes=[f"{number:064x}" for number in range(MAX_PHOTOS - 1)], now=at(10))
    monkeypatch.setattr("routing.visits.attachments.remade", None)
    assert attach(report) == kept
    with pytest.raises(Refused) as refusal:
        attach(report, picture((10, 10)))
    assert refusal.value.code == "too_many_photos"


def test_a_new_signature_takes_the_place_of_the_old(appointment: Appointment):
    report = draft(appointment)
    attach(report)
    attach(report, signature(), SIGNATURE)
    newer = attach(report, picture((600, 200), "PNG"), SIGNATURE)
    assert [each.pk for each in report.attachments.filter(kind=SIGNATURE)] == [newer.pk]
    assert report.attachments.count() == 2


def test_a_photo_is_removed_while_the_report_is_open(appointment: Appointment):
    report = draft(appointment)
    attach(report)
    remove(report, sent_sha256=sha256(picture()))
    assert not report.attachments.exists()


def test_of_a_report_that_was_sent_photos_stay_as_they_are(appointment: Appointment):
    attach(draft(appointment))
    report = submitted(appointment)
    for change in (
        lambda: attach(report, picture(color="blue")),
        lambda: remove(report, sent_sha256=sha256(picture())),
        lambda: name_photos(report, hashes=["0" * 64], now=at(12)),
    ):
        with pytest.raises(Refused) as refusal:
            change()
        assert refusal.value.code == "report_sent"
    assert report.attachments.count() == 1


# Who sees them


@pytest.mark.parametrize("name", ["employee", "owner", "dispatcher", "viewer"])
def test_its_employee_and_readers_of_reports_see_it(
    name: str, request: pytest.FixtureRequest, photo: Attachment, browser_of: BrowserOf
):
    answer = browser_of(request.getfixturevalue(name)).get(path(photo))
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert answer.content == bytes(photo.content)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"].startswith("private")
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize("name", ["integration_admin", "reviewer", "other_owner", "colleague", "nobody"])
def test_to_everybody_else_it_is_not_there(
    name: str,
    request: pytest.FixtureRequest,
    photo: Attachment,
    malik: Employee,
    tenant: Tenant,
    browser_of: BrowserOf,
):
    if name == "nobody":
        browser = Client()
    elif name == "colleague":
        user = make_user("colleague", tenant, "employee")
        make_employee(tenant, "Colleague", user=user)
        browser = browser_of(user)
    else:
        browser = browser_of(request.getfixturevalue(name))
    theirs, nobodys = browser.get(path(photo)), browser.get("/my-day/attachments/987654321")
    assert theirs.status_code == nobodys.status_code == 404


def test_a_signed_address_opens_it_for_ten_minutes(photo: Attachment):
    with time_machine.travel(at(12), tick=False) as clock:
        link = signed_path(photo)
        assert Client().get(link).content == bytes(photo.content)
        clock.shift(timedelta(minutes=9, seconds=59))
        assert Client().get(link).status_code == 200
        clock.shift(timedelta(seconds=2))
        assert Client().get(link).status_code == 404


def test_a_signature_opens_nothing_else(photo: Attachment):
    other = attach(photo.report, picture(color="blue"))
    signed = signed_path(photo).partition("?")[2]
    assert Client().get(f"{path(other)}?{signed}").status_code == 404
    assert Client().get(f"{path(photo)}?{signed}x").status_code == 404
    assert Client().get(f"{path(photo)}?signature=").status_code == 404


def test_what_has_not_arrived_is_not_there(appointment: Appointment, employee: User, browser_of: BrowserOf):
    report = draft(appointment)
    name_photos(report, hashes=["0" * 64], now=at(10))
    assert browser_of(employee).get(path(report.attachments.get())).status_code == 404
