"""Apps in the words of a language, and what a project's page shows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gaia_vre.core.app_rooms import APP_NAMES
from gaia_vre.core.marking import said
from gaia_vre.projects.app_kinds import PROGRAMS
from gaia_vre.service.quotas.words import short, unit

if TYPE_CHECKING:
    from gaia_vre.look.language import Language
    from gaia_vre.projects.model import Actor
    from gaia_vre.projects.store import Mine
    from gaia_vre.service.dependencies import Parts

STEPS = {
    "budget": said("Budget of the project reserved"),
    "place": said("Place found"),
    "image": said("Environment at hand"),
    "container": said("Process of the app, and the project’s files"),
    "lab": said("The app answers"),
}
VISITORS = {
    "members": said("for members"),
    "signed-in": said("for everybody who is signed in"),
    "public": said("for everybody"),
}


def app_sheet(service: Parts, language: Language, found: Mine, me: Actor, files: list[Any]) -> dict[str, Any]:
    """Return what a project's page shows of its apps to those who are in it."""
    settings = service.settings.projects
    offered = [key for key in VISITORS if key != "public" or settings.public_results]
    programs = [one.name for one in files if one.name.endswith(PROGRAMS) and not (one.folder or one.link)]
    return {
        "apps": service.apps.of(found.project.slug, me) if found.role else [],
        "apps_on": settings.apps.enabled,
        "most_apps": settings.apps.most,
        "programs": programs,
        "program_kinds": APP_NAMES,
        "visitors": [(key, language.text(VISITORS[key])) for key in offered],
        "visitor_words": lambda audience: language.text(VISITORS[audience]),
    }


def lacking_words(language: Language, lacking: dict[str, Any]) -> str:
    """Return what is left of a limit that does not bear an app."""
    return language.text(
        "Not now: {left} of {limit} {unit} left on {account}.",
        left=short(language, lacking["left"]),
        limit=short(language, lacking["limit"]),
        unit=unit(language, lacking["dimension"]),
        account=lacking["title"],
    )


def step_words(language: Language, steps: dict[str, bool]) -> list[tuple[str, bool, bool]]:
    """Return the steps of a start: what each is, whether it is done, whether it goes on now."""
    known = [(STEPS[name], done) for name, done in steps.items() if name in STEPS]
    now = next((text for text, done in known if not done), None)
    return [(language.text(text), done, text == now) for text, done in known]
