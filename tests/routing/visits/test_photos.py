"""Pictures are read by what they are and made anew: no EXIF, no size without bound, nothing that is no picture."""

import zlib
from io import BytesIO
from threading import BoundedSemaphore

import pytest
from PIL import Image

from routing.planning.refusals import Refused
from routing.visits import photos
from routing.visits.models import AttachmentKind
from routing.visits.photos import remade
from tests.routing.visits.cast import picture, sha256, signature

START_OF_SCAN, END_OF_IMAGE = b"\xff\xda", b"\xff\xd9"
PHOTO, SIGNATURE = AttachmentKind.PHOTO, AttachmentKind.SIGNATURE


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def code_of(sent: bytes, kind: AttachmentKind = PHOTO) -> str:
    with pytest.raises(Refused) as refusal:
        remade(sent, kind)
    return refusal.value.code


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_photo_becomes_a_jpeg(form: str):
    kept = remade(picture(form=form), PHOTO)
    assert (kept.content_type, opened(kept.content).format) == ("image/jpeg", "JPEG")
    assert kept.sha256 == sha256(kept.content)


def test_it_stands_upright_and_tells_nothing_of_place_and_device():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "Phone maker"
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    sent = picture((80, 40), exif=exif, comment=b"secret")
    kept = opened(remade(sent, PHOTO).content)
    assert kept.size == (40, 80)
    assert not kept.getexif()
    assert "exif" not in kept.info
    assert "comment" not in kept.info


def test_its_longest_side_is_bounded():
    assert opened(remade(picture((5000, 1000)), PHOTO).content).size == (2048, 410)


def test_what_shines_through_is_white():
    buffer = BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(buffer, "PNG")
    assert opened(remade(buffer.getvalue(), PHOTO).content).getpixel((5, 5)) == (255, 255, 255)


def test_a_signature_stays_a_png():
    kept = remade(signature(), SIGNATURE)
    image = opened(kept.content)
    assert (kept.content_type, image.format, image.size) == ("image/png", "PNG", (700, 280))
    assert (image.getpixel((0, 0)), image.getpixel((200, 105))) == (255, 0)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%PDF-1.4",
        picture(form="GIF"),
        picture(form="TIFF"),
        picture((600, 600))[:700],
        b"\xff\xd8\xff\xe0" + b"\x00" * 200,
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 200,
    ],
)
def test_what_is_no_whole_picture_is_refused(sent: bytes):
    assert code_of(sent) == "not_a_picture"


def test_a_small_file_of_very_many_pixels_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(photos, "MAX_PIXELS", 10_000)
    assert code_of(picture((101, 100))) == "too_large"


def test_a_picture_that_calls_itself_enormous_is_refused():
    sent = bytearray(picture(form="PNG"))
    sent[16:24] = (100_000).to_bytes(4, "big") * 2
    sent[29:33] = zlib.crc32(sent[12:29]).to_bytes(4, "big")
    assert code_of(bytes(sent)) in ("too_large", "not_a_picture")


def test_bytes_are_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(photos, "MAX_SENT_BYTES", 100)
    monkeypatch.setattr(photos, "MAX_SIGNATURE_BYTES", 100)
    assert code_of(picture((200, 200))) == "too_large"
    assert code_of(signature(), SIGNATURE) == "too_large"


def test_a_line_of_very_many_pixels_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(photos, "MAX_SIDE", 100)
    assert code_of(picture((101, 1))) == "too_large"


def test_a_picture_that_is_no_jpeg_may_have_fewer_pixels(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(photos, "MAX_OTHER_PIXELS", 10_000)
    assert code_of(picture((101, 100), form="PNG")) == "too_large"
    assert remade(picture((101, 100)), PHOTO)


def test_a_signature_may_have_fewer_pixels_still(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(photos, "MAX_SIGNATURE_PIXELS", 10_000)
    assert code_of(signature(), SIGNATURE) == "too_large"


def test_a_jpeg_that_paints_over_itself_without_end_is_refused():
    sent = picture(progressive=True)
    last = sent[sent.rindex(START_OF_SCAN) : -2]
    # Each of them takes as long as the whole picture.
    assert code_of(sent[:-2] + last * photos.MAX_SCANS + END_OF_IMAGE) == "too_large"


def test_what_lies_behind_a_picture_is_not_counted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(photos, "MAX_SCANS", 1)
    assert remade(picture() + START_OF_SCAN * 10, PHOTO)


def test_a_thumbnail_within_a_picture_is_not_counted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(photos, "MAX_SCANS", 1)
    assert remade(picture(comment=START_OF_SCAN * 10), PHOTO)


def test_a_picture_far_too_large_stands_upright_too():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert opened(remade(picture((9000, 900), form="PNG", exif=exif), PHOTO).content).size == (205, 2048)


def test_a_signature_is_a_png():
    assert code_of(picture(), SIGNATURE) == "not_a_picture"


def test_what_finds_no_place_to_wait_is_refused_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(photos, "_places", BoundedSemaphore(1))
    with photos._places:
        assert code_of(picture()) == "busy"
    # Also where it was no picture, its place is free again.
    assert code_of(b"no picture") == "not_a_picture"
    assert remade(picture(), PHOTO)
