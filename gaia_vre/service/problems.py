"""Errors as problem details (RFC 9457): for programs as JSON, with an id that stands in the log too."""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from gaia_vre.core.errors import ERRORS, GaiaError

if TYPE_CHECKING:
    from fastapi import FastAPI, Request
    from starlette.responses import Response

log = logging.getLogger(__name__)

_CODES = {kind.status: code for code, kind in ERRORS.items() if code != "settings"}


def problem(status: int, code: str, detail: str) -> JSONResponse:
    """Return a problem document; a status of 500 and above is logged under its id by the caller."""
    return JSONResponse(
        {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": code, "detail": detail},
        status_code=status,
        media_type="application/problem+json",
    )


def install(app: FastAPI) -> None:
    """Turn every error of the API into a problem document."""
    app.add_exception_handler(GaiaError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def _ours(_: Request, error: Exception) -> Response:
    assert isinstance(error, GaiaError)  # noqa: S101 - starlette calls it for these only
    if error.status >= 500:
        log.warning("%s", error.message)
    return problem(error.status, error.code, error.message)


def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - starlette calls it for these only
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return problem(422, "invalid", f"{place}: {first['msg']}"[:300])


def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - starlette calls it for these only
    return problem(error.status_code, _CODES.get(error.status_code, "invalid"), str(error.detail))


def _unexpected(request: Request, error: Exception) -> Response:
    report = secrets.token_hex(6)
    log.error("Report %s: %s %s failed", report, request.method, request.url.path, exc_info=error)
    return problem(500, "internal", f"This did not work. The operators find the cause under report {report}")
