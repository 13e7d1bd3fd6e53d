"""The pages of the review queue about questions that are alike: the groups, one of them, and its one decision."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import MappingReview, ReviewStatus
from customers.reviews import DecisionRefused, what_prevents_creation
from imports.decisions_together import (
    MOST_TOGETHER,
    Outcome,
    create_together,
    dismiss_together,
    link_together,
    undo_together,
)
from imports.pages.review_case import in_short
from imports.pages.review_deciding import Deciding, chosen_record
from imports.pages.review_queue import answers
from imports.pages.review_queue.alike import CANDIDATE, MEANINGS, WORDS, alike, groups
from imports.pages.review_queue.candidates import candidates_of, linkable, linked_now
from imports.pages.review_queue.queue import Queue
from imports.waiting import waiting_counts
from ordinavo_connect.clients.admin_lists import moment, staff_of
from ordinavo_connect.clients.read_only_pages import Titled
from ordinavo_connect.clients.roles import DECIDE_REVIEWS


class DecidingTogether(Deciding):
    """Views about questions that one decision answers."""

    def groups_view(self, request: HttpRequest) -> HttpResponse:
        """The groups of questions that are alike, the largest first."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = self.get_queryset(request)
        found = groups(rows)
        leads = {row.pk: row for row in rows.filter(pk__in=[group.ids[0] for group in found])}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Alike questions"),
            "groups": [
                {
                    "count": len(group.ids),
                    "what": in_short(leads[group.ids[0]]),
                    "entity": leads[group.ids[0]].get_entity_type_display(),
                    "meaning": MEANINGS[group.by],
                    "opened": moment(leads[group.ids[0]].opened_at),
                    "link": f"{_group_page(group.ids[0])}?by={group.by}",
                }
                for group in found
                if group.ids[0] in leads
            ],
            **answers.last_decision(request),
        }
        return TemplateResponse(request, "admin/imports/review_groups.html", context)

    def group_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The questions that are like one, and what may be decided for all of them."""
        review = self.get_object(request, object_id)
        if not self.has_view_permission(request, review):
            raise PermissionDenied
        if review is None:
            return self.unknown(request, object_id)
        rows = self.get_queryset(request)
        counted = {by: alike(rows, review, by) for by in (WORDS, CANDIDATE)}
        if answers.asks_for_part(request):
            by = max(counted, key=lambda by: len(counted[by]))
            return JsonResponse(
                {"count": max(len(counted[by]) - 1, 0), "page": f"{_group_page(review.pk)}?by={by}"}
            )
        by = request.GET.get("by", "")
        by = by if by in counted else max(counted, key=lambda by: len(counted[by]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": Titled(review, in_short(review)),
            "title": _("Questions like this one"),
            "review": review,
            "may_decide": request.user.has_perm(DECIDE_REVIEWS),
            "meanings": [
                {"value": each, "text": MEANINGS[each], "count": len(ids), "is_chosen": each == by}
                for each, ids in counted.items()
            ],
            "by": by,
            **_group(review, rows, counted[by]),
        }
        return TemplateResponse(request, "admin/imports/review_alike.html", context)

    def decide_group_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Decide the questions that were ticked, as one."""
        review = self.question(request, object_id)
        if review is None:
            return self.unknown(request, object_id)
        by = request.POST.get("by", WORDS)
        page = f"{_group_page(review.pk)}?by={by if by in MEANINGS else WORDS}"
        rows = self.get_queryset(request)
        # Only what is alike now: a list that somebody looked at for an hour may be another by now.
        ids = set(alike(rows, review, by)) & {int(i) for i in request.POST.getlist("ids") if _is_id(i)}
        try:
            outcome, text = _decide_together(review, list(rows.filter(pk__in=ids)), request)
        except DecisionRefused as refusal:
            return answers.refused(request, refusal, page)
        if outcome.lead is None:
            messages.warning(request, text)
            return redirect(answers.list_page())
        undo = answers.undo_address(outcome.lead, "undo_together")
        request.session[answers.LAST_DECISION] = {"undo": undo, "text": text}
        following = Queue().following(rows, review)
        return redirect(answers.case_page(following) if following else answers.list_page())

    def undo_group_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take back what was decided together: all of it, or nothing."""
        review = self.question(request, object_id)
        if review is None:
            return self.unknown(request, object_id)
        try:
            outcome = undo_together(review, by=staff_of(request))
        except DecisionRefused as refusal:
            return answers.refused(request, refusal, answers.case_page(review.pk))
        self.log_change(request, review, "Decisions undone.")
        text = ngettext(
            "%(n)d decision is undone. The question is open again.",
            "%(n)d decisions are undone. The questions are open again.",
            outcome.decided,
        ) % {"n": outcome.decided}
        if answers.asks_for_part(request):
            rows = self.get_queryset(request)
            first = Queue().rows(rows).first()
            page = answers.case_page(first.pk) if first else answers.list_page()
            return JsonResponse({"text": text, "page": page, "left": Queue().rows(rows).count()})
        messages.success(request, text)
        return redirect(answers.list_page())


def _group_page(review_id: int) -> str:
    return reverse("admin:customers_mappingreview_alike", args=[review_id])


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) < 19


def _group(review: MappingReview, rows: Any, ids: list[int]) -> dict[str, Any]:
    """The questions of a group as rows of a list, and the records that they may be linked to."""
    shown = list(rows.filter(pk__in=ids[:MOST_TOGETHER]).order_by("opened_at", "pk"))
    waiting = waiting_counts(shown)
    return {
        "rows": [
            {
                "id": row.pk,
                "reference": str(row) if row.key_kind == "id" else f"{row.source_system}/–",
                "what": in_short(row),
                "kind": row.get_kind_display(),
                "waiting": waiting.get(row.pk, 0),
                "opened": moment(row.opened_at),
                "link": answers.case_page(row.pk),
            }
            for row in shown
        ],
        "all": len(ids),
        "most": MOST_TOGETHER,
        "targets": sum(waiting.values()),
        "cards": [card for card in candidates_of(review, linked_now(review)) if card["can_link"]],
        "cannot_create": what_prevents_creation(review) if review.status == ReviewStatus.OPEN else "",
    }


def _decide_together(
    review: MappingReview, rows: list[MappingReview], request: HttpRequest
) -> tuple[Outcome, str]:
    """Do what was chosen; returns what came of it, and that in a sentence.

    Raises:
        DecisionRefused: nothing was ticked, or it cannot be done.
    """
    if not rows:
        raise DecisionRefused(_("Tick the questions that this decides. Some may be decided by now."))
    by, note, action = staff_of(request), request.POST.get("note", "").strip(), request.POST.get("action")
    if action == "create":
        outcome = create_together(rows, by=by, note=note)
        done = _("%(what)s is in the registry") % {"what": in_short(review)}
    elif action == "dismiss":
        outcome = dismiss_together(rows, by=by, note=note)
        done = _("They stay unlinked")
    else:
        record = chosen_record(review, request.POST.get("record", "") if action == "link" else "")
        if any(not linkable(row).filter(pk=record.pk).exists() for row in _one_of_each_parent(rows)):
            raise DecisionRefused(_("It belongs to another customer than some of the questions."))
        outcome = link_together(rows, record_id=record.pk, by=by, note=note)
        done = _("Linked to %(record)s") % {"record": record}
    return outcome, _in_words(outcome, done)


def _one_of_each_parent(rows: list[MappingReview]) -> list[MappingReview]:
    return list({row.parent_id: row for row in rows}.values())


def _in_words(outcome: Outcome, done: str) -> str:
    decided = ngettext(
        "%(n)d question decided: %(done)s.", "%(n)d questions decided: %(done)s.", outcome.decided
    ) % {"n": outcome.decided, "done": done}
    if outcome.overtaken:
        decided += " " + ngettext(
            "%(n)d had been decided by somebody else.",
            "%(n)d had been decided by somebody else.",
            outcome.overtaken,
        ) % {"n": outcome.overtaken}
    return decided + answers.targets_follow(outcome.changed)
