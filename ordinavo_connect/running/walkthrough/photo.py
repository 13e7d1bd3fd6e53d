"""Pictures for the report of a demo: a unit on a wall, and a signature."""

from io import BytesIO

from PIL import Image, ImageDraw


def photo(caption: str) -> bytes:
    """A JPEG of a refrigeration unit with its type plate."""
    image = Image.new("RGB", (1280, 960), "#cbd5e1")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 760, 1280, 960), fill="#94a3b8")
    draw.rounded_rectangle((380, 160, 900, 820), radius=24, fill="#f8fafc", outline="#475569", width=6)
    draw.rectangle((430, 220, 850, 470), fill="#e2e8f0", outline="#94a3b8", width=4)
    for top in range(240, 460, 24):
        draw.line((450, top, 830, top), fill="#94a3b8", width=6)
    draw.rectangle((470, 560, 810, 690), fill="#0f172a")
    draw.text((500, 590), caption, fill="#e2e8f0", font_size=30)
    draw.ellipse((800, 740, 840, 780), fill="#22c55e")
    return _bytes(image, "JPEG")


def signature() -> bytes:
    """A PNG of a line as a finger draws it."""
    image = Image.new("RGBA", (600, 200), (255, 255, 255, 0))
    points = [
        (40, 130),
        (80, 60),
        (110, 150),
        (150, 90),
        (190, 140),
        (240, 70),
        (300, 140),
        (380, 100),
        (560, 120),
    ]
    ImageDraw.Draw(image).line(points, fill="#0f172a", width=5, joint="curve")
    return _bytes(image, "PNG")


def _bytes(image: Image.Image, kind: str) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()
