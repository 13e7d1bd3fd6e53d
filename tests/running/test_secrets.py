"""The secret key is made once, for its owner alone."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ordinavo_connect.running.secrets import FILE_NAME, secret_key


def test_it_is_made_once_and_then_kept(tmp_path: Path) -> None:
    first = secret_key(tmp_path / "var")
    assert len(first) >= 50
    assert secret_key(tmp_path / "var") == first


def test_all_who_ask_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(secret_key, [tmp_path] * 8))) == 1
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    secret_key(tmp_path / "var")
    assert stat.S_IMODE((tmp_path / "var" / FILE_NAME).stat().st_mode) == 0o600
    assert not (tmp_path / "var").stat().st_mode & stat.S_IRWXO
