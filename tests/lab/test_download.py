"""The work of a sandbox as one archive: all that is shown in the lab, nothing from outside of its folder."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator

import pytest

from tests.support.lab_process import RunningLab, running_lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    with running_lab(tmp_path_factory.mktemp("download") / "home", GAIA_VRE_SANDBOX="0123abcd") as running:
        yield running


def test_files_are_in_it_and_nothing_that_leads_out(lab: RunningLab) -> None:
    (lab.home / "données").mkdir()
    (lab.home / "données" / "a.csv").write_bytes(os.urandom(3 * 2**20))
    (lab.home / "try.py").write_text("1")
    (lab.home.parent / "secret").write_text("secret")
    (lab.home / "link").symlink_to(lab.home.parent / "secret")
    (lab.home / "folder").symlink_to(lab.home.parent)
    os.mkfifo(lab.home / "pipe")
    answer = lab.http.get("gaia/work.zip")
    assert answer.headers["content-disposition"] == 'attachment; filename="sandbox.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["try.py", "données/a.csv"]
        assert archive.read("données/a.csv") == (lab.home / "données" / "a.csv").read_bytes()


def test_it_is_its_owners_alone(lab: RunningLab) -> None:
    guest = {"Authorization": f"token {lab.hub.guest_token}"}
    assert lab.http.get("gaia/work.zip", headers=guest).status_code == 403
    assert lab.http.get("gaia/work.zip", headers={"Authorization": ""}).status_code in (302, 403)
