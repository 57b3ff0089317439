"""Publications in the words of a language, and what a project's page shows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gaia_vre.core.marking import said

if TYPE_CHECKING:
    from gaia_vre.look.language import Language
    from gaia_vre.projects.model import Actor
    from gaia_vre.projects.store import Mine
    from gaia_vre.service.dependencies import Parts

AUDIENCES = {
    "members": said("for members"),
    "signed-in": said("for everybody who is signed in"),
    "public": said("for everybody"),
}


def published_sheet(service: Parts, language: Language, found: Mine, me: Actor) -> dict[str, Any]:
    """Return what a project's page shows of what the person may read."""
    offered = [key for key in AUDIENCES if key != "public" or service.settings.projects.public_results]
    return {
        "published": service.publications.of(found.project.slug, me) if found.role else [],
        "audiences": [(key, language.text(AUDIENCES[key])) for key in offered],
        "audience_words": lambda audience: language.text(AUDIENCES[audience]),
    }
