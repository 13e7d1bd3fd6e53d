from dataclasses import dataclass

from django_domain_events import event


@event(name="bench.TargetImported")
@dataclass(frozen=True)
class TargetImported:
    """An event about as long as ours."""

    number: int
    content: str
