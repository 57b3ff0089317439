"""What the reconcile loop does for projects: what a kill left out, what a date brings."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from gaia_vre.projects.registry import Registry

log = logging.getLogger(__name__)


def tend(registry: Registry, now: datetime) -> None:
    """Make the accounts that are missing, end the stays of guests, turn projects by their dates."""
    for account in registry.founding.open_missing():
        log.warning("The account %s was missing and is made", account)
    for slug, username in registry.people.end_stays():
        log.info("The stay of %s in %s is over", username, slug)
    for project in registry.founding.turn(now):
        log.info("The project %s is %s now", project.slug, project.state)
    for slug, days in registry.lives.give_notices(now):
        log.info("The people of %s are told that it ends in %d days", slug, days)
    for slug in registry.imports.finish(now):
        log.warning("The project %s was brought in and not finished; it is whole now", slug)
