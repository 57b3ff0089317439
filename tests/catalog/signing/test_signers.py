"""Every signer gives a way to a file of its archive, and nothing else."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from gaia_vre.catalog.signing.contract import Signer
from gaia_vre.catalog.signing.hosts import host_of
from gaia_vre.catalog.signing.signers import Signers
from gaia_vre.core.access_settings import Access
from gaia_vre.core.access_settings import Signer as Settings
from gaia_vre.core.errors import SettingsError, Unavailable
from gaia_vre.core.settings import parse_settings
from tests.support.replay import Asked, Replay, running_replay

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FILE = "https://s3-data.example.org/spot/image.tif"
KEYS = {"THEIA_ACCESS": "an-access-key", "THEIA_SECRET": "a-secret-key", "GEODES_KEY": "a-geodes-key"}


@pytest.fixture
def archive() -> Iterator[Replay]:
    with running_replay() as replay:
        replay.routes["/sign"] = signed
        yield replay


def signed(asked: Asked) -> dict[str, str]:
    keys = (asked.headers.get("access-key"), asked.headers.get("secret-key"))
    assert keys == ("an-access-key", "a-secret-key")
    return {"href": f"{asked.query['url']}?X-Amz-Signature=abc", "expiry": "2026-11-24T13:00:00Z"}


def theia(archive: Replay, **changes: object) -> Settings:
    values = {
        "name": "theia",
        "kind": "teledetection",
        "url": f"{archive.url}/sign",
        "hosts": ["s3-data.example.org"],
        "key_variable": "THEIA_ACCESS",
        "secret_variable": "THEIA_SECRET",
        "seconds": 0.3,
    }
    return Settings.model_validate(values | changes)


def geodes() -> Settings:
    return Settings(name="geodes", kind="header", hosts=("geodes.example.org",), key_variable="GEODES_KEY")


def of_theia(archive: Replay, **environment: str) -> Signer:
    signer = Signers([theia(archive)], environment or KEYS).of(FILE)
    assert signer is not None
    return signer


@pytest.mark.parametrize("name", ["theia", "geodes"])
def test_a_file_of_the_archive_can_be_read(archive: Replay, name: str) -> None:
    signers = Signers([theia(archive), geodes()], KEYS)
    href = FILE if name == "theia" else "https://geodes.example.org/a.zip"
    signer = signers.of(href)
    assert signer is not None
    found = signer.sign(href, NOW)
    assert signer.name == name
    assert urlsplit(found.href).path == urlsplit(href).path
    assert host_of(found.href) == host_of(href)


@pytest.mark.parametrize("name", ["theia", "geodes"])
def test_without_its_key_it_says_which_variable_to_set(archive: Replay, name: str) -> None:
    signers = Signers([theia(archive), geodes()], {})
    signer = signers.of(FILE if name == "theia" else "https://geodes.example.org/a.zip")
    assert signer is not None
    with pytest.raises(Unavailable, match=r"must set [A-Z_]+"):
        signer.sign(FILE, NOW)


@pytest.mark.parametrize("name", ["theia", "geodes"])
def test_no_key_is_ever_shown(archive: Replay, name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    signers = Signers([theia(archive), geodes()], KEYS)
    signer = signers.of(FILE if name == "theia" else "https://geodes.example.org/a.zip")
    assert signer is not None
    shown = repr(signer.sign(FILE, NOW)) + caplog.text
    assert not [key for key in KEYS.values() if key in shown]


def test_a_header_is_for_the_service_alone() -> None:
    signer = Signers([geodes()], KEYS).of("https://geodes.example.org/a.zip")
    assert signer is not None
    assert dict(signer.sign("https://geodes.example.org/a.zip", NOW).headers) == {"X-API-Key": "a-geodes-key"}


def test_an_address_is_signed_once_until_shortly_before_its_end(archive: Replay) -> None:
    signer = of_theia(archive)
    first = signer.sign(FILE, NOW)
    assert signer.sign(FILE, NOW + timedelta(minutes=57)) is first
    assert len(archive.asked) == 1
    archive.routes["/sign"] = {"href": f"{FILE}?new", "expiry": "2026-11-24T14:00:00Z"}
    assert signer.sign(FILE, NOW + timedelta(minutes=58, seconds=30)).href.endswith("?new")


FAULTS = {
    "error": "status 500",
    "busy": "status 429",
    "refused": "refuses the keys",
    "slow": "does not answer|takes over",
    "cut": "does not answer",
    "page": "is no JSON",
    "huge": "over 65,536 bytes",
    "away": "status 302",
    "list": "without 'href'",
}


@pytest.mark.parametrize(("fault", "said"), FAULTS.items(), ids=FAULTS)
def test_a_fault_of_the_archive_is_named_and_not_remembered(archive: Replay, fault: str, said: str) -> None:
    signer = of_theia(archive)
    archive.faults.append(fault)
    with pytest.raises(Unavailable, match=f"theia.*({said})") as caught:
        signer.sign(FILE, NOW)
    assert "secret" not in caught.value.message
    assert signer.sign(FILE, NOW).href.startswith(FILE)


WRONG = {
    "ended already": ({"href": FILE, "expiry": "2026-11-24T11:00:00Z"}, "has ended already"),
    "no end": ({"href": FILE}, "without 'href' and 'expiry'"),
    "an end of words": ({"href": FILE, "expiry": "soon"}, "is no instant"),
    "a number": ({"href": 5, "expiry": 7}, "without 'href'"),
    "another host": ({"href": "https://elsewhere.org/x", "expiry": "2026-11-24T13:00:00Z"}, "another host"),
    "a file": ({"href": "file:///etc/passwd", "expiry": "2026-11-24T13:00:00Z"}, "another host"),
    "plain http": ({"href": FILE.replace("https", "http"), "expiry": "2026-11-24T13:00:00Z"}, "another host"),
    "null": (b"null", "without 'href'"),
    "deep": (b"[" * 60_000, "no JSON"),
}


@pytest.mark.parametrize(("answer", "said"), WRONG.values(), ids=WRONG)
def test_an_answer_of_the_wrong_kind_is_not_handed_on(archive: Replay, answer: object, said: str) -> None:
    archive.routes["/sign"] = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    with pytest.raises(Unavailable, match=said):
        of_theia(archive).sign(FILE, NOW)


NOT_OURS = [
    "https://elsewhere.org/a.tif",
    "https://s3-data.example.org.evil.org/a.tif",
    "https://s3-data.example.org@evil.org/a.tif",
    "https://ada:pass@s3-data.example.org/a.tif",
    "https://s3-data.example.org:8443/a.tif",
    "http://s3-data.example.org/a.tif",
    "file:///etc/passwd",
    "gopher://s3-data.example.org/",
    "https://[::1",
    "https:///a.tif",
    "https://s3-data.example.org\\@evil.org/",
    "https://s3-data.exampl\u0435.org/a.tif",
    "zarr/a.zarr",
]


@pytest.mark.parametrize("href", NOT_OURS)
def test_no_other_host_is_ever_called(archive: Replay, href: str) -> None:
    assert Signers([theia(archive)], KEYS).of(href) is None


@pytest.mark.parametrize(
    "signers",
    [
        [{"name": "x", "kind": "teledetection", "hosts": ["a.org"], "key_variable": "K"}],
        [{"name": "x", "kind": "header", "hosts": ["https://a.org/x"], "key_variable": "K"}],
        [{"name": "x", "kind": "header", "hosts": [], "key_variable": "K"}],
        [{"name": "x", "kind": "header", "hosts": ["a.org"], "key_variable": "the key itself"}],
        [{"name": name, "kind": "header", "hosts": ["a.org"], "key_variable": "K"} for name in "xy"],
    ],
    ids=["no secret", "no host", "none", "a key", "one host twice"],
)
def test_settings_that_cannot_work_are_refused(signers: list[dict[str, object]]) -> None:
    with pytest.raises(SettingsError, match=r"access"):
        parse_settings({"access": {"signers": signers}})
    assert Access().signers == ()
