"""How outcomes of imports look: counts as a bar whose segments say what they are."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from imports.models import ImportJob, ItemStatus, JobStatus, MappingStatus, TargetStatus

# In the order in which a bar shows them; the columns of a job that count them.
_COUNTS = (
    (ItemStatus.IMPORTED, "created_items"),
    (ItemStatus.UPDATED, "updated_items"),
    (ItemStatus.UNCHANGED, "unchanged_items"),
    (ItemStatus.CANCELLED, "cancelled_items"),
    (ItemStatus.REJECTED, "rejected_items"),
)
GOOD, WARN, BAD, QUIET = "oc-good", "oc-warn", "oc-bad", "oc-plain"
TONES: dict[str, str] = {
    ItemStatus.PENDING: WARN,
    ItemStatus.IMPORTED: GOOD,
    ItemStatus.UPDATED: GOOD,
    ItemStatus.UNCHANGED: QUIET,
    ItemStatus.CANCELLED: QUIET,
    ItemStatus.REJECTED: BAD,
    JobStatus.ACCEPTED: WARN,
    JobStatus.PROCESSING: WARN,
    JobStatus.COMPLETED: GOOD,
    JobStatus.PARTIALLY_FAILED: WARN,
    JobStatus.FAILED: BAD,
    MappingStatus.CONFLICT: BAD,
    MappingStatus.AMBIGUOUS: WARN,
    MappingStatus.MANUAL_REVIEW: WARN,
    MappingStatus.NOT_FOUND: WARN,
    MappingStatus.PARTIAL: WARN,
    MappingStatus.CREATED: GOOD,
    MappingStatus.MAPPED: GOOD,
    TargetStatus.OPEN: GOOD,
    TargetStatus.PLANNED: GOOD,
    TargetStatus.IN_PROGRESS: WARN,
    TargetStatus.COMPLETED: QUIET,
}


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar: `share` in percent; `link` shows what it counts."""

    value: str
    label: str
    count: int
    share: float
    link: str = ""

    @property
    def tone(self) -> str:
        return TONES.get(self.value, QUIET)


def segments(counts: Iterable[tuple[Any, int]], *, link: str = "") -> list[Segment]:
    """Segments of the outcomes that there are.

    Args:
        counts: (choice of a `TextChoices`, how many).
        link: an address that the value is put into, as `?status={}`.
    """
    present = [(choice, count) for choice, count in counts if count]
    total = sum(count for _, count in present) or 1
    return [
        Segment(str(choice.value), str(choice.label), count, 100 * count / total, link.format(choice.value))
        for choice, count in present
    ]


def outcomes_of(job: ImportJob, *, link: str = "") -> list[Segment]:
    """What became of the items of a job, those that wait included."""
    counts: list[tuple[Any, int]] = [(choice, getattr(job, column)) for choice, column in _COUNTS]
    return segments([*counts, (ItemStatus.PENDING, job.total_items - job.processed_items)], link=link)


def state(value: str, label: str) -> SafeString | str:
    """A state: its name, in a colour that is never alone."""
    return (
        format_html('<span class="oc-state {}">{}</span>', TONES.get(value, QUIET), label) if value else "–"
    )


def small_bar(job: ImportJob) -> SafeString:
    """The outcomes of a job as a bar for a list, with words."""
    return render_to_string("admin/imports/small_bar.html", {"segments": outcomes_of(job)})


def code(text: str) -> SafeString | str:
    """An ID in a fixed-width face."""
    return format_html('<span class="oc-mono oc-id">{}</span>', text) if text else "–"
