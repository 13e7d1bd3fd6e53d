"""Work is done whatever becomes of the message that told of it."""

import pytest

from tests.faults.brokers.scene import Scene, pool_of
from tests.running.product import eventually, kill


def test_a_message_wakes_a_worker(scene: Scene) -> None:
    scene.start_worker()
    work = scene.add_work()
    scene.wake()
    assert eventually(lambda: scene.is_done(work)), scene.log
    assert eventually(lambda: '"event": "task_ended", "correlation_id": "the-request"' in scene.log), (
        scene.log
    )


@pytest.mark.parametrize("scene", ["folder"], indirect=True)
def test_a_worker_whose_process_was_killed_works_on(scene: Scene) -> None:
    worker = scene.start_worker()
    (killed,) = pool_of(worker)
    kill(killed)
    assert eventually(lambda: pool_of(worker) not in ([], [killed]))
    work = scene.add_work()
    scene.wake()
    assert eventually(lambda: scene.is_done(work)), scene.log


def test_work_is_done_though_the_broker_was_emptied(scene: Scene) -> None:
    work = scene.add_work()
    scene.wake()
    assert not scene.broker.is_empty()
    scene.broker.empty()
    scene.start_worker()
    assert not scene.is_done(work)  # Nothing told of it any more.
    scene.start_beat()
    assert eventually(lambda: scene.is_done(work)), scene.log


def test_work_is_done_though_the_broker_was_away(scene: Scene) -> None:
    scene.start_worker()
    scene.start_beat()
    scene.broker.stop()
    work = scene.add_work()
    scene.wake()  # Whoever wakes goes on.
    scene.broker.start()
    assert eventually(lambda: scene.is_done(work)), scene.log
