"""Import the hub's single-user extension and JupyterLab without what a lab never calls.

``jupyterhub.log`` and ``jupyterhub.scopes`` import the hub's handlers and database layer
(SQLAlchemy, alembic); JupyterLab imports the client of a package index and asks Node for
yarn's settings. Together that is two thirds of a lab's start. Stand-ins take their places
while these packages are imported; anything that a stand-in does not know is taken from the
real module, loaded at that moment.
"""

from __future__ import annotations

import importlib
import sys
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class _StandIn(ModuleType):
    """A module that is loaded when something is asked of it that was not given."""

    def __init__(self, name: str, **known: Any) -> None:
        super().__init__(name)
        self.__path__: list[str] = []
        self.__dict__.update(known)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


class _NeverRaised(Exception):
    """For the hub's ``except SQLAlchemyError``: a lab has no database."""


class _NeverServed:
    """For the hub's quiet logging of its own health page."""


def _count_request(handler: Any) -> None:
    """Count a request as Jupyter Server does without a hub."""
    from jupyter_server.prometheus.log_functions import prometheus_log_method

    prometheus_log_method(handler)  # type: ignore[no-untyped-call]


def _package_index(*arguments: Any) -> Any:
    """Make JupyterLab's extension manager for a package index, for a lab configured to have one."""
    return importlib.import_module("jupyterlab.extensions.pypi").PyPIExtensionManager(*arguments)


def _no_yarn(_logger: Any) -> dict[str, dict[str, str]]:
    """Say that yarn has no settings: a lab builds no front end."""
    return {"yarn config": {}, "npm config": {}}


@contextmanager
def stand_ins(*modules: _StandIn) -> Iterator[None]:
    """Within this block these modules are not imported unless something is asked of them."""
    placed = [module for module in modules if module.__name__ not in sys.modules]
    sys.modules.update({module.__name__: module for module in placed})
    try:
        yield
    finally:
        for module in placed:
            if sys.modules.get(module.__name__) is module:
                del sys.modules[module.__name__]


def single_user_application() -> type[Any]:
    """Return the class of JupyterHub's single-user extension, its package's other half left out."""
    import jupyterhub

    name = "jupyterhub.singleuser"
    if name not in sys.modules:
        # The package's __init__ would import the older, subclassing implementation as well.
        package = ModuleType(name)
        package.__path__ = [str(Path(jupyterhub.__path__[0]) / "singleuser")]
        sys.modules[name] = package
    with stand_ins(
        _StandIn("sqlalchemy"),
        _StandIn("sqlalchemy.exc", SQLAlchemyError=_NeverRaised),
        _StandIn("jupyterhub.orm"),
        _StandIn("jupyterhub.roles"),
        _StandIn("jupyterhub.handlers"),
        _StandIn("jupyterhub.handlers.pages", HealthCheckHandler=_NeverServed),
        _StandIn("jupyterhub.metrics", prometheus_log_method=_count_request),
    ):
        extension = importlib.import_module(f"{name}.extension")
    application: type[Any] = extension.JupyterHubSingleUser
    return application


def import_jupyterlab() -> None:
    """Import JupyterLab's server part."""
    with stand_ins(
        _StandIn("requests"),
        _StandIn("jupyterlab.extensions.pypi", PyPIExtensionManager=_package_index),
    ):
        commands = importlib.import_module("jupyterlab.commands")
        commands._yarn_config = _no_yarn  # type: ignore[attr-defined]
        importlib.import_module("jupyterlab.labapp")
