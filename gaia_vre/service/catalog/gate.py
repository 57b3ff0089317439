"""Decide for the person who asks: what the dataset wants, what the person has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gaia_vre.catalog.access import Decision, Reader, decide, rights_of
from gaia_vre.core.errors import InvalidInput, NotAllowed, NotFound, did_you_mean
from gaia_vre.service.catalog.acceptances import Acceptances
from gaia_vre.service.catalog.links import Link, Links, expiry

if TYPE_CHECKING:
    from gaia_vre.catalog.engine.model import Document
    from gaia_vre.catalog.model import Rights
    from gaia_vre.core.access_settings import LicenceText
    from gaia_vre.service.dependencies import Parts
    from gaia_vre.service.hub import Person


@dataclass(frozen=True)
class Verdict:
    """A decision with what it was made on."""

    collection: Document
    rights: Rights | None
    decision: Decision
    licence: LicenceText | None
    """The licence to accept, or that was accepted."""


class Gate:
    """The one place of the service where rights are decided on."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._settings = parts.settings.access
        self._acceptances = Acceptances(parts.engine)
        self.links = Links(parts.login.derived_key("links to files"))

    def verdict(self, dataset: str, person: Person | None) -> Verdict:
        """Decide whether a person, or somebody not signed in, may read the files of a dataset; raises NotFound."""
        collection = self._parts.catalog.collection(dataset)
        rights = rights_of(collection)
        accepted: frozenset[str] = frozenset()
        if person and rights and rights.licence:
            accepted = self._acceptances.of(person.name, self._settings.licences)
        decision = decide(rights, reader_of(person), accepted, self._parts.clock())
        return Verdict(collection, rights, decision, self._settings.licence(rights.licence if rights else None))

    def accept(self, dataset: str, digest: str, person: Person) -> Verdict:
        """Record that a person accepts the licence of a dataset, as shown.

        Raises
        ------
        InvalidInput
            The dataset has no licence to accept, or its text has changed since it was shown.
        NotFound
            The text of the licence is not known here.
        NotAllowed
            Somebody who is no person asks.
        """
        if person.kind != "user":
            raise NotAllowed(f"{person.name} is no person and cannot accept a licence")
        found = self.verdict(dataset, person)
        if found.rights is None or found.rights.licence is None:
            raise InvalidInput(f"{dataset}: there is no licence to accept")
        if found.licence is None:
            raise self._unknown(found.rights.licence)
        if digest != found.licence.digest:
            raise InvalidInput(f"{found.licence.key}: the text is another than the one shown to you: read it again")
        self._acceptances.add(person.name, found.licence, self._parts.clock())
        return self.verdict(dataset, person)

    def link(self, dataset: str, person: Person) -> Link:
        """Return a link to the files; raises NotAllowed with whom to ask."""
        check_allowed(dataset, self.verdict(dataset, person).decision)
        return self._link(dataset, person)

    def _link(self, dataset: str, person: Person) -> Link:
        return Link(dataset, person.name, expiry(self._parts.clock(), self._settings.link_minutes))

    def read(self, dataset: str, segment: str) -> Link:
        """Return what the link in a path proves; raises NotAllowed."""
        return self.links.read(dataset, segment, self._parts.clock())

    def path(self, link: Link) -> str:
        """Return the path of the dataset's folder from the service's own on."""
        return f"files/{link.dataset}/{self.links.segment(link)}"

    def _unknown(self, licence: str) -> NotFound:
        hint = did_you_mean(licence, [one.key for one in self._settings.licences])
        return NotFound(f"The text of the licence {licence!r} is not known here; the operators must add it{hint}")


def reader_of(person: Person | None) -> Reader:
    """Return a person of the hub as a reader."""
    return Reader(person.name, person.groups or frozenset(), person.admin) if person else Reader()


def check_allowed(dataset: str, decision: Decision) -> None:
    """Refuse with the reason; raises NotAllowed."""
    if not decision.allowed:
        raise NotAllowed(f"{dataset}: {decision.message}")
