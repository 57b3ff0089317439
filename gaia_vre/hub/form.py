"""The start form: its fields from the settings, its answers back as options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader

from gaia_vre.core.errors import InvalidInput
from gaia_vre.hub.choices import choose

if TYPE_CHECKING:
    from collections.abc import Callable

    from gaia_vre.core.settings import Labs


def form_fields(labs: Labs) -> Callable[[Any], str]:
    """Return what the hub calls to have the fields of the form, with the last choice preselected."""
    pages = Environment(loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True)
    template = pages.get_template("gaia_choices.html")

    def render(spawner: Any) -> str:
        return template.render(labs=labs, last=_last_choice(labs, spawner))

    return render


def options_from_form(form: dict[str, list[str]]) -> dict[str, str]:
    """Return the options of a submitted form; the hub's own fields are left out."""
    return {name: values[0] for name, values in form.items() if values and not name.startswith("_")}


def _last_choice(labs: Labs, spawner: Any) -> dict[str, str]:
    try:
        return choose(labs, spawner.orm_spawner.user_options or {}).options
    except (InvalidInput, AttributeError):
        return choose(labs, {}).options
