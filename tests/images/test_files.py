"""What can be seen of the images without building them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "images"
NAMES = ("hub", "service", "user")


def text(name: str) -> str:
    return (IMAGES / name / "Containerfile").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_an_image_runs_as_an_ordinary_user(name: str) -> None:
    users = re.findall(r"^USER (\S+)$", text(name), re.MULTILINE)
    assert users == ["1000:1000"]


@pytest.mark.parametrize("name", NAMES)
def test_an_image_has_two_stages_and_takes_only_what_was_built(name: str) -> None:
    last = text(name).rsplit("\nFROM ", 1)[1]
    assert text(name).count("\nFROM ") == 2
    assert "COPY --from=built /opt/gaia-vre /opt/gaia-vre" in last
    assert "COPY . " not in last
    assert not re.search(r"install.*(gcc|build-essential|-dev\b|python3-venv)", last, re.DOTALL)


@pytest.mark.parametrize("name", NAMES)
def test_an_image_says_what_it_was_made_of(name: str) -> None:
    for label in ("version", "revision", "licenses", "title"):
        assert f"org.opencontainers.image.{label}=" in text(name)


def test_the_extras_that_images_install_are_there() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    for name in NAMES:
        extras = re.findall(r"RUN images/install ([a-z ]+)", text(name))[0].split()
        assert all(f"\n{extra} = [" in project for extra in extras)


def test_the_uv_of_the_images_is_that_of_everybody() -> None:
    wanted = re.findall(r"^UV_VERSION = (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert re.findall(r"^uv_version=(\S+)$", (IMAGES / "install").read_text(), re.MULTILINE) == wanted


def test_a_name_that_is_no_image_is_refused_by_name() -> None:
    ended = subprocess.run([IMAGES / "build", "gateway"], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "there is no image or option 'gateway'" in ended.stderr
    assert "--base IMAGE" in ended.stderr


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="some of these versions mix connections up")
def test_the_check_of_tls_passes_a_python_that_is_right() -> None:
    subprocess.run([sys.executable, IMAGES / "tls_check.py"], check=True)
