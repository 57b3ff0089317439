from pathlib import Path

from gaia_vre.cli import COMMANDS
from gaia_vre.core.reference import settings_reference

ROOT = Path(__file__).parents[2]


def test_the_reference_lists_every_setting_as_it_is() -> None:
    page = (ROOT / "hub_config" / "settings.md").read_text()
    assert page == settings_reference(), "run: python -m gaia_vre.core.reference > hub_config/settings.md"


def test_a_setting_deep_inside_has_its_line() -> None:
    assert "| `labs.sizes[].memory_gib` | required | Memory in GiB. |" in settings_reference()
    assert "| `login.oidc.issuer` |" in settings_reference()


def test_every_command_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [name for name in COMMANDS if f"gaia-vre {name}" not in readme] == []
