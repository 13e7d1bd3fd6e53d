"""Pictures that a phone sends: read by what they are, not by their name, and made anew before they are kept.

What is kept holds the picture alone: no EXIF (place, time, device), no colour profile, nothing hidden behind the
last pixel. A JPEG is decoded at a fraction of its size where it is far too large; few pictures are worked on at
once, so that a crowd of phones costs time and not memory.
"""

import hashlib
import struct
from dataclasses import dataclass
from io import BytesIO
from threading import BoundedSemaphore

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from routing.planning.refusals import Refused
from routing.visits.models import AttachmentKind

# As sent: above what phones make of a picture, below what the edge takes.
MAX_SENT_BYTES = 15 * 1024 * 1024
# 50 megapixels take 200 MB while they are decoded; phones make 12 to 50.
MAX_PIXELS = 50_000_000
# Of one process: 400 MB at worst.
MAX_AT_ONCE = 2
# As kept: enough to read a type plate, some 300 to 700 KB.
LONGEST_SIDE = 2048
QUALITY = 85
# A signature is a line on a small glass.
MAX_SIGNATURE_BYTES = 512 * 1024
SIGNATURE_LONGEST_SIDE = 1200

# Those whose decoders are sound, and that a browser can show; a phone makes a JPEG of its own format by itself.
FORMATS = ("JPEG", "PNG", "WEBP")

_turns = BoundedSemaphore(MAX_AT_ONCE)

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
        Refused: too_large, not_a_picture.
    """
    is_signature = kind == AttachmentKind.SIGNATURE
    if len(sent) > (MAX_SIGNATURE_BYTES if is_signature else MAX_SENT_BYTES):
        raise _too_large()
    try:
        with _turns, Image.open(BytesIO(sent), formats=("PNG",) if is_signature else FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise _too_large()
            return _signature(image) if is_signature else _photo(image)
    except _UNREADABLE:
        raise Refused(
            "not_a_picture",
            _("This file is not a picture that can be read. Take the photo again, or choose a JPEG or PNG."),
        ) from None


def _photo(image: Image.Image) -> Picture:
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    upright = _on_white(ImageOps.exif_transpose(image))
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return _kept(upright, "JPEG", "image/jpeg", quality=QUALITY, optimize=True)


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
        _("This picture is too large: at most 15 MB and 50 megapixels are taken. Take it in a smaller size."),
    )
