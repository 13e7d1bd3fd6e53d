"""docs/events.md."""

from django.conf import settings

from ordinavo_connect.management.commands.document_events import event_pages


def test_the_page_of_event_types_is_current():
    """`make docs` writes it."""
    assert (settings.BASE_DIR / "docs" / "events.md").read_text() == event_pages()
