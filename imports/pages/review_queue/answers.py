"""What a decision answers: JSON to the page's script, which shows the next case already, or the next page."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import ngettext

from customers.models import MappingReview, ReviewStatus
from customers.reviews import AlreadyDecided, DecisionRefused, who_was_first
from imports.pages.review_queue.queue import Queue

# The decision that the next page offers to undo, where no script keeps it.
LAST_DECISION = "last_decision"
# More ids than these are not in flight at once.
_MOST_PASSED = 100


def asks_for_part(request: HttpRequest) -> bool:
    """Whether the script of the page asks: it wants JSON of a decision, and of a page the case alone."""
    return request.headers.get("X-Review-Queue") == "part"


def list_page(queue: Queue | None = None) -> str:
    address = reverse("admin:customers_mappingreview_changelist")
    return f"{address}?{queue.query}" if queue and queue.query else address


def case_page(review_id: int, queue: Queue | None = None) -> str:
    address = reverse("admin:customers_mappingreview_change", args=[review_id])
    return f"{address}?{queue.query}" if queue and queue.query else address


def undo_address(review_id: int, view: str = "undo") -> str:
    return reverse(f"admin:customers_mappingreview_{view}", args=[review_id])


def passed_of(request: HttpRequest) -> list[int]:
    """Ids of the questions that the script has decided, or is about to."""
    given = (request.GET.get("passed") or request.POST.get("passed") or "").split(",")
    return [int(part) for part in given[:_MOST_PASSED] if part.isdecimal() and len(part) < 19]


def decided(
    request: HttpRequest,
    text: str,
    *,
    undo: str,
    following: int | None,
    queue: Queue,
    left: int,
    shown: str = "",
) -> HttpResponse:
    """What was decided, with the way back and the way on.

    Args:
        undo: the address that takes it back.
        following: the next question; None: none is left.
        shown: who decided the question that the script shows already; blank: it is open.
    """
    if asks_for_part(request):
        following_page = case_page(following, queue) if following else ""
        return JsonResponse(
            {"text": text, "undo": undo, "next": following_page, "left": left, "shown": shown}
        )
    request.session[LAST_DECISION] = {"undo": undo, "text": text}
    return redirect(case_page(following, queue) if following else list_page(queue))


def refused(request: HttpRequest, refusal: DecisionRefused, page: str) -> HttpResponse:
    """Why nothing was decided; `page` is where somebody reads it without a script."""
    if asks_for_part(request):
        status = 409 if isinstance(refusal, AlreadyDecided) else 422
        return JsonResponse({"message": str(refusal), "page": page}, status=status)
    messages.error(request, str(refusal))
    return redirect(page)


def whoever_decided(rows: Any, shown: str) -> str:
    """Who decided a question that is shown, in a sentence; blank while it is open, or where it is not known."""
    if not (shown.isdecimal() and len(shown) < 19):
        return ""
    row: MappingReview | None = rows.filter(pk=shown).first()
    return who_was_first(row) if row and row.status != ReviewStatus.OPEN else ""


def targets_follow(changed: int) -> str:
    """How many targets changed, as a sentence after another; blank where none did."""
    if not changed:
        return ""
    return " " + ngettext("%(n)d target follows.", "%(n)d targets follow.", changed) % {"n": changed}


def last_decision(request: HttpRequest) -> dict[str, Any]:
    """The decision that was just made, shown once, with the way to undo it."""
    return {"last_decision": request.session.pop(LAST_DECISION, None)}
