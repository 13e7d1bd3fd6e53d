"""What lies encrypted in the database, and what happens to it when keys change."""

import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from ordinavo_connect.running.secrets import encryption_key
from webhooks.delivery.sealing import (
    Unreadable,
    header_names,
    sealed,
    sealed_headers,
    unsealed,
    unsealed_headers,
)

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture(autouse=True)
def _key(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [OLD]


def test_a_text_comes_back_and_cannot_be_read_meanwhile() -> None:
    token = sealed("whsec_geheim")
    assert "geheim" not in token
    assert unsealed(token) == "whsec_geheim"
    assert sealed("whsec_geheim") != token


def test_blank_stays_blank() -> None:
    assert sealed("") == unsealed("") == ""
    assert sealed_headers({}) == ""
    assert unsealed_headers("") == {}
    assert header_names("") == []


def test_an_old_key_still_opens_what_it_closed(settings: Any) -> None:
    token = sealed("x")
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert unsealed(token) == "x"
    by_new = sealed("y")
    settings.ENCRYPTION_KEYS = [NEW]
    assert unsealed(by_new) == "y"
    with pytest.raises(Unreadable):
        unsealed(token)


def test_names_of_headers_need_no_key(settings: Any) -> None:
    text = sealed_headers({"X-Api-Key": "geheim", "Authorization": "Bearer t"})
    assert "geheim" not in text
    assert unsealed_headers(text) == {"X-Api-Key": "geheim", "Authorization": "Bearer t"}
    settings.ENCRYPTION_KEYS = [NEW]
    assert header_names(text) == ["X-Api-Key", "Authorization"]


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    key = encryption_key(tmp_path / "var")
    Fernet(key)
    assert encryption_key(tmp_path / "var") == key
    assert stat.S_IMODE((tmp_path / "var" / "encryption_key").stat().st_mode) == 0o600
