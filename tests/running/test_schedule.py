"""What beat sends has somebody who does it."""

from inspect import signature

from ordinavo_connect.celery import BEAT_SCHEDULE, app


def test_each_entry_names_a_task_that_there_is() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in BEAT_SCHEDULE.values()} <= set(app.tasks)


def test_what_needs_no_argument_is_done_by_the_clock() -> None:
    # Nobody wakes a task that is about nothing in particular: without an entry it would never run.
    app.loader.import_default_modules()
    ours = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}
    by_the_clock = {name for name, task in ours.items() if not signature(task.run).parameters}
    assert by_the_clock == {entry["task"] for entry in BEAT_SCHEDULE.values()}


def test_entries_do_not_pile_up_while_nobody_takes_them() -> None:
    assert all(entry["options"]["expires"] <= entry["schedule"] for entry in BEAT_SCHEDULE.values())
