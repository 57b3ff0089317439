"""The datasets of the poles: what they are, where they stand, how they open."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gaia_vre.catalog.reader import Catalog


class _CallableModule(ModuleType):
    """Importing this package puts it in the place of the function ``gaia_vre.catalog``; so it answers as that does."""

    def __call__(self) -> Catalog:
        from gaia_vre.catalog.reader import current_catalog

        return current_catalog()


sys.modules[__name__].__class__ = _CallableModule
