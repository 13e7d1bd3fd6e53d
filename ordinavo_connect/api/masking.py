"""Secrets that callers put where they do not belong stay out of logs, answers and the database."""

import re
from typing import Any

# An API key (API contract, Authentication), its secret as far as it goes; and a webhook secret.
_SECRETS = re.compile(r"(oc_(?:live|test)_[0-9A-Za-z]{12}_)[0-9A-Za-z]+|(whsec_)[0-9A-Za-z+/=_-]+")


def masked(text: str) -> str:
    """The text with `…` in place of secrets; what tells keys apart stays."""
    return _SECRETS.sub(lambda match: f"{match[1] or match[2]}…", text)


def holds_secret(text: str) -> bool:
    return _SECRETS.search(text) is not None


def mask_line(_logger: Any, _method: str, line: str) -> str:
    """The last step of structlog: whatever a line was put together from."""
    return masked(line)
