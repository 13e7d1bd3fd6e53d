"""When `.venv` is made anew, and with which Python. Installing itself is what every first start does."""

import sys
from pathlib import Path

import pytest

from ordinavo_connect.running import environment


@pytest.fixture
def lock_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lock file that is installed: the stamp of `.venv` says so."""
    lock_file, stamp = tmp_path / "requirements.lock", tmp_path / "stamp"
    monkeypatch.setattr(environment, "LOCK_FILE", str(lock_file))
    monkeypatch.setattr(environment, "STAMP", str(stamp))
    monkeypatch.setattr(environment, "VENV_PYTHON", sys.executable)
    lock_file.write_text("django==5.2\n    --hash=sha256:1\nuvloop==1.0\n    --hash=sha256:2\n")
    stamp.write_text(environment.wanted_stamp())
    return lock_file


def test_nothing_is_installed_twice(lock_file: Path) -> None:
    assert environment.is_current()


def test_another_lock_file_is_installed(lock_file: Path) -> None:
    lock_file.write_text("django==5.3\n")
    assert not environment.is_current()


def test_an_environment_whose_python_is_gone_is_made_anew(
    lock_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "VENV_PYTHON", "/nowhere/python")
    assert not environment.is_current()


def test_a_python_that_is_missing_is_no_python() -> None:
    assert environment.works(sys.executable)
    assert not environment.works("python-of-nobody")


def test_it_counts_packages_not_hashes(lock_file: Path) -> None:
    assert environment.count_packages() == 2
