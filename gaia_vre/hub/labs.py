"""Labs on every deployment: start form, choices, time limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gaia_vre.core.kinds import kind_of
from gaia_vre.hub.admission import desk_of
from gaia_vre.hub.deployment import hub_settings
from gaia_vre.hub.form import form_fields, options_from_form
from gaia_vre.hub.language import language_of_start
from gaia_vre.hub.sandbox_rooms import SANDBOX_SCOPES
from gaia_vre.hub.traits import propose

if TYPE_CHECKING:
    from traitlets.config import Config

    from gaia_vre.core.settings import Settings


def _language_code(spawner: Any) -> str:
    """Return what JupyterLab speaks until the person chooses another language there."""
    return language_of_start(spawner).code


def _token_scopes(spawner: Any) -> list[str]:
    """Return what the token of a sandbox may; nothing means what any lab's may."""
    return SANDBOX_SCOPES if kind_of(spawner.user.name, spawner.name) == "sandbox" else []


def configure_labs(c: Config, settings: Settings | None = None) -> None:
    """Set what holds for a lab wherever it runs."""
    settings = settings or hub_settings()
    propose(
        c,
        "Spawner",
        default_url="/lab",
        environment={"GAIA_VRE_LANGUAGE": _language_code},
        options_form=form_fields(desk_of(settings)),
        options_from_form=options_from_form,
        server_token_scopes=_token_scopes,
        apply_user_options=_checked_at_start,
        start_timeout=settings.labs.start_seconds,
        http_timeout=settings.labs.start_seconds,
        poll_interval=5,
        poll_jitter=0.1,
        # A refusal is told to the person who asked; it must never stop the hub for all others.
        consecutive_failure_limit=0,
    )


def _checked_at_start(spawner: object, options: object) -> None:
    """Leave a person's options to the admission, which refuses in words; without this the hub warns of each."""
