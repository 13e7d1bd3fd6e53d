"""What a worker does for the registry."""

from celery import shared_task

from customers.matching.counting import count_changed


@shared_task(name="customers.count_words")
def count_words() -> None:
    """Count the words of registries that changed: what is common weighs less when names are compared."""
    count_changed()
