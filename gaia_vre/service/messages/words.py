"""The words of each kind of message, in the reader's language."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gaia_vre.service.quotas.words import amount

if TYPE_CHECKING:
    from collections.abc import Callable

    from gaia_vre.look.language import Language
    from gaia_vre.messages.model import Message

HOME = "/services/gaia/"
USAGE = f"{HOME}usage"
SANDBOXES = f"{HOME}sandboxes"
_ISOLATE, _END = "\u2068", "\u2069"


@dataclass(frozen=True)
class Said:
    """A message as one person reads it."""

    title: str
    text: str
    link: str | None = None
    """A page of ours where something can be done about it."""
    link_words: str = ""


@dataclass(frozen=True)
class Reader:
    """Who reads: the language, the moment and the zone."""

    language: Language
    now: datetime
    zone: str

    def say(self, message: Message) -> Said:
        """Put the words around the facts; a kind of a newer version is shown by its name."""
        return _KINDS.get(message.kind, _unknown)(Facts(message, self), self.language)

    def payload(self, message: Message) -> dict[str, Any]:
        """Return the message as programs and scripts get it."""
        said = self.say(message)
        return {
            "id": message.id,
            "kind": message.kind,
            "severity": message.severity,
            "title": said.title,
            "text": said.text,
            "link": said.link,
            "link_words": said.link_words,
            "time": self.language.when(message.created, self.now, self.zone),
            "created": message.created.isoformat(),
            "expires": message.until.isoformat(),
            "read": message.read is not None,
            "facts": {
                name: one.isoformat() if isinstance(one, datetime) else one for name, one in message.facts.items()
            },
        }


class Facts:
    """The facts of one message, written for its reader; one that is missing is empty."""

    def __init__(self, message: Message, reader: Reader) -> None:
        self._facts, self._reader = message.facts, reader

    def given(self, name: str) -> str:
        """Return a text; one that runs from right to left does not turn the words around it."""
        text = str(self._facts.get(name, ""))
        turned = any(unicodedata.bidirectional(one) in ("R", "AL", "AN") for one in text)
        return f"{_ISOLATE}{text}{_END}" if turned else text

    def whole(self, name: str) -> int:
        value = self._facts.get(name, 0)
        return int(value) if isinstance(value, int | float) else 0

    def number(self, name: str) -> str:
        value = self._facts.get(name, 0)
        return self._reader.language.number(value if isinstance(value, int | float) else 0)

    def amount(self, dimension: str, name: str) -> str:
        value = self._facts.get(name, 0)
        return amount(
            self._reader.language, str(self._facts.get(dimension)), value if isinstance(value, int | float) else 0
        )

    def at(self, name: str) -> str:
        value = self._facts.get(name)
        if not isinstance(value, datetime):
            return ""
        return self._reader.language.at(value, self._reader.now, self._reader.zone)


def _notice(facts: Facts, language: Language) -> Said:
    percent, account = facts.number("percent"), facts.given("account")
    title = language.text("{percent} % of the budget of {account} is used", percent=percent, account=account)
    said = language.text("{used} of {limit}", used=facts.number("used"), limit=facts.amount("dimension", "limit"))
    return Said(title, f"{said}.", USAGE, language.text("Usage"))


def _used_up(facts: Facts, language: Language) -> Said:
    title = language.text("The budget of {account} is used up", account=facts.given("account"))
    said = language.text(
        "Dask clusters have to do without workers, and nothing new starts. What runs stops {at}: save your work, or ask the manager for more.",  # noqa: E501
        at=facts.at("stops"),
    )
    return Said(title, said, f"{USAGE}/ask", language.text("Ask for more"))


def _shrunk(facts: Facts, language: Language) -> Said:
    left, before = facts.number("granted"), facts.number("before")
    title = language.text("Your Dask cluster gave workers back: {left} of {before} are left", left=left, before=before)
    said = language.text("The account {account} bears no more of them now.", account=facts.given("account"))
    goes = language.text("What it computes goes on with what is left, or waits; workers come back when there is room.")
    return Said(title, f"{said} {goes}", USAGE, language.text("Usage"))


def _will_stop(facts: Facts, language: Language) -> Said:
    name, at = facts.given("name"), facts.at("stops")
    if name:
        title = language.text("Your server {name} stops {at}", name=name, at=at)
    else:
        title = language.text("Your personal lab stops {at}", at=at)
    said = language.text("The budget of {account} is used up", account=facts.given("account"))
    save = language.text("Save what is open in it.")
    return Said(title, f"{said}. {save}")


def _ended(facts: Facts, language: Language) -> Said:
    what, why = _what(facts, language), _why(facts, language)
    kept = language.text("Saved files are untouched.") if facts.given("thing") == "server" else ""
    title = language.text("{what}: {why}", what=what, why=why)
    told = [f"{detail.rstrip('.')}." if (detail := facts.given("detail")) else "", kept]
    return Said(title, " ".join(filter(None, told)))


def _what(facts: Facts, language: Language) -> str:
    at = facts.at("ended")
    if facts.given("thing") == "cluster":
        return language.text("A Dask cluster of yours stopped {at}", at=at)
    if facts.given("name"):
        return language.text("Your server {name} stopped {at}", name=facts.given("name"), at=at)
    return language.text("Your personal lab stopped {at}", at=at)


def _why(facts: Facts, language: Language) -> str:
    reasons = {
        "memory": language.text("its memory was full"),
        "idle": language.text("nothing had happened in it for a time"),
        "crashed": language.text("its process ended by itself"),
        "stuck": language.text("the start took too long"),
        "budget": language.text("the budget that paid for it is used up"),
        "abandoned": language.text("its lab had stopped"),
        "left": language.text("it had to do with a project that you are not in any more, or may only read"),
    }
    return reasons.get(facts.given("reason"), language.text("the reason is not known"))


def _asked(facts: Facts, language: Language) -> Said:
    more = language.text(
        "{amount} more for {account}", amount=facts.amount("dimension", "amount"), account=facts.given("account")
    )
    title = language.text("{by} asks for {more}", by=facts.given("by"), more=more)
    return Said(title, facts.given("reason"), f"{USAGE}#waiting", language.text("Read and decide"))


def _granted(facts: Facts, language: Language) -> Said:
    title = language.text(
        "{by} granted {amount} more for {account}",
        by=facts.given("by"),
        amount=facts.amount("dimension", "amount"),
        account=facts.given("account"),
    )
    return Said(title, facts.given("answer"), USAGE, language.text("Usage"))


def _declined(facts: Facts, language: Language) -> Said:
    title = language.text(
        "{by} declined {amount} more for {account}",
        by=facts.given("by"),
        amount=facts.amount("dimension", "amount"),
        account=facts.given("account"),
    )
    return Said(title, facts.given("answer"), USAGE, language.text("Usage"))


def _home(facts: Facts, language: Language) -> Said:
    values = {"used": facts.number("used"), "limit": facts.number("limit")}
    title = language.text("Your home holds {used} GiB; a notice comes at {limit} GiB", **values)
    return Said(title, language.text("Delete what is no longer needed, or ask for more."), HOME, language.text("Home"))


def _home_full(facts: Facts, language: Language) -> Said:
    values = {"used": facts.number("used"), "limit": facts.number("limit")}
    title = language.text("Your home holds {used} GiB; its limit is {limit} GiB", **values)
    said = language.text("Your lab starts in rescue mode until there is room: it shows the largest files.")
    return Said(title, said, HOME, language.text("Home"))


def _project_ends(facts: Facts, language: Language) -> Said:
    title, days = facts.given("title"), facts.whole("days")
    if days == 0:
        said = language.text("{title} is over: its files can be read for a while, then it is archived", title=title)
    elif days == 1:
        said = language.text("{title} ends within a day", title=title)
    else:
        said = language.text("{title} ends in {days} days or less", title=title, days=facts.number("days"))
    text = language.text("It ends {at}. Move the end if work goes on; else nothing is to be done.", at=facts.at("ends"))
    return Said(said, text, _project(facts, "#ends"), language.text("How it ends"))


def _project_archived(facts: Facts, language: Language) -> Said:
    said = language.text("{title} is archived", title=facts.given("title"))
    text = language.text("{files} files are kept, with their checksums.", files=facts.number("files"))
    return Said(said, text, _project(facts, "#ends"), language.text("The receipt"))


def _project_ownerless(facts: Facts, language: Language) -> Said:
    said = language.text("Nobody owns {title} any more", title=facts.given("title"))
    text = language.text("Its owners are gone, and nobody is named as heir: make somebody its owner.")
    return Said(said, text, _project(facts, "#ends"), language.text("Open"))


def _project_inherited(facts: Facts, language: Language) -> Said:
    said = language.text("You own {title} now", title=facts.given("title"))
    text = language.text("Whoever owned it is gone, and you were named as heir.")
    return Said(said, text, _project(facts), language.text("Open"))


def _project_invited(facts: Facts, language: Language) -> Said:
    said = language.text("{by} invites you to {title}", by=facts.given("by"), title=facts.given("title"))
    return Said(said, "", f"{HOME}projects", language.text("Accept or decline"))


def _project(facts: Facts, part: str = "") -> str:
    return f"{HOME}projects/{quote(facts.given('project'))}{part}"


def _sandbox_ends(facts: Facts, language: Language) -> Said:
    title = language.text("Your sandbox {title} ends {at}", title=facts.given("title"), at=facts.at("ends"))
    said = language.text("Make it longer, or keep what you want to have later.")
    return Said(title, said, SANDBOXES, language.text("Sandboxes"))


def _sandbox_ended(facts: Facts, language: Language) -> Said:
    why = {
        "deadline": language.text("its time was over"),
        "idle": language.text("nothing had happened in it for a time"),
        "memory": language.text("its memory was full"),
        "disk": language.text("its home was full"),
        "files": language.text("its home had too many files"),
        "processes": language.text("it started too many processes"),
        "crashed": language.text("its process ended by itself"),
        "operator": language.text("an administrator stopped it"),
        "asked": language.text("it was stopped"),
    }.get(facts.given("why"), language.text("the reason is not known"))
    title = language.text("Your sandbox {title} has ended: {why}", title=facts.given("title"), why=why)
    said = language.text("Its files are destroyed {at}: keep what you want to have before.", at=facts.at("until"))
    return Said(title, said, SANDBOXES, language.text("Sandboxes"))


def _project_left(facts: Facts, language: Language) -> Said:
    title = language.text("You are no longer in {project}", project=facts.given("project"))
    return Said(title, _lab_stops(facts, language))


def _project_reads(facts: Facts, language: Language) -> Said:
    title = language.text("You may only read {project} from now on", project=facts.given("project"))
    return Said(title, _lab_stops(facts, language))


def _lab_stops(facts: Facts, language: Language) -> str:
    return language.text(
        "Your lab was started with its folder and stops {at}. Save your work; restart the lab to go on at once.",
        at=facts.at("stops"),
    )


def _operators(facts: Facts, language: Language) -> Said:
    """Say what the operators wrote, in the other language when this one is missing."""

    def written(name: str) -> str:
        return facts.given(f"{name}_{language.code}") or facts.given(f"{name}_{language.other}")

    return Said(written("title"), written("text"))


def _unknown(facts: Facts, language: Language) -> Said:
    return Said(facts.given("title") or language.text("A message"), facts.given("text"))


_KINDS: dict[str, Callable[[Facts, Language], Said]] = {
    "budget-notice": _notice,
    "budget-used-up": _used_up,
    "cluster-shrunk": _shrunk,
    "will-stop": _will_stop,
    "ended": _ended,
    "request-asked": _asked,
    "request-granted": _granted,
    "request-declined": _declined,
    "sandbox-ends": _sandbox_ends,
    "sandbox-ended": _sandbox_ended,
    "home-notice": _home,
    "home-full": _home_full,
    "project-left": _project_left,
    "project-reads": _project_reads,
    "operators": _operators,
    "project-ends": _project_ends,
    "project-archived": _project_archived,
    "project-ownerless": _project_ownerless,
    "project-inherited": _project_inherited,
    "project-invited": _project_invited,
}
