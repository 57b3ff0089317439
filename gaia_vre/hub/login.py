"""Sign people in: generated passwords on one machine, an institution's account elsewhere."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import httpx2
from jupyterhub.auth import Authenticator
from jupyterhub.authenticators.shared import SharedPasswordAuthenticator
from oauthenticator.generic import GenericOAuthenticator
from tornado.web import HTTPError
from traitlets import Float, Tuple

from gaia_vre.core.errors import InvalidInput, SettingsError
from gaia_vre.core.kinds import number_of, project_of
from gaia_vre.core.names import RESERVED_PREFIXES, USERNAME_PATTERN, check_username
from gaia_vre.hub import hosts, people_groups, project_users, sandbox_users
from gaia_vre.hub.deployment import hub_settings
from gaia_vre.hub.traits import propose

if TYPE_CHECKING:
    from traitlets.config import Config

    from gaia_vre.core.settings import OpenIDConnect, Settings

_ENTITLEMENT = re.compile(r"urn:[^#]*?:group:(?P<path>[^#]+)(?:#.*)?")
_GROUP = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/@+-]{0,99}")
_DISCOVERY_SECONDS = 10
_PASSWORD = "GAIA_VRE_USER_PASSWORD"  # noqa: S105 - the name of a variable
_CHART_AUTHENTICATORS = (None, "dummy")
"""What the official chart sets where nobody has chosen; the latter lets everybody in."""


def configure_login(c: Config, settings: Settings | None = None) -> None:
    """Choose the authenticator and tell it who may come in."""
    settings = settings or hub_settings()
    login = settings.login
    propose(
        c,
        "Authenticator",
        admin_users=set(login.administrators),
        username_pattern=USERNAME_PATTERN,
        delete_invalid_users=True,
    )
    propose(c, "CheckedNames", reserved_prefixes=login.reserved_prefixes)
    if login.oidc is not None:
        propose(c, "CheckedNames", groups_seconds=login.oidc.groups_seconds)
    if c.JupyterHub.get("authenticator_class") in _CHART_AUTHENTICATORS and "DummyAuthenticator" not in c:
        c.JupyterHub.pop("authenticator_class", None)
    if login.oidc is not None and login.kind == "oidc":
        _configure_institution(c, login.oidc, settings)
    else:
        _configure_passwords(c, settings)


def _configure_passwords(c: Config, settings: Settings) -> None:
    if settings.kubernetes is not None and "authenticator_class" not in c.JupyterHub and not os.environ.get(_PASSWORD):
        raise SettingsError(
            f"login.kind: 'shared-password' needs the variable {_PASSWORD} of the hub, from a Secret; a site in "
            "production signs people in by 'oidc'"
        )
    propose(c, "JupyterHub", authenticator_class=GeneratedPasswords)
    propose(c, "Authenticator", allow_all=True)
    propose(
        c,
        "SharedPasswordAuthenticator",
        user_password=os.environ.get(_PASSWORD),
        admin_password=os.environ.get("GAIA_VRE_ADMINISTRATOR_PASSWORD"),
    )


def _configure_institution(c: Config, oidc: OpenIDConnect, settings: Settings) -> None:
    endpoints = discover(oidc.issuer)
    propose(c, "JupyterHub", authenticator_class=InstitutionAccount)
    propose(
        c,
        "Authenticator",
        enable_auth_state=True,
        auth_refresh_age=oidc.refresh_seconds,
        # A person removed from the allowed groups must not start another server.
        refresh_pre_spawn=True,
        auth_refresh_strict=True,
        manage_groups=True,
        allow_all=not oidc.allowed_groups,
    )
    propose(
        c,
        "GenericOAuthenticator",
        login_service=oidc.name,
        client_id=oidc.client_id,
        client_secret=os.environ.get(oidc.client_secret_variable, ""),
        authorize_url=endpoints["authorization_endpoint"],
        token_url=endpoints["token_endpoint"],
        userdata_url=endpoints["userinfo_endpoint"],
        oauth_callback_url=f"{settings.addresses.public_url}/hub/oauth_callback",
        basic_auth="client_secret_post" not in endpoints["authentication"],
        scope=list(oidc.scope),
        username_claim=oidc.username_claim,
        enable_pkce=True,
        allowed_groups=set(oidc.allowed_groups),
        admin_groups={oidc.administrator_group} if oidc.administrator_group else set(),
        auth_state_groups_key=_groups_of(oidc.groups_claim),
    )


def discover(issuer: str) -> dict[str, str]:
    """Read the provider's endpoints, and under ``authentication`` how the hub may show its secret there.

    Raises
    ------
    SettingsError
        The provider does not answer, or not as OpenID Connect says.
    """
    url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    try:
        answer = httpx2.get(url, timeout=_DISCOVERY_SECONDS, follow_redirects=True).raise_for_status().json()
        found = {key: answer[key] for key in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint")}
        methods = answer.get("token_endpoint_auth_methods_supported") or (
            "client_secret_basic",
        )  # OpenID Connect's own
        return found | {"authentication": " ".join(map(str, methods))}
    except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"login.oidc.issuer: {url} does not describe an identity provider ({error!r})") from error


def group_names(claim: Any) -> set[str]:
    """Return hub group names from a claim's value; what cannot be a name is left out.

    An entitlement as of AARC-G069, ``urn:NAMESPACE:group:GROUP:SUBGROUP:role=ROLE#AUTHORITY``,
    becomes ``GROUP:SUBGROUP``; any other text is taken as it is.
    """
    values = [claim] if isinstance(claim, str) else claim if isinstance(claim, list | tuple | set) else []
    names = (_group_name(value) for value in values if isinstance(value, str))
    return {name for name in names if _GROUP.fullmatch(name)}


def _group_name(value: str) -> str:
    match = _ENTITLEMENT.fullmatch(value)
    if match is None:
        return value
    parts = (part for part in match["path"].split(":") if not part.startswith("role="))
    return ":".join(parts)


def _groups_of(claim: str) -> Any:
    def groups(auth_state: dict[str, Any]) -> set[str]:
        return group_names((auth_state.get("oauth_user") or {}).get(claim))

    return groups


def _as_sent(handler: Any, data: dict[str, str]) -> str:
    """Return the user name before tornado took its control characters away."""
    sent = getattr(getattr(handler, "request", None), "body_arguments", {}).get("username")
    return sent[-1].decode("utf-8", "replace").strip(" ") if sent else data["username"]


def _is_nobody(username: str) -> bool:
    """Say whether this is a user of ours that no person signs in as."""
    return project_of(username) is not None or number_of(username) is not None


class CheckedNames(Authenticator):  # type: ignore[misc]
    """An authenticator that lets nobody in under a name that means something else here."""

    reserved_prefixes = Tuple(
        RESERVED_PREFIXES, config=True, help="Beginnings of user names that nobody may sign in with."
    )
    groups_seconds = Float(
        people_groups.OLD_SECONDS, config=True, help="How old the groups may be by which people are in projects."
    )

    def get_handlers(self, app: Any) -> list[Any]:
        """Return the addresses of signing in, and those at which the service asks for other users and groups."""
        ours = (project_users, sandbox_users, people_groups, hosts)
        return [*super().get_handlers(app), *(entry for part in ours for entry in part.handlers())]

    def validate_username(self, username: str) -> bool:
        if _is_nobody(username):
            # The hub asks this of users that it has, too, and deletes those that are not valid.
            return bool(super().validate_username(username))
        try:
            check_username(username, tuple(self.reserved_prefixes))
        except InvalidInput as error:
            self.log.warning("Refused at sign-in: %s", error.message)
            return False
        return bool(super().validate_username(username))

    async def get_authenticated_user(self, handler: Any, data: Any) -> Any:
        """Return who signs in; nobody does as a project or a visitor, whose users are valid otherwise."""
        model = await super().get_authenticated_user(handler, data)
        if model and _is_nobody(model["name"]):
            self.log.warning("Refused at sign-in: %r is the user of a project or a visitor", model["name"])
            return None
        return model


class GeneratedPasswords(CheckedNames, SharedPasswordAuthenticator):  # type: ignore[misc]
    """Two generated passwords: one for administrators, one for everybody else."""

    async def authenticate(self, handler: Any, data: dict[str, str]) -> Any:
        try:
            check_username(self.normalize_username(_as_sent(handler, data)), tuple(self.reserved_prefixes))
        except InvalidInput as error:
            raise HTTPError(400, error.message) from error
        return await super().authenticate(handler, data)


class InstitutionAccount(CheckedNames, GenericOAuthenticator):  # type: ignore[misc]
    """An institution's account, asked again for every start of a server."""

    async def httpfetch(self, url: Any, *args: Any, **options: Any) -> Any:
        try:
            return await super().httpfetch(url, *args, **options)
        except Exception as error:
            people_groups.note_failure(error)
            raise

    async def refresh_user(self, user: Any, handler: Any = None, **options: Any) -> Any:
        if handler is not None and not hasattr(handler, "_token_authenticated"):
            # JupyterHub 6.1.1 reads it on pages, where only a token sets it: 500 instead of the login page.
            handler._token_authenticated = False
        if _is_nobody(user.name):
            return True  # it has no account anywhere; who may be there is asked for by the service
        model = await super().refresh_user(user, handler, **options)
        if isinstance(model, dict) and not await self.check_allowed(user.name, model):
            raise HTTPError(403, f"{user.name} is no longer in a group that may use this hub: ask your institution")
        return model
