"""What beat sends has somebody who does it."""

from ordinavo_connect.celery import BEAT_SCHEDULE, app


def test_each_entry_names_a_task_that_there_is() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in BEAT_SCHEDULE.values()} <= set(app.tasks)


def test_entries_do_not_pile_up_while_nobody_takes_them() -> None:
    assert all(entry["options"]["expires"] <= entry["schedule"] for entry in BEAT_SCHEDULE.values())
