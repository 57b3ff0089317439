"""Tickets by which the hub lets a visitor, who has no account, into the one sandbox that was made for them."""

from __future__ import annotations

import hashlib
import hmac

COOKIE = "gaia-visit-"
"""Beginning of the name of a ticket's cookie; the number of the sandbox follows."""
LETTING_IN = "/hub/api/oauth2/authorize"
"""The one address of the hub that is shown a ticket: where a lab asks who is there."""


def ticket(secret: str, number: str) -> str:
    """Return the ticket to a sandbox, which only the service and the hub can make.

    Parameters
    ----------
    secret
        The token of the service, which both have.
    number
        Of the sandbox; with it the ticket ends.
    """
    return hmac.new(secret.encode(), f"visit {number}".encode(), hashlib.sha256).hexdigest()


def is_ticket(secret: str, number: str, given: str) -> bool:
    """Say whether this is the ticket to a sandbox; without a secret nothing is."""
    return bool(secret) and hmac.compare_digest(ticket(secret, number).encode(), given.encode())
