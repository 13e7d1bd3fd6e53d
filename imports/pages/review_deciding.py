"""The addresses of the review queue that decide one question, and take it back."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import MappingReview, ReviewStatus
from customers.reviews import DecisionRefused, same_key
from imports.decisions import (
    correct_number_of,
    create_from_review,
    dismiss_review,
    link_review,
    propose_candidate_again,
    reject_candidate,
    undo_review,
)
from imports.pages.review_case import in_short
from imports.pages.review_queue import answers
from imports.pages.review_queue.candidates import linkable
from imports.pages.review_queue.queue import queue_of
from ordinavo_connect.clients.admin_lists import staff_of
from ordinavo_connect.clients.read_only_pages import ReadOnlyPages
from ordinavo_connect.clients.roles import DECIDE_REVIEWS


class Deciding(ReadOnlyPages):
    """Views about one question; each asks for the permission, and finds questions of the tenant only."""

    def decide_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Link, create, dismiss or correct the number; then the next question."""
        review = self.question(request, object_id)
        if review is None:
            return self.unknown(request, object_id)
        queue = queue_of(request.GET)
        try:
            text = _decide(review, request)
        except DecisionRefused as refusal:
            return answers.refused(request, refusal, answers.case_page(review.pk, queue))
        rows = self.get_queryset(request)
        return answers.decided(
            request,
            text,
            undo=answers.undo_address(review.pk),
            following=queue.following(rows, review, passed=answers.passed_of(request)),
            queue=queue,
            left=queue.rows(rows).count(),
            shown=answers.whoever_decided(rows, request.POST.get("shown", "")),
        )

    def reject_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Never propose a record for this reference again, or do; the question is shown again."""
        review = self.question(request, object_id)
        if review is None:
            return self.unknown(request, object_id)
        page = answers.case_page(review.pk, queue_of(request.GET))
        try:
            text = _reject(review, request)
        except DecisionRefused as refusal:
            return answers.refused(request, refusal, page)
        if answers.asks_for_part(request):
            return JsonResponse({"text": text, "page": page})
        messages.success(request, text)
        return redirect(page)

    def undo_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take a decision back; the question is open again."""
        review = self.question(request, object_id)
        if review is None:
            return self.unknown(request, object_id)
        queue = queue_of(request.GET)
        try:
            changed = undo_review(review, by=staff_of(request))
        except DecisionRefused as refusal:
            return answers.refused(request, refusal, answers.case_page(review.pk, queue))
        # The log of the admin says who took it back; the review itself keeps who decided.
        self.log_change(request, review, "Decision undone.")
        opened = self.get_queryset(request).filter(**same_key(review), status=ReviewStatus.OPEN).first()
        page = answers.case_page(opened.pk if opened else review.pk, queue)
        text = _undone_in_words(changed)
        if answers.asks_for_part(request):
            left = queue.rows(self.get_queryset(request)).count()
            return JsonResponse({"text": text, "page": page, "left": left})
        messages.success(request, text)
        return redirect(page)

    def question(self, request: HttpRequest, object_id: str) -> MappingReview | None:
        if not request.user.has_perm(DECIDE_REVIEWS):
            raise PermissionDenied
        review: MappingReview | None = self.get_object(request, object_id)
        return review

    def unknown(self, request: HttpRequest, object_id: str) -> HttpResponse:
        response: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return response

    def get_queryset(self, request: HttpRequest) -> QuerySet[MappingReview]:
        related = ("client", "parent", "customer", "location", "contact", "decided_by")
        return super().get_queryset(request).select_related(*related)


def chosen_record(review: MappingReview, chosen: str) -> Any:
    """The record that a form chose.

    Raises:
        DecisionRefused: the review cannot be linked to it.
    """
    record = linkable(review).filter(pk=chosen).first() if chosen.isdecimal() and len(chosen) < 19 else None
    if record is None:
        raise DecisionRefused(_("There is no such record."))
    return record


def _decide(review: MappingReview, request: HttpRequest) -> str:
    """Do what was chosen.

    Returns:
        What it did, in a sentence.

    Raises:
        DecisionRefused: it cannot be done; the message says why.
    """
    note = request.POST.get("note", "").strip()
    action = request.POST.get("action", "")
    by, what = staff_of(request), {"what": in_short(review)}
    if action == "create":
        changed = create_from_review(review, by=by, note=note)
        return _("%(what)s is in the registry.") % what + answers.targets_follow(changed)
    if action == "dismiss":
        changed = dismiss_review(review, by=by, note=note)
        return _("%(what)s stays unlinked, and is not asked about again.") % what + answers.targets_follow(
            changed
        )
    if action == "correct":
        changed = correct_number_of(review, by=by, note=note)
        return _("The customer number is corrected, and %(what)s stays linked.") % what + (
            answers.targets_follow(changed)
        )
    record = chosen_record(review, request.POST.get("record", "") if action == "link" else "")
    changed = link_review(review, record_id=record.pk, by=by, note=note)
    return _("%(what)s is linked to %(record)s.") % {**what, "record": record} + answers.targets_follow(
        changed
    )


def _reject(review: MappingReview, request: HttpRequest) -> str:
    chosen = request.POST.get("record", "")
    if not (chosen.isdecimal() and len(chosen) < 19):
        raise DecisionRefused(_("There is no such record."))
    if request.POST.get("action") == "again":
        propose_candidate_again(review, record_id=int(chosen), by=staff_of(request))
        return _("The record may be proposed again.")
    reject_candidate(review, record_id=int(chosen), by=staff_of(request))
    return _("The record is never proposed for this reference again.")


def _undone_in_words(changed: int) -> str:
    text = ngettext(
        "The decision is undone, and %(n)d target is as before it. The question is open again.",
        "The decision is undone, and %(n)d targets are as before it. The question is open again.",
        changed,
    )
    return text % {"n": changed}
