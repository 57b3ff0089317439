"""What the service asks JupyterHub; one small class, so tests can put a hub of their own in its place."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import httpx2

from gaia_vre.core.errors import Conflict, GaiaError, InvalidInput, NotAllowed, NotFound, NotSignedIn, Unavailable
from gaia_vre.core.kinds import SANDBOX_SERVER, project_user, sandbox_user
from gaia_vre.core.tickets import is_ticket, ticket

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = 200
"""So many of a list are asked for at once, which is what the hub gives at most."""
_SECONDS = 10.0
_PATIENCE_SECONDS = 3.0
_TOKEN_LENGTH = 512
_FAILED = "Spawn failed: "


@dataclass(frozen=True)
class Server:
    """A server of a person, as the hub knows it."""

    username: str
    name: str
    ready: bool
    pending: str | None
    url: str
    started: datetime | None
    last_activity: datetime | None
    options: dict[str, Any] = field(default_factory=dict)
    steps: dict[str, bool] = field(default_factory=dict)
    """Which steps of its start are done."""
    lease: str | None = None
    """What this start has reserved, as the spawner's state tells to the service alone."""


@dataclass(frozen=True)
class Person:
    """Who a token belongs to, and what it may do."""

    name: str
    kind: str
    """``user`` or ``service``."""
    admin: bool
    scopes: frozenset[str]
    groups: frozenset[str] | None = None
    """None when the token may not tell."""
    servers: tuple[Server, ...] = ()


class Hub:
    """The hub's REST API.

    Parameters
    ----------
    url
        Address of the API, as ``http://127.0.0.1:8081/hub/api``.
    token
        The service's own token; what is done for a person is done with that person's token.
    """

    def __init__(self, url: str, token: str, transport: httpx2.BaseTransport | None = None) -> None:
        self._token = token
        self._http = httpx2.Client(base_url=url, timeout=_SECONDS, transport=transport, trust_env=False)

    def close(self) -> None:
        self._http.close()

    def version(self) -> str:
        """Return the hub's version: the cheapest sign that it is usable."""
        return str(self._ask("GET", "/", self._token)["version"])

    def person(self, token: str) -> Person:
        """Return who this token belongs to.

        Raises
        ------
        NotSignedIn
            The hub does not know the token.
        """
        if not token.isascii() or not token.isprintable() or len(token) > _TOKEN_LENGTH:
            raise NotSignedIn("This is no token of the hub")
        model = self._ask("GET", "/user", token)
        servers = tuple(_server(str(model["name"]), entry) for entry in (model.get("servers") or {}).values())
        return Person(
            name=str(model["name"]),
            kind=str(model.get("kind", "user")),
            admin=bool(model.get("admin", False)),
            scopes=frozenset(model.get("scopes", ())),
            groups=frozenset(map(str, model["groups"])) if "groups" in model else None,
            servers=servers,
        )

    def active_servers(self) -> Iterator[Server]:
        """Yield the servers that run, start or stop; the cost follows their number, not that of the users."""
        offset = 0
        while True:
            page = self._ask("GET", f"/users?state=active&limit={PAGE}&offset={offset}", self._token)
            for user in page:
                for entry in (user.get("servers") or {}).values():
                    yield _server(str(user["name"]), entry)
            if len(page) < PAGE:
                return
            offset += PAGE

    def runs(self, username: str, name: str) -> bool:
        """Return whether this one server runs, starts or stops."""
        return self.server(username, name) is not None

    def server(self, username: str, name: str = "") -> Server | None:
        """Return a server that runs, starts or stops; None for one that does not."""
        try:
            model = self._ask("GET", f"/users/{_quoted(_hub_user(username, name))}", self._token)
        except NotFound:
            return None
        entry = (model.get("servers") or {}).get(name)
        return None if entry is None else _server(username, entry)

    def knows(self, username: str) -> bool:
        """Return whether there is such a person."""
        try:
            self._ask("GET", f"/users/{_quoted(username)}", self._token)
        except NotFound:
            return False
        return True

    def someone(self, username: str) -> dict[str, Any] | None:
        """Return the model of a person; None when there is no such person."""
        try:
            model: dict[str, Any] = self._ask("GET", f"/users/{_quoted(username)}", self._token)
        except NotFound:
            return None
        return model

    def groups(self, username: str) -> frozenset[str]:
        """Return the groups that somebody is in now, as the identity provider says, to which the hub turns for it.

        Nobody whom the hub does not know is in any.
        """
        try:
            model = self._ask("GET", f"/gaia/people/{_quoted(username)}/groups", self._token)
        except NotFound:
            return frozenset()
        return frozenset(map(str, model["groups"]))

    # Servers of projects ------------------------------------------------------------------------

    def make_project_user(self, slug: str) -> None:
        """Make the user that has a project's server, once or again."""
        self._ask("PUT", f"/gaia/projects/{_quoted(slug)}", self._token, json={})

    def start_project(self, slug: str, options: dict[str, str]) -> None:
        """Start a project's server with these options; it goes on starting after this returns."""
        with contextlib.suppress(_StillAtIt):
            path = _path(project_user(slug), "")
            self._ask("POST", path, self._token, seconds=_PATIENCE_SECONDS, json={"user_options": options})

    def visitors(self, slug: str, server: str = "") -> frozenset[str]:
        """Return who is let into a server of a project; nobody where it has none."""
        found: set[str] = set()
        offset = 0
        while True:
            query = urlencode({"limit": PAGE, "offset": offset})
            try:
                page = self._ask("GET", f"{_shares(slug, server)}?{query}", self._token)
            except NotFound:
                return frozenset()
            found |= {str(one["user"]["name"]) for one in page["items"] if one.get("user")}
            offset += PAGE
            if len(page["items"]) < PAGE:
                return frozenset(found)

    def let_in(self, slug: str, username: str, server: str = "") -> None:
        """Let somebody into a server of a project; once or again."""
        self._ask("POST", _shares(slug, server), self._token, json={"user": username})

    def shut_out(self, slug: str, username: str, server: str = "") -> None:
        """Let somebody into a server of a project no longer; once or again."""
        try:
            self._ask("PATCH", _shares(slug, server), self._token, json={"user": username})
        except NotFound:
            return  # there is nothing to be let into

    def trouble(self, username: str, name: str) -> str:
        """Return why the last start of a server failed, as the hub says; empty when it says nothing."""
        try:
            answer = self._http.get(
                f"{_path(username, name)}/progress", headers={"Authorization": f"token {self._token}"}
            )
        except httpx2.HTTPError as error:
            raise _unavailable(error) from error
        if answer.status_code != 200:
            return ""
        told = [json.loads(line[5:]) for line in answer.text.splitlines() if line.startswith("data:")]
        return next((str(one.get("message", "")).removeprefix(_FAILED) for one in told if one.get("failed")), "")

    # Users that have sandboxes ------------------------------------------------------------------

    def make_sandbox_user(self, number: str, person: str | None = None) -> None:
        """Make the user that has a sandbox, once or again, and let in the person whose sandbox it is.

        Parameters
        ----------
        person
            None for a visitor, who comes in by a ticket.
        """
        self._ask("PUT", f"/gaia/sandboxes/{_quoted(number)}", self._token, json={"person": person} if person else {})

    def forget_sandbox_user(self, number: str) -> None:
        """Forget such a user with everything of theirs; one that is not there is as good as forgotten."""
        with contextlib.suppress(NotFound):
            self._ask("DELETE", f"/users/{_quoted(sandbox_user(number))}", self._token)

    def ticket(self, number: str) -> str:
        """Return by what the hub lets a browser into a visitor's sandbox."""
        return ticket(self._token, number)

    def is_ticket(self, number: str, given: str) -> bool:
        """Say whether this is the ticket to that sandbox."""
        return is_ticket(self._token, number, given)

    # Servers of people --------------------------------------------------------------------------

    def start(self, username: str, name: str, token: str) -> None:
        """Start a server as its owner had it last time; it goes on starting after this returns."""
        self._set_off("POST", username, name, token)

    def stop(self, username: str, name: str, token: str | None = None) -> None:
        """Stop a server; without a person's token, as the service."""
        self._set_off("DELETE", username, name, token or self._token)

    def start_for(self, username: str, name: str, options: dict[str, Any]) -> None:
        """Start a server as the service; raises what refuses the start, if that comes at once."""
        self._set_off("POST", username, name, self._token, {"user_options": options})

    def remove(self, username: str, name: str) -> None:
        """Stop a named server and forget it with its tokens; one that is not there is as good as removed.

        Parameters
        ----------
        username
            The hub's user that has it, of a sandbox too.

        Raises
        ------
        InvalidInput
            It starts or stops just now: try again.
        """
        with contextlib.suppress(NotFound):
            self._ask("DELETE", _place(username, name), self._token, json={"remove": True})

    def _set_off(self, method: str, username: str, name: str, token: str, body: dict[str, Any] | None = None) -> None:
        """Ask for a start or stop, and wait no longer than a refusal takes.

        The hub answers such a request after up to 10 s and goes on when nobody waits for the answer.
        """
        with contextlib.suppress(_StillAtIt):
            self._ask(method, _path(username, name), token, seconds=_PATIENCE_SECONDS, json=body)

    def tokens(self, username: str, token: str) -> list[dict[str, Any]]:
        """Return the models of a person's tokens, without their secrets."""
        return list(self._ask("GET", f"/users/{_quoted(username)}/tokens", token)["api_tokens"])

    def make_token(self, username: str, token: str, note: str, seconds: int) -> str:
        """Return a new token of a person, which ends after so many seconds."""
        wanted = {"note": note, "expires_in": seconds}
        return str(self._ask("POST", f"/users/{_quoted(username)}/tokens", token, json=wanted)["token"])

    def end_token(self, username: str, number: str, token: str) -> None:
        """End a token; one of a session ends all of the same place."""
        self._ask("DELETE", f"/users/{_quoted(username)}/tokens/{_quoted(number)}", token)

    def people(self, offset: int, *, by_activity: bool = False) -> list[dict[str, Any]]:
        """Return the models of some people: the last active first, or in the order in which they came."""
        sort = "-last_activity" if by_activity else "id"
        page: list[dict[str, Any]] = self._ask(
            "GET", f"/users?{urlencode({'offset': offset, 'limit': PAGE, 'sort': sort})}", self._token
        )
        return page

    def exchange(self, form: dict[str, str]) -> str:
        """Return the access token for an OAuth code."""
        try:
            answer = self._http.post("/oauth2/token", data=form)
        except httpx2.HTTPError as error:
            raise _unavailable(error) from error
        if answer.status_code != 200:
            raise NotSignedIn("The hub did not confirm the sign-in: begin again from the home page")
        return str(answer.json()["access_token"])

    def _ask(self, method: str, path: str, token: str, seconds: float = _SECONDS, **more: Any) -> Any:
        headers = {"Authorization": f"token {token}", **more.pop("headers", {})}
        try:
            answer = self._http.request(method, path, headers=headers, timeout=seconds, **more)
        except httpx2.ReadTimeout as error:
            raise _StillAtIt(_silence(error)) from error
        except httpx2.HTTPError as error:
            raise _unavailable(error) from error
        if answer.status_code >= 400:
            raise _refusal(answer)
        return answer.json() if answer.content else None  # a start answers with no body


_REFUSALS: dict[int, type[GaiaError]] = {401: NotSignedIn, 403: NotAllowed, 404: NotFound, 409: Conflict}


def _refusal(answer: httpx2.Response) -> GaiaError:
    try:
        message = str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        message = answer.reason_phrase
    if answer.status_code == 403 and answer.request.url.path.endswith("/user"):
        return NotSignedIn("The token is not known to the hub, or no longer")
    if answer.status_code >= 500:
        return Unavailable(f"The hub cannot do this now: {message}")
    return _REFUSALS.get(answer.status_code, InvalidInput)(message)


class _StillAtIt(Unavailable):
    """The hub has taken the request and has not answered it yet."""


def _unavailable(error: Exception) -> Unavailable:
    return Unavailable(_silence(error))


def _silence(error: Exception) -> str:
    return f"The hub does not answer ({type(error).__name__}); try again in a moment"


def _path(username: str, name: str) -> str:
    """Return where the hub has a server of a person; each sandbox is there that of a user of its own."""
    return _place(_hub_user(username, name), name)


def _place(username: str, name: str) -> str:
    user = f"/users/{_quoted(username)}"
    return f"{user}/servers/{_quoted(name)}" if name else f"{user}/server"


def _hub_user(username: str, name: str) -> str:
    return sandbox_user(name.removeprefix(SANDBOX_SERVER)) if name.startswith(SANDBOX_SERVER) else username


def _shares(slug: str, server: str) -> str:
    return f"/shares/{project_user(slug)}/{_quoted(server)}"


def _quoted(word: str) -> str:
    return quote(word, safe="@")


def _server(username: str, entry: dict[str, Any]) -> Server:
    return Server(
        username=username,
        name=str(entry.get("name", "")),
        ready=bool(entry.get("ready")),
        pending=entry.get("pending"),
        url=str(entry.get("url", "")),
        started=_time(entry.get("started")),
        last_activity=_time(entry.get("last_activity")),
        options=dict(entry.get("user_options") or {}),
        steps=dict((entry.get("state") or {}).get("steps") or {}),
        lease=(entry.get("state") or {}).get("lease"),
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None
