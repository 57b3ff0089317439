import stat
from pathlib import Path

import pytest

from gaia_vre.core.errors import SettingsError
from gaia_vre.local.secrets import load_secrets


def test_secrets_are_made_once(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    assert load_secrets(path) == load_secrets(path)


def test_only_the_owner_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    load_secrets(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_secret_that_a_newer_version_needs_is_added(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text('{"user_password": "kept"}')
    secrets = load_secrets(path)
    assert secrets.user_password == "kept"
    assert len(secrets.proxy_token) == 64


def test_they_are_not_shown_by_accident(tmp_path: Path) -> None:
    secrets = load_secrets(tmp_path / "secrets.json")
    assert secrets.user_password not in repr(secrets)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text("{")
    with pytest.raises(SettingsError, match="damaged"):
        load_secrets(path)
