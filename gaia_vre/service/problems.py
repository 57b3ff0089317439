"""Errors as problem details (RFC 9457): for programs as JSON, with an id that stands in the log too."""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DatabaseError, OperationalError
from starlette.exceptions import HTTPException

from gaia_vre.core.errors import ERRORS, DoesNotFit, GaiaError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fastapi import FastAPI, Request
    from starlette.responses import Response

log = logging.getLogger(__name__)

_CODES = {kind.status: code for code, kind in ERRORS.items() if code != "settings"}


_POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Sent with every answer."""


def problem(
    status: int, code: str, detail: str, report: str | None = None, facts: Mapping[str, Any] | None = None
) -> JSONResponse:
    """Return a problem document; a status of 500 and above is logged by the caller, under the number of its report."""
    about: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if facts:
        about["facts"] = facts
    return JSONResponse(
        about | ({"instance": f"urn:gaia-vre:report:{report}"} if report else {}),
        status_code=status,
        media_type="application/problem+json",
    )


def install(app: FastAPI, page: Callable[[Request, int, str, str], Response] | None, invalid: int = 422) -> None:
    """Turn every error into a problem document, or for a person into a page.

    Parameters
    ----------
    page
        None: problem documents for everybody.
    invalid
        Status of input that cannot be understood; STAC clients expect 400.
    """

    def answer(request: Request, status: int, code: str, detail: str, report: str | None = None) -> Response:
        status = invalid if status == 422 else status
        if page and _for_person(request):
            return page(request, status, detail, report or _reported(request, status, code))
        return problem(status, code, detail, report)

    def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, GaiaError)  # noqa: S101 - starlette calls it for these only
        if error.status >= 500:
            log.warning("%s", error.message)
        return _refusal(request, error) or answer(request, error.status, error.code, error.message)

    def unfit(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - starlette calls it for these only
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        given = f" (given: {first['input']!r:.60})" if isinstance(first.get("input"), str | int | float) else ""
        return answer(request, 422, "invalid", f"{place}: {first['msg']}"[:300] + given)

    def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - starlette calls it for these only
        said = "There is no such page" if error.status_code == 404 else str(error.detail)
        return answer(request, error.status_code, _CODES.get(error.status_code, "invalid"), said)

    def database(request: Request, error: Exception) -> Response:
        if not isinstance(error, OperationalError) and type(error) is not DatabaseError:
            return unexpected(request, error)  # a mistake of ours
        log.error("The database cannot be used: %s", str(error.orig).partition("\n")[0])
        return answer(request, 503, "unavailable", "The database cannot be used now; the operators have to look")

    def unexpected(request: Request, error: Exception) -> Response:
        report = secrets.token_hex(6)
        log.error("Report %s: %s %s failed", report, request.method, request.url.path, exc_info=error)
        said = f"This did not work. The operators find the cause under report {report}"
        said_so = answer(request, 500, "internal", said, report)
        said_so.headers.update(HEADERS)  # this answer passes by the rest
        return said_so

    app.add_exception_handler(GaiaError, ours)
    app.add_exception_handler(RequestValidationError, unfit)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(DatabaseError, database)
    app.add_exception_handler(Exception, unexpected)


def _for_person(request: Request) -> bool:
    return "/api/" not in request.url.path and "text/html" in request.headers.get("accept", "")


def _reported(request: Request, status: int, code: str) -> str:
    """Note in the log what a person is shown, and return its number."""
    report = secrets.token_hex(6)
    log.info("Report %s: %s %s is %d %s", report, request.method, request.url.path, status, code)
    return report


def _refusal(request: Request, error: GaiaError) -> Response | None:
    """Return a program's answer to what did not fit, with its facts."""
    if isinstance(error, DoesNotFit) and not _for_person(request):
        return problem(error.status, error.code, error.message, facts=error.facts)
    return None
