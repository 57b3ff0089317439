"""What a person is offered before a sandbox is made: checked, described, and nothing run or asked of other hosts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gaia_vre.core.errors import InvalidInput, NotAllowed
from gaia_vre.core.examples import example_notebooks, examples_folder
from gaia_vre.sandboxes.addresses import read_address
from gaia_vre.sandboxes.sources import check_source, readable_notebook, readable_project
from gaia_vre.service.catalog.finding import Finder
from gaia_vre.service.catalog.gate import Gate, check_allowed
from gaia_vre.service.frame import PREFIX
from gaia_vre.service.sandboxes import words
from gaia_vre.service.sandboxes.routes import maker

if TYPE_CHECKING:
    from gaia_vre.look.language import Language
    from gaia_vre.sandboxes.model import Source
    from gaia_vre.service.dependencies import Parts
    from gaia_vre.service.login import Caller


@dataclass(frozen=True)
class Offer:
    """A sandbox that could be made."""

    source: Source
    title: str
    facts: list[words.Fact]


def offer(service: Parts, who: Caller | None, language: Language, source: Source) -> Offer:
    """Return what a sandbox from this source would run, for this person or for a visitor.

    Raises
    ------
    GaiaError
        There is no such thing, the person may not read it, or it is not what a sandbox starts from.
    """
    checked = check_source(source, service.settings)
    title, host = "", ""
    if checked.kind == "dataset":
        known = Finder(service.catalog).dataset(checked.reference)
        if known.rights:
            check_allowed(known.id, Gate(service).verdict(known.id, who.person if who else None).decision)
        if not known.opens_here:
            raise InvalidInput(f"{known.id} has no copy here: {known.access or 'the way to get it is not known'}")
        title, checked = known.title, replace(checked, reference=known.id)
    elif checked.kind in ("project", "notebook") and who is None:
        raise NotAllowed("Projects and what they publish are for those who have an account")
    elif checked.kind == "project" and who:
        me = maker(service, who)
        title = readable_project(checked, me, service.registry.projects).project.title
    elif checked.kind == "notebook" and who:
        title = readable_notebook(checked, maker(service, who), service.publications).publication.title
    elif checked.kind == "git":
        address = read_address(checked.reference, service.settings.sandboxes.repositories)
        title, host = address.name, address.host
    elif checked.kind == "example":
        title = checked.reference.removesuffix(".ipynb")
    return Offer(checked, title, words.source_facts(language, checked, title, host, PREFIX))


def examples() -> list[str]:
    """Return the examples that a sandbox can start from."""
    return example_notebooks(examples_folder())
