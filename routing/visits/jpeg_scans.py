"""How often a JPEG paints over itself: each scan of a progressive one touches every pixel, however few bytes it has.

A picture of 50 megapixels takes 0.15 seconds a scan, and one of 75 bytes counts: within 15 MB, hours.
"""

_MARKER, _START_OF_IMAGE, _END_OF_IMAGE, _START_OF_SCAN = 0xFF, 0xD8, 0xD9, 0xDA
# Those that no length follows: a stuffed zero, TEM, restarts, the beginning.
_ALONE = frozenset((0x00, 0x01, *range(0xD0, 0xD8), _START_OF_IMAGE))


def scans_of(sent: bytes) -> int:
    """How many scans the first picture in the bytes has; what else they hold (a thumbnail, a film) counts for nothing.

    Source: ITU-T T.81, Annex B. It reads markers as a decoder does: what lies between them is passed over.
    """
    count, position = 0, 0
    while (position := sent.find(_MARKER, position)) >= 0 and position + 1 < len(sent):
        kind = sent[position + 1]
        if kind == _END_OF_IMAGE:
            break
        if kind == _MARKER:  # It may be repeated.
            position += 1
        elif kind in _ALONE:
            position += 2
        else:
            count += kind == _START_OF_SCAN
            position += 2 + int.from_bytes(sent[position + 2 : position + 4], "big")
    return count
