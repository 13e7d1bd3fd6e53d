"""Pictures that a phone sends: read by what they are, not by their name, and made anew before they are kept.

What is kept holds the picture alone: no EXIF (place, time, device), no colour profile, nothing hidden behind the
last pixel. A JPEG is decoded at a fraction of its size where it is far too large, anything else is made smaller
before it is turned; few pictures are worked on at once, so that a crowd of phones costs time and not memory.
"""

import hashlib
import struct
from dataclasses import dataclass
from io import BytesIO
from threading import BoundedSemaphore

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from routing.planning.refusals import Refused
from routing.visits.jpeg_scans import scans_of
from routing.visits.models import AttachmentKind

# As sent: above what phones make of a picture, below what the edge takes.
MAX_SENT_BYTES = 15 * 1024 * 1024
# Phones make JPEGs of 12 to 50 megapixels; pictures of the other kinds are of a screen, and take more to decode.
MAX_PIXELS = 50_000_000
MAX_OTHER_PIXELS = 24_000_000
# A line of many millions of pixels takes ten times the memory of a square; panoramas have some 20,000.
MAX_SIDE = 32_767
# Of a JPEG: a progressive one has about ten. Each takes 0.15 seconds of a picture of 50 megapixels.
MAX_SCANS = 32
# Of one process: 900 MB at worst (WebP, or a progressive CMYK JPEG), 100 MB of what phones send.
MAX_AT_ONCE = 2
# More that wait for their turn would take the threads that answer everybody else; the phone sends them again.
MAX_WAITING = 2
# As kept: enough to read a type plate, some 300 to 700 KB.
LONGEST_SIDE = 2048
QUALITY = 85
# A signature is a line on a small glass.
MAX_SIGNATURE_BYTES = 512 * 1024
MAX_SIGNATURE_PIXELS = 4_000_000
SIGNATURE_LONGEST_SIDE = 1200

# Those whose decoders are sound, and that a browser can show; a phone makes a JPEG of its own format by itself.
FORMATS = ("JPEG", "PNG", "WEBP")

# EXIF, `Orientation`.
_ORIENTATION = 0x0112

_turns = BoundedSemaphore(MAX_AT_ONCE)
_places = BoundedSemaphore(MAX_AT_ONCE + MAX_WAITING)

# What Pillow raises of bytes that are no picture, or a broken one.
_UNREADABLE = (
    *(OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, OverflowError, struct.error),
    *(Image.DecompressionBombError, Image.DecompressionBombWarning),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """What is kept. `sha256` in hex, of `content`."""

    content: bytes
    content_type: str
    sha256: str


def remade(sent: bytes, kind: AttachmentKind) -> Picture:
    """The picture in what was sent, made anew: a JPEG of a photo, a PNG of a signature.

    Raises:
        Refused: too_large, not_a_picture, busy.
    """
    if len(sent) > (MAX_SIGNATURE_BYTES if kind == AttachmentKind.SIGNATURE else MAX_SENT_BYTES):
        raise _too_large()
    if not _places.acquire(blocking=False):
        raise Refused("busy", _("Many photos arrive at this moment. Send it again in a minute."))
    try:
        return _remade(sent, is_signature=kind == AttachmentKind.SIGNATURE)
    finally:
        _places.release()


def _remade(sent: bytes, *, is_signature: bool) -> Picture:
    try:
        with _turns, Image.open(BytesIO(sent), formats=("PNG",) if is_signature else FORMATS) as image:
            if not (_is_small(image) if is_signature else _is_bearable(image, sent)):
                raise _too_large()
            return _signature(image) if is_signature else _photo(image)
    except _UNREADABLE:
        raise Refused(
            "not_a_picture",
            _("This file is not a picture that can be read. Take the photo again, or choose a JPEG or PNG."),
        ) from None


def _is_bearable(image: Image.Image, sent: bytes) -> bool:
    """Whether decoding a photo takes a bounded time and bounded memory. Nothing is decoded yet."""
    is_jpeg = image.format in ("JPEG", "MPO")
    if (
        image.width * image.height > (MAX_PIXELS if is_jpeg else MAX_OTHER_PIXELS)
        or max(image.size) > MAX_SIDE
    ):
        return False
    return not is_jpeg or scans_of(sent) <= MAX_SCANS


def _is_small(signature: Image.Image) -> bool:
    return signature.width * signature.height <= MAX_SIGNATURE_PIXELS


def _photo(image: Image.Image) -> Picture:
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    smaller = _on_white(_smaller(image))
    smaller.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    # How it is to be turned stands with the picture as it was sent.
    smaller.getexif()[_ORIENTATION] = image.getexif().get(_ORIENTATION, 1)
    return _kept(ImageOps.exif_transpose(smaller), "JPEG", "image/jpeg", quality=QUALITY, optimize=True)


def _smaller(image: Image.Image) -> Image.Image:
    """A fraction of it that is still larger than what is kept; colours of a palette cannot be mixed before."""
    factor = max(image.size) // (2 * LONGEST_SIDE)
    return image.reduce(factor) if factor > 1 and image.mode not in ("P", "1") else image


def _signature(image: Image.Image) -> Picture:
    drawn = _on_white(image).convert("L")
    drawn.thumbnail((SIGNATURE_LONGEST_SIDE, SIGNATURE_LONGEST_SIDE), Image.Resampling.LANCZOS)
    return _kept(drawn, "PNG", "image/png", optimize=True)


def _on_white(image: Image.Image) -> Image.Image:
    """Without transparency: what shows through is white, as paper is."""
    if image.mode not in ("RGBA", "LA", "PA", "P"):
        return image.convert("RGB")
    with_alpha = image.convert("RGBA")
    paper = Image.new("RGB", with_alpha.size, "white")
    paper.paste(with_alpha, mask=with_alpha.getchannel("A"))
    return paper


def _kept(image: Image.Image, form: str, content_type: str, **settings: int | bool) -> Picture:
    # What a decoder found beside the picture does not travel on.
    image.info.clear()
    buffer = BytesIO()
    image.save(buffer, form, **settings)
    content = buffer.getvalue()
    return Picture(content, content_type, hashlib.sha256(content).hexdigest())


def _too_large() -> Refused:
    return Refused(
        "too_large",
        _(
            "This picture is too large: at most 15 MB and 50 megapixels are taken, 24 where it is no JPEG. "
            "Take it in a smaller size."
        ),
    )
