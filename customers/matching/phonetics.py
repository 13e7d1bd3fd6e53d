"""How a German speaker hears a word: "Meier", "Mayer" and "Maier" are one. Used to find candidates, never to judge."""

import re
from functools import lru_cache

# Kölner Phonetik (H. J. Postel, 1969), by the letters around; digits stand for themselves and are kept apart.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), code)
    for pattern, code in (
        (r"ph", "3"),
        (r"(?:ck|c(?=[ahkoqux])|^c(?=[lr])|[gkq])", "4"),
        (r"(?<![ckq])x", "48"),
        (r"[dt](?![csz])", "2"),
        (r"l", "5"),
        (r"[mn]", "6"),
        (r"r", "7"),
        (r"[bp]", "1"),
        (r"[fvw]", "3"),
        (r"[cszxdt]", "8"),
        (r"[aeijouy]", "0"),
        (r"h", ""),
    )
)
_SPLIT = re.compile("|".join(f"({pattern.pattern})" for pattern, _ in _RULES))
_REPEATED = re.compile(r"(.)\1+")


@lru_cache(maxsize=50_000)
def sound(word: str) -> str:
    """The code of a word; one with digits in it is its own code."""
    if not word.isalpha():
        return word
    code = _SPLIT.sub(lambda found: _RULES[(found.lastindex or 1) - 1][1], word)
    code = _REPEATED.sub(r"\1", code)
    return code[:1] + code[1:].replace("0", "")
