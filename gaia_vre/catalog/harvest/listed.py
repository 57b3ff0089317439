"""Pages over a list of names or addresses, each of which is read on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gaia_vre.catalog.harvest.checking import Refused
from gaia_vre.catalog.harvest.contract import Found, NotAnswering, NotFollowed, Page, Refusal, SourceFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gaia_vre.catalog.harvest.contract import Source


class ListedPages:
    """Reads one after the other; the cursor is the name after which the next page begins.

    What cannot be read is refused; too many unanswered in a row end the run.
    """

    def __init__(self, source: Source, read: Callable[[str], list[Found]]) -> None:
        self._limits, self._size, self._read = source.limits, source.page_size, read
        self._faults = 0

    def pages(self, names: list[str], cursor: str | None) -> Iterator[Page]:
        """Yield pages over sorted names."""
        waiting = [name for name in names if cursor is None or name > cursor]
        if not waiting:
            yield Page(total=len(names))
        for start in range(0, len(waiting), self._size):
            batch = waiting[start : start + self._size]
            found: list[Found] = []
            refused: list[Refusal] = []
            for name in batch:
                self._take(name, found, refused)
            last = start + self._size >= len(waiting)
            yield Page(tuple(found), tuple(refused), None if last else batch[-1], len(names))

    def _take(self, name: str, found: list[Found], refused: list[Refusal]) -> None:
        try:
            found += self._read(name)
        except NotAnswering as error:
            self._faults += 1
            if self._faults >= self._limits.faults_in_row:
                raise
            refused.append(Refusal(name, error.message))
        except (NotFollowed, SourceFault) as error:
            refused.append(Refusal(name, error.message))
        except Refused as error:
            refused.append(Refusal(name, str(error)))
        else:
            self._faults = 0
