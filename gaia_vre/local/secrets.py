"""Passwords and tokens of one machine: made once, kept readable by their owner only."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from gaia_vre.core.durable import PRIVATE, write_text
from gaia_vre.core.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Secrets:
    """Each field is a hexadecimal string; passwords are what a person types."""

    instance: str
    """Marks every process of this state folder in its environment; no secret, but as lasting."""
    administrator_password: str
    user_password: str
    proxy_token: str
    service_token: str
    gateway_token: str
    gateway_proxy_token: str
    culler_token: str
    supervisor_token: str
    crypt_key: str
    cookie_secret: str

    def __repr__(self) -> str:
        return "Secrets(...)"


_LENGTHS = {"instance": 8, "user_password": 6, "administrator_password": 16}


def load_secrets(path: Path) -> Secrets:
    """Return the secrets of this state folder; the first call makes and keeps them.

    Raises
    ------
    SettingsError
        The file is there but cannot be read as what was written.
    """
    try:
        kept = json.loads(path.read_text())
        values = {field.name: str(kept[field.name]) for field in fields(Secrets) if field.name in kept}
    except FileNotFoundError:
        values = {}
    except (ValueError, TypeError) as error:
        raise SettingsError(f"{path} is damaged: move it away to have new passwords made") from error
    known = Secrets(**{field.name: values.get(field.name) or _new(field.name) for field in fields(Secrets)})
    if values != asdict(known):
        write_text(path, json.dumps(asdict(known), indent=1), PRIVATE)
    return known


def _new(name: str) -> str:
    return secrets.token_hex(_LENGTHS.get(name, 32))
