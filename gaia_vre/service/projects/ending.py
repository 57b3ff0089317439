"""What a project's page shows of its end, its environment and what it cites."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gaia_vre.core.errors import GaiaError
from gaia_vre.projects.rules import may
from gaia_vre.service.openings.store import Openings
from gaia_vre.service.projects.pinning import chosen, digest_of
from gaia_vre.service.projects.routes import actor
from gaia_vre.service.quotas.sheet import Sheet
from gaia_vre.service.quotas.words import until_words

if TYPE_CHECKING:
    from gaia_vre.look.language import Language
    from gaia_vre.projects.lives import Life
    from gaia_vre.projects.store import Mine
    from gaia_vre.service.dependencies import Parts
    from gaia_vre.service.login import Caller

_UNITS = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def ending(service: Parts, language: Language, who: Caller, found: Mine, *, inside: bool) -> dict[str, Any]:
    """Return what the templates of a project's end ask for."""
    registry, project = service.registry, found.project
    life, admin = registry.lives.of(project.slug), who.person.admin
    me, policy = actor(service, who), service.settings.projects
    members = registry.people.of(project.slug) if inside else []
    describes = may(found.role, "describe", project) and project.state != "archived"
    return {
        "life": life,
        "grace_ends": project.ends + timedelta(days=policy.grace_days),
        "purge_on": _purge_on(life, policy.archive.purge_days),
        "may_extend": registry.founding.may_extend(found.role, project, me, admin=admin),
        "may_describe": describes,
        "may_export": (found.role is not None or admin) and life.purged is None,
        "may_appoint": life.ownerless is not None and (admin or me.name in registry.founding.stewards(project)),
        "heirs": [one.username for one in members if not one.guest and one.role != "owner"],
        "others": [one.username for one in members if not one.guest and one.username != me.name],
        "pending": registry.pending.of(project.slug) if inside else [],
        "cited": registry.lives.cited(project.slug) if inside else [],
        "used": Openings(service.engine).of(f"project:{project.slug}") if inside else [],
        "environments": service.settings.labs.environments if describes else (),
        "environment_now": _now(service, life) if inside else None,
        "size_words": lambda size: size_words(language, size),
        "lasts": _lasts(service, language, who, found) if inside else None,
    }


def mine(service: Parts, who: Caller) -> dict[str, Any]:
    """Return what the home page shows of projects: mine that live, and those that invite me."""
    try:
        me = actor(service, who)
    except GaiaError:
        return {"projects": [], "invited": []}
    projects = [one for one in service.registry.projects.of(me) if one.project.state != "archived"]
    return {"projects": projects, "invited": service.registry.pending.mine(me)}


def size_words(language: Language, size: int) -> str:
    """Return bytes as people read them."""
    for unit, name in _UNITS:
        if size >= unit:
            value, shown = round(size / unit, 1), language.text(name)
            return f"{language.number(value)} {shown}"
    return language.count(size, "byte", "bytes")


def _purge_on(life: Life, days: int | None) -> Any:
    if life.archived is None or life.purged is not None:
        return None
    if life.deleted is not None:
        return life.archived
    return None if days is None else life.archived + timedelta(days=days)


def _now(service: Parts, life: Life) -> bool | None:
    """Say whether the pinned environment is still what it was; None where none is pinned or it is gone."""
    if life.environment is None:
        return None
    try:
        wanted = chosen(service.settings.labs.environments, life.environment)
    except GaiaError:
        return False
    return digest_of(wanted, pods=service.settings.kubernetes is not None) == life.environment_digest


def _lasts(service: Parts, language: Language, who: Caller, found: Mine) -> str | None:
    """Return until when the budget lasts as it is used now."""
    now, zone = service.clock(), service.settings.service.time_zone
    try:
        account = service.office.accounts.find(found.project.account)
        outlook = Sheet(service.office, language, who.name, now, zone).outlooks([account]).get(account.id)
    except GaiaError:
        return None
    if outlook is None or outlook.forecast.until is None:
        return None
    return until_words(language, outlook.forecast.until, now, zone)
