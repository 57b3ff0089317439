"""Who may read the files of a dataset: one decision for the API, Intake, files and pages.

The description of every dataset is for all. Administrators are readers like others: who
belongs to a group is decided in the hub, where it can be seen, and not by a silent exception here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from gaia_vre.catalog.model import Rights, from_json
from gaia_vre.core.errors import InvalidInput
from gaia_vre.core.marking import said

if TYPE_CHECKING:
    from gaia_vre.catalog.engine.model import Document

FIELD = "gaia:rights"
"""Where STAC collections of ours carry the rights."""

Reason = Literal["public", "licence", "group", "embargo"]

OWNER = said("the owner of the dataset")
"""Who grants access when nobody is named."""

_PUBLIC = said("The files are open to everybody.")
_ACCEPTED = said("You have accepted the licence {licence}.")
_MEMBER = said("You belong to {groups}, who may read these files.")
_EARLY = said("You belong to {groups}, who may read these files before {until}.")
_TO_ACCEPT = said("These files can be read by those who have accepted the licence {licence}.")
_NOT_SIGNED_IN = said("These files can be read by those who have signed in and accepted the licence {licence}.")
_OTHERS = said("These files are for {groups}; {who} grants access.")
_ADMINISTRATOR = said(
    "These files are for {groups}; {who} grants access. Administrators add people to groups in the hub."
)
_EMBARGO = said("These files are under embargo until {until}; {who} grants access before.")
_EMBARGO_OF = said("These files are for {groups} until {until}; {who} grants access before.")


@dataclass(frozen=True)
class Reader:
    """Who wants to read; without a name, somebody who has not signed in."""

    name: str = ""
    groups: frozenset[str] = frozenset()
    admin: bool = False


ANYONE = Reader()


@dataclass(frozen=True)
class Decision:
    """Whether somebody may read the files of a dataset, and why."""

    allowed: bool
    reason: Reason
    """What decided; of a refusal, what stands in the way first."""
    text: str
    """One of the sentences above, whose gaps `values` fill; translations have it as key."""
    values: tuple[tuple[str, str], ...] = ()
    who: str | None = None
    """Who grants access, as far as known."""

    @property
    def message(self) -> str:
        return self.text.format(**dict(self.values))


def decide(rights: Rights | None, reader: Reader, accepted: frozenset[str], now: datetime) -> Decision:
    """Decide whether a reader may have the files.

    Parameters
    ----------
    rights
        Of the dataset; None is public.
    accepted
        Keys of the licences whose present text the reader has accepted.
    """
    if rights is None:
        return Decision(allowed=True, reason="public", text=_PUBLIC)
    embargo = under_embargo(rights, now)
    groups = rights.groups if embargo or rights.until is None else ()
    mine = tuple(group for group in groups if group in reader.groups)
    if (embargo or groups) and not mine:
        return _refused(rights, groups, reader, embargo=embargo)
    if rights.licence and (not reader.name or rights.licence not in accepted):
        text = _TO_ACCEPT if reader.name else _NOT_SIGNED_IN
        return _decided(rights, "licence", text, allowed=False)
    return _allowed(rights, mine, embargo=embargo)


def under_embargo(rights: Rights, now: datetime) -> bool:
    """Tell whether the embargo of a dataset lasts; raises InvalidInput when its end is no instant."""
    return rights.until is not None and now < instant(rights.until)


def check_rights(rights: Rights) -> Rights:
    """Return the rights; raises InvalidInput when they cannot be decided on."""
    if rights.until is not None:
        instant(rights.until)
    if not (rights.licence or rights.groups or rights.until):
        raise InvalidInput("rights: give a licence, groups or the end of an embargo; leave rights out for public files")
    for one in (*rights.groups, *(name for name in (rights.licence, rights.granted_by) if name is not None)):
        if not isinstance(one, str) or not one.strip():
            raise InvalidInput(f"rights: {one!r} is no name")
    return rights


def rights_of(collection: Document) -> Rights | None:
    """Return the rights that a STAC collection carries.

    Raises
    ------
    InvalidInput
        It carries some that cannot be understood: nobody reads such files.
    """
    given: Any = collection.get(FIELD)
    if given is None:
        return None
    if not isinstance(given, dict) or not isinstance(given.get("groups", []), list | tuple):
        raise InvalidInput(f"{collection.get('id')}: {FIELD} must be an object whose groups are a list")
    try:
        return check_rights(from_json(Rights, given))
    except (AttributeError, KeyError, TypeError) as error:
        raise InvalidInput(f"{collection.get('id')}: {FIELD} cannot be understood ({error})") from error


def instant(text: str) -> datetime:
    """Return the instant that ends an embargo."""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (ValueError, AttributeError, TypeError):
        raise InvalidInput(f"rights.until: {text!r} is no instant, as 2027-01-01T00:00:00Z is") from None
    if moment.tzinfo is None:
        raise InvalidInput(f"rights.until: {text!r} has no time zone; 2027-01-01T00:00:00Z has")
    return moment


def _refused(rights: Rights, groups: tuple[str, ...], reader: Reader, *, embargo: bool) -> Decision:
    if embargo:
        return _decided(rights, "embargo", _EMBARGO_OF if groups else _EMBARGO, groups=groups, allowed=False)
    return _decided(rights, "group", _ADMINISTRATOR if reader.admin else _OTHERS, groups=groups, allowed=False)


def _allowed(rights: Rights, mine: tuple[str, ...], *, embargo: bool) -> Decision:
    if embargo:
        return _decided(rights, "embargo", _EARLY, groups=mine)
    if mine:
        return _decided(rights, "group", _MEMBER, groups=mine)
    if rights.licence:
        return _decided(rights, "licence", _ACCEPTED)
    return Decision(allowed=True, reason="public", text=_PUBLIC)


def _decided(
    rights: Rights, reason: Reason, text: str, *, groups: tuple[str, ...] = (), allowed: bool = True
) -> Decision:
    values = {
        "licence": rights.licence or "",
        "groups": ", ".join(groups),
        "until": rights.until or "",
        "who": rights.granted_by or OWNER,
    }
    used = tuple((name, value) for name, value in values.items() if "{" + name + "}" in text)
    return Decision(allowed, reason, text, used, rights.granted_by)
