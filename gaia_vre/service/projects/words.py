"""Projects in the words of a language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gaia_vre.core.marking import said

if TYPE_CHECKING:
    from gaia_vre.look.language import Language
    from gaia_vre.projects.model import Event

ROLES = {"owner": said("Owner"), "manager": said("Manager"), "editor": said("Editor"), "viewer": said("Viewer")}
STATES = {
    "active": said("active"),
    "ending": said("ends soon"),
    "read-only": said("read-only"),
    "archived": said("archived"),
}
VISIBILITIES = {
    "private": said("Members alone know of it"),
    "listed": said("Everybody finds it and may ask to join"),
    "open": said("Everybody may read its page, and ask to join"),
}
_EVENTS = {
    "created": said("{by} made the project"),
    "changed": said("{by} changed what it says"),
    "joined": said("{username} came in, let in by {by}"),
    "role": said("{by} made {username} {role}"),
    "left": said("{username} left"),
    "removed": said("{by} took {username} out"),
    "stay-over": said("the stay of {username} ended"),
    "group": said("{by} changed the role of the group {group}"),
    "invited": said("{by} made an invitation link"),
    "revoked": said("{by} revoked an invitation link"),
    "asked": said("{by} asked to join"),
    "declined": said("{by} declined the request of {username}"),
    "looked": said("the administrator {by} looked at it"),
    "entered": said("{by} entered its server"),
    "server-started": said("{by} started its server"),
    "server-stopped": said("{by} stopped its server"),
    "server-stopped-why": said("{by} stopped its server: {reason}"),
    "put-back": said("{by} put {path} back from the trash"),
    "restored": said("{by} copied back an earlier state: {path}"),
    "copied": said("{by} took a copy of all of it"),
    "heir": said("{by} named the heir"),
    "environment": said("{by} pinned the environment {name}"),
    "noticed": said("its people were told that it ends"),
    "inherited": said("{username} owns it now, since its owners were gone"),
    "ownerless": said("nobody owns it any more"),
    "archived": said("it was archived"),
    "purged": said("its folder was removed"),
    "deleted": said("{by} deleted it"),
    "imported": said("{by} brought it in from a bag"),
    "uninvited": said("{by} took the invitation of {username} back"),
    "published": said("{by} published the notebook “{title}”"),
    "republished": said("{by} changed who reads the notebook “{title}”"),
    "withdrawn": said("{by} withdrew the notebook “{title}”"),
    "app-published": said("{by} published the app “{title}”"),
    "app-changed": said("{by} changed who visits the app “{title}”"),
    "app-withdrawn": said("{by} withdrew the app “{title}”"),
    "dataset-published": said("{by} published the dataset {name}"),
    "dataset-changed": said("{by} changed what the dataset {name} says"),
    "dataset-listed": said("{by} put the dataset {name} in the list for everybody"),
    "dataset-unlisted": said("{by} took the dataset {name} out of the list"),
    "dataset-withdrawn": said("{by} withdrew the dataset {name}"),
    "state": said("by its dates it is now: {state}"),
}


_FACTS = ("username", "group", "name", "title", "role", "state", "path", "reason")


def event_words(language: Language, event: Event) -> str:
    """Return a line of a project's history as a sentence."""
    known = _EVENTS.get(event.kind)
    if known is None:
        return ""
    facts = {name: str(event.facts.get(name, "")) for name in _FACTS} | {"by": event.by}
    for name, names in (("role", ROLES), ("state", STATES)):
        if word := names.get(facts[name]):
            facts[name] = language.text(word)
    return language.text(known, **facts)
