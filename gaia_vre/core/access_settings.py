"""Settings of files that are not open to everybody: licences, links, keys of other archives."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import Literal

from pydantic import Field, field_validator, model_validator

from gaia_vre.core.part import Part

_KEY = r"^[a-z0-9][a-z0-9._-]{0,62}$"
_HOST = r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[0-9]{1,5})?$"
_VARIABLE = r"^[A-Z][A-Z0-9_]{0,100}$"


class LicenceText(Part):
    """Terms that a person must accept before reading."""

    key: str = Field(pattern=_KEY, description="Key by which the rights of datasets name the licence.")
    title: str = Field(max_length=120, description="What people read as its name.")
    text: str = Field(
        min_length=1,
        max_length=200_000,
        description="The whole text, shown before it is accepted. Whoever accepted another text is asked again.",
    )

    @property
    def digest(self) -> str:
        """SHA-256 of the text: which version of it was accepted."""
        return hashlib.sha256(self.text.encode()).hexdigest()


class Signer(Part):
    """How the service gets files of one archive that wants a key; notebooks never hold it."""

    name: str = Field(pattern=_KEY, description="Key of the archive, in messages and logs.")
    kind: Literal["teledetection", "header"] = Field(
        description="teledetection: addresses are signed by that service (Theia, DINAMIS); header: a key is sent, and "
        "the files pass through the service (GEODES, hydroweb.next)."
    )
    hosts: tuple[str, ...] = Field(
        min_length=1, description="Hosts, as they stand in addresses, to whose files alone this applies."
    )
    url: str = Field(
        default="https://signing.stac.teledetection.fr/sign",
        pattern=r"^https?://",
        description="Address that signs, for kind teledetection.",
    )
    header: str = Field(
        default="X-API-Key", pattern=r"^[A-Za-z0-9-]{1,60}$", description="Header of the key, for kind header."
    )
    key_variable: str = Field(
        pattern=_VARIABLE, description="Environment variable of `gaia-vre up` that holds the key."
    )
    secret_variable: str | None = Field(
        default=None,
        pattern=_VARIABLE,
        description="Environment variable that holds the secret key, for kind teledetection.",
    )
    seconds: float = Field(default=10, gt=0, le=60, description="How long the archive may take to answer.")

    @field_validator("hosts")
    @classmethod
    def _hosts_are_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if not re.fullmatch(_HOST, host):
                raise ValueError(f"{host!r} is no host; give it as data.example.org or data.example.org:8080")
        return hosts

    @model_validator(mode="after")
    def _keys_are_named(self) -> Signer:
        if self.kind == "teledetection" and self.secret_variable is None:
            raise ValueError("kind 'teledetection' needs secret_variable")
        return self


class Access(Part):
    """Files that are not open to everybody."""

    link_minutes: int = Field(
        default=60,
        ge=1,
        le=1440,
        description="How long a link to restricted files lasts. A right that is taken away ends within this time; a "
        "Dask computation reads with the links that its notebook had when it sent the work.",
    )
    licences: tuple[LicenceText, ...] = Field(default=(), description="Licences that datasets ask to be accepted.")
    signers: tuple[Signer, ...] = Field(default=(), description="Other archives whose files need a key.")

    @model_validator(mode="after")
    def _keys_are_unique(self) -> Access:
        hosts = [host for signer in self.signers for host in signer.hosts]
        for what, keys in (("licence", [one.key for one in self.licences]), ("host", hosts)):
            for key, count in Counter(keys).items():
                if count > 1:
                    raise ValueError(f"the {what} {key!r} stands twice")
        return self

    def licence(self, key: str | None) -> LicenceText | None:
        """Return the licence of this key, or None when there is none."""
        return next((one for one in self.licences if one.key == key), None)
