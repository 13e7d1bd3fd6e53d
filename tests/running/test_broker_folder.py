"""The folder that stands in for a broker."""

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty
from types import SimpleNamespace
from typing import Any

import pytest
from kombu import Connection

from ordinavo_connect.running.broker_folder import Channel, Transport


def message(number: int) -> dict[str, Any]:
    """A message as kombu writes it."""
    return {
        "body": str(number),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {},
        "properties": {"delivery_tag": f"tag {number}"},
    }


def number_of(taken: dict[str, Any]) -> int:
    return int(taken["body"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "broker"


@pytest.fixture
def channel(folder: Path) -> Iterator[Channel]:
    options = {"data_folder_in": str(folder), "data_folder_out": str(folder), "control_folder": str(folder)}
    with Connection("filesystem://localhost", transport=Transport, transport_options=options) as connection:
        yield connection.default_channel


def test_messages_come_in_their_order(channel: Channel) -> None:
    for number in range(3):
        channel._put("work", message(number))
    assert [number_of(channel._get("work")) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(Empty):
        channel._get("work")


def test_a_message_is_taken_by_one_of_all_who_want_it(channel: Channel) -> None:
    for number in range(200):
        channel._put("work", message(number))

    def take_all(_: int) -> list[int]:
        taken = []
        while channel._size("work"):
            try:
                taken.append(number_of(channel._get("work")))
            except Empty:
                break
        return taken

    with ThreadPoolExecutor(4) as threads:
        taken = [number for part in threads.map(take_all, range(4)) for number in part]
    assert sorted(taken) == list(range(200))


def test_a_message_that_is_still_being_written_is_none(channel: Channel, folder: Path) -> None:
    (folder / "1_a.work.msg.part").write_text('{"numb')
    with pytest.raises(Empty):
        channel._get("work")


def test_a_folder_that_is_gone_is_empty_and_made_again(channel: Channel, folder: Path) -> None:
    shutil.rmtree(folder)
    with pytest.raises(Empty):
        channel._get("work")
    channel._put("work", message(1))
    assert number_of(channel._get("work")) == 1
    assert folder.stat().st_mode & 0o777 == 0o700


def test_queues_are_apart_and_can_be_emptied(channel: Channel) -> None:
    channel._put("work", {})
    channel._put("other", {})
    assert channel._purge("work") == 1
    assert (channel._size("work"), channel._size("other")) == (0, 1)


@pytest.mark.parametrize("content", [b"", b"garbage", b"\xff\xfe", b"{}", b"[]", b"null", b"[" * 100_000])
def test_what_is_no_message_is_dropped_and_stops_nobody(
    channel: Channel, folder: Path, content: bytes
) -> None:
    (folder / "00_first.work.msg").write_bytes(content)
    channel._put("work", message(1))
    assert number_of(channel._get("work")) == 1
    assert channel._size("work") == 0


def test_what_is_no_file_is_passed_over(channel: Channel, folder: Path) -> None:
    (folder / "00_folder.work.msg").mkdir()
    os.mkfifo(folder / "00_pipe.work.msg")
    (folder / "00_link.work.msg").symlink_to(folder / "nowhere")
    channel._put("work", message(1))
    assert number_of(channel._get("work")) == 1
    with pytest.raises(Empty):
        channel._get("work")


def test_a_folder_that_cannot_be_read_is_told_of_once_and_read_again_when_it_can(
    channel: Channel, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    taken: list[Any] = []
    looks: list[Callable[[], None]] = []
    loop = SimpleNamespace(call_repeatedly=lambda seconds, look: looks.append(look))
    channel.basic_consume("work", no_ack=True, callback=taken.append, consumer_tag="worker")
    channel.connection.register_with_event_loop(None, loop)
    (look,) = looks
    folder.rmdir()
    folder.write_text("no folder")
    look()
    look()
    folder.unlink()
    channel._put("work", message(1))
    look()
    assert len(taken) == 1
    assert caplog.text.count("broker_folder_unreadable") == 1


def test_what_brought_a_worker_down_does_not_come_back(channel: Channel) -> None:
    channel._put("work", message(1))
    assert channel.basic_get("work") is not None
    channel.close()
    assert channel._size("work") == 0
