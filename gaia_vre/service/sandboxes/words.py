"""Sandboxes in the words of a language: what one starts from, how long it lives, what it reaches, why it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from gaia_vre.core.marking import said
from gaia_vre.sandboxes.addresses import is_commit

if TYPE_CHECKING:
    from datetime import datetime

    from gaia_vre.core.settings import Settings
    from gaia_vre.look.language import Language
    from gaia_vre.sandboxes.model import Receipt, Sandbox, Source

KINDS = {
    "blank": said("Blank"),
    "example": said("Example"),
    "dataset": said("Dataset"),
    "git": said("Repository"),
    "notebook": said("Published notebook"),
    "project": said("Copy of a project"),
}
QUESTIONS = {
    "blank": said("Start an empty sandbox?"),
    "example": said("Open this example in a sandbox?"),
    "dataset": said("Open this dataset in a sandbox?"),
    "git": said("Open this repository in a sandbox?"),
    "notebook": said("Open this notebook in a sandbox?"),
    "project": said("Copy this project into a sandbox?"),
}
NETWORKS = {
    "open": said("public addresses of the internet; no private network"),
    "allow-list": said("these hosts only: {hosts}"),
    "none": said("none"),
}
STATES = {
    "making": said("is being prepared"),
    "running": said("runs"),
    "frozen": said("stopped, files stay"),
    "destroying": said("is being destroyed"),
    "destroyed": said("destroyed"),
}
REASONS = {
    "": said("it was stopped"),
    "asked": said("it was stopped"),
    "deadline": said("its time was over"),
    "idle": said("nothing had happened in it for a time"),
    "memory": said("its memory was full"),
    "disk": said("its files were too large"),
    "files": said("it had too many files"),
    "processes": said("it had too many processes"),
    "crashed": said("its process ended by itself"),
    "failed": said("it did not start"),
    "operator": said("an administrator stopped it"),
    "lost": said("what ran it was gone"),
}
SOON_MINUTES, LAST_MINUTES = 30, 10


@dataclass(frozen=True)
class Fact:
    """One line of what a sandbox will run."""

    name: str
    value: str
    note: str = ""
    code: bool = False
    href: str = ""


@dataclass(frozen=True)
class Count:
    """A time that runs out, as a page shows it."""

    ends: datetime
    words: str
    urgency: str
    """Nothing, ``soon`` or ``last``."""


def source_facts(language: Language, source: Source, title: str, host: str, prefix: str) -> list[Fact]:
    """Return what will run, from whom and at what reference.

    Parameters
    ----------
    title
        Of the dataset or project.
    host
        Of the repository.
    """
    t = language.text
    if source.kind == "git":
        path = Fact(t("Opens"), source.path, code=True) if source.path else Fact(t("Opens"), t("its first notebook"))
        unchecked = t("Whoever may write there decides what runs; nobody here has read it.")
        return [
            Fact(t("Repository"), source.reference, code=True),
            Fact(t("Reference"), *reference_words(language, source.revision), code=bool(source.revision)),
            path,
            Fact(t("From"), host, unchecked),
        ]
    if source.kind == "dataset":
        href = f"{prefix}catalog/{quote(source.reference)}"
        return [Fact(t("Dataset"), title, href=href), Fact(t("Opens"), t("a notebook with the cell that reads it"))]
    if source.kind == "project":
        files = t("a copy of its files; what you change in the copy changes nothing in the project")
        return [Fact(t("Project"), title, href=f"{prefix}projects/{source.reference}"), Fact(t("Opens"), files)]
    if source.kind == "notebook":
        opens = Fact(t("Opens"), t("a copy of it as it was published"))
        return [Fact(t("Published notebook"), title, href=f"{prefix}published/{source.reference}"), opens]
    if source.kind == "blank":
        return [Fact(t("Opens"), t("JupyterLab with an empty home"))]
    return [Fact(t(KINDS[source.kind]), source.reference, code=True)]


def reference_words(language: Language, revision: str) -> tuple[str, str]:
    """Return a reference, and whether it will always name the same."""
    t = language.text
    if not revision:
        return t("the newest of its first branch"), t("It changes whenever somebody writes there.")
    if is_commit(revision):
        return revision, t("Always the same.")
    return revision, t("A branch or tag: those who own it can let it name something else.")


def room_facts(language: Language, settings: Settings) -> list[Fact]:
    """Return what a sandbox is given and what it reaches."""
    t, rules = language.text, settings.sandboxes
    size = next((one for one in settings.labs.sizes if one.name == rules.size), settings.labs.sizes[0])
    cores = language.count(size.cores, "core", "cores")
    memory, files = language.number(size.memory_gib), language.number(rules.home_gib)
    return [
        Fact(t("Environment"), t(settings.labs.environments[0].title)),
        Fact(t("Size"), t("{cores}, {memory} GiB, {files} GiB of files", cores=cores, memory=memory, files=files)),
        Fact(t("Data"), t("the catalog’s datasets, read-only")),
        Fact(t("Network"), network_words(language, settings)),
        Fact(t("Paid by"), t("the sandbox pool; nothing is charged to you")),
    ]


def network_words(language: Language, settings: Settings) -> str:
    """Return what of the network a sandbox reaches."""
    rules = settings.sandboxes
    hosts = ", ".join(rules.allowed_hosts) or language.text("none")
    return language.text(NETWORKS[rules.network], hosts=hosts)


def duration(language: Language, minutes: float) -> str:
    """Return a time of minutes as "1 h 38 min"."""
    whole = max(0, int(minutes))
    hours, rest = divmod(whole, 60)
    if hours and rest:
        return language.text("{hours} h {minutes} min", hours=language.number(hours), minutes=language.number(rest))
    if hours:
        return language.text("{hours} h", hours=language.number(hours))
    return language.text("{minutes} min", minutes=language.number(rest))


def countdown(language: Language, sandbox: Sandbox, now: datetime) -> Count:
    """Return the time that a sandbox has, or that its files stay."""
    frozen = sandbox.state == "frozen" and sandbox.frozen_until
    ends = sandbox.frozen_until if frozen and sandbox.frozen_until else sandbox.deadline
    minutes = (ends - now).total_seconds() / 60
    urgency = "" if frozen or minutes > SOON_MINUTES else "soon" if minutes > LAST_MINUTES else "last"
    return Count(ends, duration(language, minutes), urgency)


def source_words(language: Language, source: Source) -> str:
    """Return in a few words what a sandbox was started from."""
    if source.kind == "blank":
        return language.text("Blank")
    where = source.reference.removeprefix("https://")
    revision = source.revision[:12] if is_commit(source.revision) else source.revision
    return f"{where} @ {revision}" if revision else where


def receipt_words(language: Language, receipt: Receipt, titles: dict[str, str]) -> str:
    """Return where work was kept."""
    count = language.count(receipt.files, "file", "files")
    if receipt.place == "home":
        return language.text("kept in your home: {folder} ({files})", folder=receipt.folder, files=count)
    title = titles.get(receipt.place, receipt.place.partition(":")[2])
    return language.text("kept in {project}: {folder} ({files})", project=title, folder=receipt.folder, files=count)
