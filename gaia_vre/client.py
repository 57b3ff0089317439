"""Ask the service from a program: notebooks, hub, gateway and command line are its clients."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Self
from urllib.parse import quote

import httpx2

from gaia_vre.core.errors import ERRORS, DoesNotFit, GaiaError, InvalidInput, NotSignedIn, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

URL_VARIABLE = "GAIA_VRE_URL"
TOKEN_VARIABLE = "JUPYTERHUB_API_TOKEN"  # noqa: S105 - the name of a variable
_SECONDS = 15.0
_LONG_SECONDS = 300.0
_PIECE = 1 << 20
_DETAIL = 500


@dataclass(frozen=True)
class Identity:
    """Who the service takes the token for."""

    name: str
    kind: str
    """``user`` or ``service``."""
    admin: bool


@dataclass(frozen=True)
class RunningServer:
    """A server that runs, starts or stops; the personal lab has an empty name."""

    name: str
    ready: bool
    pending: str | None
    url: str
    started: datetime | None


@dataclass(frozen=True)
class RunningCluster:
    """A Dask cluster that runs or starts."""

    name: str
    status: str
    started: datetime
    workers: int
    worker_cores: float
    worker_memory_gib: float


@dataclass(frozen=True)
class PastEnding:
    """Something that ended, and why."""

    id: int
    kind: str
    name: str
    started: datetime | None
    ended: datetime
    reason: str
    detail: str


@dataclass(frozen=True)
class Report:
    """What the hub or the gateway tells of an end."""

    username: str
    reason: str
    """``asked``, ``idle``, ``memory``, ``crashed``, ``lost`` or ``stuck``."""
    ended: datetime
    name: str = ""
    kind: str = "server"
    started: datetime | None = None
    """With it the service knows for sure which start this was the end of."""
    detail: str = ""
    """One sentence more for the owner; cut at 500 characters."""


@dataclass(frozen=True)
class Terms:
    """A licence to read before it is accepted."""

    key: str
    title: str
    text: str
    digest: str


@dataclass(frozen=True)
class Access:
    """Whether I may read the files of a dataset, and what stands in the way."""

    dataset: str
    allowed: bool
    reason: str
    message: str
    who: str | None
    """Who grants access, as far as known."""
    licence: Terms | None


@dataclass(frozen=True)
class FileLinks:
    """Links to the files of a dataset, for me alone, until they end."""

    dataset: str
    expires: datetime
    address: str = field(repr=False)
    """Of the dataset's folder."""
    assets: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Amounts:
    """What a server, a scheduler or a worker holds."""

    cores: float
    memory_gib: float
    gpus: float = 0


@dataclass(frozen=True)
class LeaseWanted:
    """What the hub or the gateway wants to start for somebody."""

    id: str
    """``s-…`` for a start of a server, ``c-…`` for a cluster; one for each start."""
    kind: str
    username: str
    thing: str
    """Name of the server or cluster."""
    amounts: Amounts
    each: Amounts | None = None
    """What one worker holds."""
    workers: int = 0
    groups: tuple[str, ...] | None = None
    """None: those that were told last."""
    account: str | None = None
    """None: that of the parent, else the person's own."""
    parent: str | None = None
    forced: bool = False
    """It runs already: reserve it whether it fits or not."""
    seconds_ago: float = 0

    def body(self) -> dict[str, Any]:
        """Return what the service is sent."""
        kept = ("id", "kind", "username", "thing", "account", "parent", "forced", "seconds_ago")
        body = {name: getattr(self, name) for name in kept} | asdict(self.amounts)
        body["groups"] = None if self.groups is None else list(self.groups)
        body["workers"] = asdict(self.each) | {"count": self.workers} if self.each else None
        return body


@dataclass(frozen=True)
class LeaseGiven:
    """A lease."""

    id: str
    account: str
    granted_workers: int
    until: datetime
    message: str
    """Why there are fewer workers than asked; empty when there are not."""
    rescue: bool = False
    """The home is too full: a server starts beside it."""
    home: Mapping[str, Any] | None = None
    """In rescue: what it holds, the limit, and its largest files."""
    folders: Sequence[Mapping[str, Any]] = ()
    """Folders of projects that a person's own lab sees: ``slug`` and ``writable``."""
    sandbox: str | None = None
    """The sandbox that a server is one of."""
    person: str | None = None
    """Whose that is."""
    app: Mapping[str, Any] | None = None
    """What the server of an app serves."""


class ServiceClient:
    """The service's JSON API; what it refuses is raised here as the error that it raised there.

    Parameters
    ----------
    url
        Address of the service with its path; default ``GAIA_VRE_URL``, which every lab has.
    token
        A hub token with the scope ``access:services!service=gaia``; default ``JUPYTERHUB_API_TOKEN``, the lab's own.

    Raises
    ------
    NotSignedIn
        No address or no token is given or set.
    """

    def __init__(
        self, url: str | None = None, token: str | None = None, transport: httpx2.BaseTransport | None = None
    ) -> None:
        url = url or os.environ.get(URL_VARIABLE)
        token = token or os.environ.get(TOKEN_VARIABLE)
        if not url or not token:
            raise NotSignedIn("The service is known inside a lab only: give its url and a hub token elsewhere")
        self.url = url.rstrip("/")
        self._http = httpx2.Client(
            base_url=f"{self.url}/api",
            headers={"Authorization": f"token {token}"},
            timeout=_SECONDS,
            transport=transport,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    # What is mine -------------------------------------------------------------------------------

    def me(self) -> Identity:
        return Identity(**self.ask("GET", "/me"))

    def servers(self) -> list[RunningServer]:
        kept = ("name", "ready", "pending", "url")
        return [
            RunningServer(**{key: entry[key] for key in kept}, started=_time(entry["started"]))
            for entry in self.ask("GET", "/servers")
        ]

    def start_server(self) -> None:
        """Start my personal lab as I had it last time; it is ready some seconds later."""
        self.ask("POST", "/server")

    def stop_server(self, name: str = "") -> None:
        """Stop a server of mine; the personal lab has an empty name."""
        self.ask("DELETE", f"/servers/{_word(name)}" if name else "/server")

    def clusters(self) -> list[RunningCluster]:
        return [
            RunningCluster(**entry | {"started": _known(entry["started"])}) for entry in self.ask("GET", "/clusters")
        ]

    def stop_cluster(self, name: str) -> None:
        self.ask("DELETE", f"/clusters/{_word(name)}")

    def endings(self) -> list[PastEnding]:
        """Return what of mine ended lately and is not dismissed, newest first."""
        return [
            PastEnding(**entry | {"started": _time(entry["started"]), "ended": _known(entry["ended"])})
            for entry in self.ask("GET", "/endings")
        ]

    def dismiss(self, number: int) -> None:
        """Hide a notice and all older ones."""
        self.ask("POST", f"/endings/{number}/dismiss")

    # Files with rights --------------------------------------------------------------------------

    def access(self, dataset: str) -> Access:
        """Return whether I may read the files of a dataset, with the licence to accept."""
        return _access(self.ask("GET", f"/catalog/datasets/{_word(dataset)}/access"))

    def accept(self, dataset: str, digest: str) -> Access:
        """Accept the licence of a dataset, as `access` showed it: its digest says which text that was."""
        return _access(self.ask("POST", f"/catalog/datasets/{_word(dataset)}/accept", {"digest": digest}))

    def links(self, dataset: str, assets: list[str] | None = None, item: str | None = None) -> FileLinks:
        """Return links to the files of a dataset or an item, all or those named; raises NotAllowed with whom to ask."""
        given = {"dataset": dataset, "assets": assets, "item": item}
        body = {key: value for key, value in given.items() if value is not None}
        found = self.ask("POST", "/catalog/links", body)
        return FileLinks(dataset, _known(found["expires"]), f"{self.url}/{found['path']}", found["assets"])

    # What I may use -----------------------------------------------------------------------------

    def accounts(self) -> list[dict[str, Any]]:
        """Return the accounts that I may pay with, my own first, with what is left and what each size costs."""
        found: list[dict[str, Any]] = self.ask("GET", "/quotas/accounts")
        return found

    def usage(self) -> dict[str, Any]:
        """Return what I hold, have used and was told."""
        found: dict[str, Any] = self.ask("GET", "/quotas/usage")
        return found

    # What the hub and the gateway ask -------------------------------------------------------------

    def admit(self, wanted: LeaseWanted) -> LeaseGiven:
        """Reserve what something will hold; the same id again is the same lease.

        Raises
        ------
        DoesNotFit
            With `facts`: which limit, who holds it, what would fit.
        """
        answer = self.ask("POST", "/quotas/leases", wanted.body())
        return LeaseGiven(**answer | {"until": _known(answer["until"])})

    def resize(self, lease_id: str, base: Amounts, each: Amounts, count: int) -> tuple[int, str]:
        """Return how many workers a cluster may have now, and why not more."""
        body = {"base": asdict(base), "each": asdict(each), "count": count}
        answer = self.ask("POST", f"/quotas/leases/{_word(lease_id)}/resize", body)
        return answer["granted"], answer["message"]

    def release(self, lease_id: str, *, seconds_ago: float = 0, ran: bool = False) -> bool:
        """End a lease; say whether it lived. What never ran costs nothing."""
        query = f"?seconds_ago={seconds_ago:.0f}&ran={str(ran).lower()}"
        return bool(self.ask("DELETE", f"/quotas/leases/{_word(lease_id)}{query}")["released"])

    # What the hub and the gateway tell ------------------------------------------------------------

    def report(self, report: Report) -> None:
        """Tell why something of somebody ended; telling it twice records it once."""
        times = {"started": report.started and report.started.isoformat(), "ended": report.ended.isoformat()}
        self.ask("POST", "/endings", asdict(report) | times | {"detail": report.detail[:_DETAIL]})

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Return the answer of the API; raises the error that the service raised."""
        try:
            answer = self._http.request(method, path, json=body)
        except httpx2.HTTPError as error:
            raise Unavailable(f"The service at {self.url} does not answer ({type(error).__name__})") from error
        if answer.status_code >= 400:
            raise refusal(answer)
        return answer.json() if answer.content else None

    def send_file(self, path: str, file: BinaryIO) -> Any:
        """Return the answer of the API to a file, which is sent piece by piece."""
        headers = {"Content-Type": "application/octet-stream"}
        try:
            answer = self._http.post(path, content=iter(lambda: file.read(_PIECE), b""), headers=headers, timeout=None)
        except httpx2.HTTPError as error:
            raise Unavailable(f"{self.url} stopped taking the file ({type(error).__name__})") from error
        if answer.status_code >= 400:
            raise refusal(answer)
        return answer.json()

    def fetch_file(self, path: str, file: BinaryIO) -> int:
        """Write what the API sends to a file, piece by piece; return how many bytes that were."""
        size = 0
        try:
            with self._http.stream("GET", path, timeout=httpx2.Timeout(_SECONDS, read=_LONG_SECONDS)) as answer:
                if answer.status_code >= 400:
                    answer.read()
                    raise refusal(answer)
                for piece in answer.iter_bytes(_PIECE):
                    size += file.write(piece)
        except httpx2.HTTPError as error:
            raise Unavailable(f"{self.url} did not send the file whole ({type(error).__name__})") from error
        return size


def refusal(answer: httpx2.Response) -> GaiaError:
    """Return the error that the service raised; without a problem document, what the status says."""
    try:
        problem = answer.json()
        code, detail = str(problem["code"]), str(problem["detail"])
        facts = problem.get("facts")
    except (ValueError, KeyError, TypeError):
        kind = Unavailable if answer.status_code >= 500 else InvalidInput
        return kind(f"The service answered {answer.status_code} {answer.reason_phrase}")
    if code == DoesNotFit.code:
        return DoesNotFit(detail, facts if isinstance(facts, dict) else None)
    return ERRORS.get(code, GaiaError)(detail)


def _access(found: dict[str, Any]) -> Access:
    licence = found["licence"]
    return Access(**found | {"licence": Terms(**licence) if licence else None})


def _word(name: str) -> str:
    return quote(name, safe="")


def _time(text: str | None) -> datetime | None:
    return _known(text) if text else None


def _known(text: str) -> datetime:
    return datetime.fromisoformat(text)
