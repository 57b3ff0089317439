"""Know who asks: a browser by OAuth with the hub, a program by its hub token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from cryptography.fernet import Fernet, InvalidToken

from gaia_vre.core.errors import InvalidInput, NotAllowed, NotSignedIn
from gaia_vre.service.sandboxes.narrowing import check_narrow, sandbox_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from gaia_vre.service.hub import Hub, Person
    from gaia_vre.service.sandboxes.owners import Owners

SERVICE_NAME = "gaia"
SESSION_COOKIE = "gaia-session"
STATE_COOKIE = "gaia-sign-in"
PROOF_HEADER = "x-xsrftoken"
ACCESS_SCOPE = f"access:services!service={SERVICE_NAME}"
_ACCESS = {ACCESS_SCOPE, "access:services"}
_SESSION_SECONDS = 14 * 86400
_STATE_SECONDS = 600
_REMEMBERED_SECONDS = 20.0
_REMEMBERED_COUNT = 10_000


@dataclass(frozen=True)
class Caller:
    """Who asks, with what rights at the hub, and whether a page of ours must prove the request."""

    person: Person
    token: str
    session: str | None
    """The session cookie, for a browser."""

    @property
    def name(self) -> str:
        return self.person.name


@dataclass(frozen=True)
class Client:
    """A client of the hub's OAuth."""

    id: str
    secret: str
    redirect_uri: str
    """As the hub has it: a path, or an address where labs have hosts of their own."""


class Login:
    """Sessions of browsers and tokens of programs.

    The session cookie holds the hub's token, encrypted: the service keeps no session, so any
    number of its processes may answer. The hub is asked anew every 20 s, so a person who has
    signed out or lost a right is out within that time.

    Parameters
    ----------
    owners
        Tells for whom a sandbox asks.
    client
        What we are to the hub's OAuth.
    """

    def __init__(self, hub: Hub, owners: Owners, client: Client, cookie_secret: str, prefix: str) -> None:
        self.hub, self.owners, self.client, self.prefix = hub, owners, client, prefix
        key = hashlib.sha256(cookie_secret.encode()).digest()
        self._box = Fernet(base64.urlsafe_b64encode(key))
        self._key = key
        self._remembered: dict[str, tuple[float, Person]] = {}
        self._lock = threading.Lock()

    # Who asks -----------------------------------------------------------------------------------

    def caller(self, request: Request) -> Caller:
        """Return who asks, or refuse.

        Raises
        ------
        NotSignedIn
            There is no token and no session, or the hub no longer knows it.
        NotAllowed
            The token may not be used with this service.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() in ("token", "bearer") and token:
            person = self._person(token.strip())
            if (sandbox := sandbox_of(person.scopes)) is not None:
                check_narrow(sandbox, request.method, f"/{request.url.path.removeprefix(self.prefix)}")
                person = self.owners.person(sandbox, person)
            return Caller(person, token.strip(), None)
        cookie = request.cookies.get(SESSION_COOKIE)
        if not cookie:
            raise NotSignedIn("Nobody is signed in: open the home page, or send a hub token")
        if not self._from_page(request, cookie):
            raise NotSignedIn("A page of another part asks with the session of this one: open the home page instead")
        token = self._opened(cookie, _SESSION)["token"]
        return Caller(self._person(token), token, cookie)

    def session(self, request: Request) -> Person:
        """Return whose browser asks for a picture, which every person may see who is signed in.

        A page's pictures are no documents and carry no proof, so `caller` would refuse them.
        """
        if request.headers.get("authorization"):
            return self.caller(request).person
        return self._person(self._opened(request.cookies.get(SESSION_COOKIE, ""), _SESSION)["token"])

    def _from_page(self, request: Request, cookie: str) -> bool:
        """Say whether a person went here, or a script of our own page asks.

        Labs have our origin, so the browser sends our cookie with what a script in a lab asks, and would let it read
        the answer.
        """
        if proven := request.headers.get(PROOF_HEADER):
            return self._proves(cookie, proven)
        mode, goal = (
            request.headers.get("sec-fetch-mode", "navigate"),
            request.headers.get("sec-fetch-dest", "document"),
        )
        return mode == "navigate" and goal == "document"

    def _person(self, token: str) -> Person:
        digest = _digest(token)
        now = time.monotonic()
        with self._lock:
            at, person = self._remembered.get(digest, (0.0, None))
        if person is None or now - at > _REMEMBERED_SECONDS:
            person = self.hub.person(token)
            self._remember(digest, now, person)
        ourselves = person.kind == "service" and person.name == SERVICE_NAME
        if not ourselves and not _ACCESS & person.scopes:
            raise NotAllowed(f"This token of {person.name} lacks the scope {ACCESS_SCOPE}")
        return person

    def _remember(self, digest: str, now: float, person: Person) -> None:
        with self._lock:
            if len(self._remembered) >= _REMEMBERED_COUNT:
                self._remembered.clear()
            self._remembered[digest] = (now, person)

    def fresh(self, caller: Caller) -> Person:
        """Return the person as the hub knows them now, servers included."""
        return self.hub.person(caller.token)

    def derived_key(self, purpose: str) -> bytes:
        """Return a key of the service's own for another purpose; it tells nothing of this one."""
        return hmac.new(self._key, purpose.encode(), hashlib.sha256).digest()

    # Requests that change something -------------------------------------------------------------

    def proof(self, session: str) -> str:
        """Return what a form of ours sends along, which no other site can know."""
        return hmac.new(self._key, session.encode(), hashlib.sha256).hexdigest()

    def check_proof(self, caller: Caller, given: str | None) -> None:
        """Refuse a change that a browser sends without the proof of our page.

        Raises
        ------
        NotAllowed
            The proof is missing or belongs to another session.
        """
        if caller.session is None:
            return  # a program: no other site can make it send its token
        if not given or not self._proves(caller.session, given):
            raise NotAllowed("The form is too old or comes from elsewhere: open the page again")

    def _proves(self, session: str, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self.proof(session).encode())

    # Sign-in of browsers ------------------------------------------------------------------------

    def begin(self, request: Request, response: Callable[[str], Response], goal: str) -> Response:
        """Return a redirection to the hub's sign-in, and remember where the person wanted to go."""
        state, verifier = secrets.token_urlsafe(16), secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "client_id": self.client.id,
            "redirect_uri": self.client.redirect_uri,
            "response_type": "code",
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        answer = response(f"/hub/api/oauth2/authorize?{urlencode(query)}")
        kept = {"state": state, "verifier": verifier, "goal": goal}
        self._set(request, answer, _sign_in(state), kept)
        return answer

    def finish(self, request: Request, response: Callable[[str], Response]) -> tuple[Response, str]:
        """Exchange the hub's code for a token, begin a session, and return the answer and the token.

        Raises
        ------
        InvalidInput
            The answer does not belong to a sign-in that this browser began.
        """
        query = request.query_params
        state, code = query.get("state", ""), query.get("code")
        cookie = _sign_in(state)
        value = request.cookies.get(cookie.name)
        kept = self._opened(value, cookie) if value else {"state": ""}
        if not code or not kept["state"] or not hmac.compare_digest(state.encode(), kept["state"].encode()):
            raise InvalidInput("This sign-in was begun elsewhere or too long ago: begin again from the home page")
        form = {
            "client_id": self.client.id,
            "client_secret": self.client.secret,
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.redirect_uri,
            "code_verifier": kept["verifier"],
        }
        answer = response(kept["goal"])
        token = self.hub.exchange(form)
        self._set(request, answer, _SESSION, {"token": token})
        answer.delete_cookie(cookie.name, path=self.prefix)
        return answer, token

    def end(self, caller: Caller, response: Response) -> None:
        """End the browser's session with the service."""
        with self._lock:
            self._remembered.pop(_digest(caller.token), None)
        response.delete_cookie(SESSION_COOKIE, path=self.prefix)

    def _set(self, request: Request, response: Response, cookie: _Cookie, values: dict[str, str]) -> None:
        value = self._box.encrypt(json.dumps(values | {"for": cookie.purpose}).encode()).decode()
        response.set_cookie(
            cookie.name,
            value,
            max_age=cookie.seconds,
            path=self.prefix,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )

    def _opened(self, value: str, cookie: _Cookie) -> dict[str, str]:
        try:
            values: dict[str, str] = json.loads(self._box.decrypt(value.encode(), ttl=cookie.seconds))
        except (InvalidToken, ValueError) as error:
            raise NotSignedIn("The session has ended: open the home page again") from error
        if values.get("for") != cookie.purpose:
            raise NotSignedIn("This is no session: open the home page again")
        return values


@dataclass(frozen=True)
class _Cookie:
    name: str
    purpose: str
    seconds: int


_SESSION = _Cookie(SESSION_COOKIE, "session", _SESSION_SECONDS)


def _sign_in(state: str) -> _Cookie:
    """Return the cookie of one sign-in: two windows may sign in at once."""
    name = f"{STATE_COOKIE}-{hashlib.sha256(state.encode()).hexdigest()[:8]}"
    return _Cookie(name, "sign-in", _STATE_SECONDS)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
