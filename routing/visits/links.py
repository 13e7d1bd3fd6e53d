"""Addresses of attachments that need no key: signed, for one attachment of one tenant, and soon over.

Source: API contract, Visit reports (`url`).
"""

from datetime import timedelta

from django.core.signing import BadSignature, TimestampSigner
from django.urls import reverse

from routing.visits.models import Attachment

VALID = timedelta(minutes=10)

_SALT = "routing.visits.attachment"


def signed_path(attachment: Attachment) -> str:
    """The path, which opens the attachment for ten minutes from now on."""
    token = TimestampSigner(salt=_SALT).sign(_name(attachment.tenant_id, attachment.pk))
    return f"{reverse('attachment', args=[attachment.pk])}?signature={token.split(':', 2)[2]}"


def is_signed(attachment: Attachment, signature: str) -> bool:
    """Whether the signature is ours, of this attachment, and not over."""
    name = _name(attachment.tenant_id, attachment.pk)
    try:
        TimestampSigner(salt=_SALT).unsign(f"{name}:{signature}", max_age=VALID)
    except BadSignature:
        return False
    return True


def _name(tenant_id: int, attachment_id: int) -> str:
    return f"{tenant_id}:{attachment_id}"
