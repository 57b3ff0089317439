"""Files with rights as a file system of fsspec: ``gaia://<dataset>/<path>``, read through links of the service.

fsspec finds this module by its entry point, so xarray, Zarr, Dask and pandas open such addresses
as they open others. Links are asked for when they are needed, and anew shortly before they end.
A Dask worker has no token: it reads with the links that were there when its work was sent.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import aiohttp
import yarl
from fsspec.implementations.http import HTTPFileSystem

from gaia_vre.catalog.files import SCHEME, linked_parts
from gaia_vre.client import Access, FileLinks, ServiceClient
from gaia_vre.core.errors import InvalidInput, NotAllowed, NotSignedIn, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

_MARGIN = timedelta(seconds=60)
_CONNECT_SECONDS = 10.0
_READ_SECONDS = 60.0


def ask_service(dataset: str) -> FileLinks:
    """Ask the service for a link in the name of whom this process belongs to."""
    with ServiceClient() as service:
        return service.links(dataset)


class LinkKeeper:
    """The links of this process, one for each dataset."""

    def __init__(self, ask: Callable[[str], FileLinks] = ask_service) -> None:
        self.ask = ask
        self._links: dict[str, FileLinks] = {}
        self._lock = threading.Lock()

    def link(self, dataset: str) -> FileLinks:
        """Return a link that lasts a while yet.

        Raises
        ------
        NotAllowed
            The person may not read the files, or the link has ended where no other can be had; says whom to ask.
        """
        known = self._links.get(dataset)
        now = datetime.now(UTC)
        if known is None or known.expires - now < _MARGIN:
            with self._lock:
                known = self._renewed(dataset, known, now)
        return known

    def forget(self, dataset: str) -> None:
        """Ask anew next time: the service did not take the link."""
        with self._lock:
            self._links.pop(dataset, None)

    def known(self) -> dict[str, FileLinks]:
        with self._lock:
            return dict(self._links)

    def add(self, links: dict[str, FileLinks]) -> None:
        """Take over links of another process; the later of two is kept."""
        with self._lock:
            for dataset, link in links.items():
                ours = self._links.get(dataset)
                if ours is None or ours.expires < link.expires:
                    self._links[dataset] = link

    def _renewed(self, dataset: str, known: FileLinks | None, now: datetime) -> FileLinks:
        try:
            self._links[dataset] = self.ask(dataset)
        except NotAllowed as error:
            raise NotAllowed(f"{error.message} gaia.access({dataset!r}) says more.") from error
        except (NotSignedIn, Unavailable) as error:
            if known is None or known.expires <= now:
                raise NotAllowed(f"{dataset}: there is no link to its files here, or it has ended: {error}") from error
            return known
        return self._links[dataset]


_REFS = {"gaia", "gaia-links"}


def signed(found: Any, service: Callable[[], ServiceClient] = ServiceClient) -> Any:
    """Give the files of STAC items links that can be read now; see `gaia_vre.sign`."""
    wanted = [(item, keys) for item in _items(found) if (keys := _locked(item))]
    if not wanted:
        return found
    with service() as client:
        for item, keys in wanted:
            _put(item, keys, client)
    return found


def _items(found: Any) -> list[Any]:
    """Return the items in an Item, an ItemCollection or the JSON of either; collections hold none."""
    if isinstance(found, dict):
        return [one for one in found.get("features", [found]) if one.get("type") == "Feature"]
    if hasattr(found, "collection_id"):
        return [found]
    return list(found) if hasattr(found, "__iter__") else []


def _locked(item: Any) -> list[str]:
    if isinstance(item, dict):
        return [key for key, one in item.get("assets", {}).items() if _REFS & set(one.get("auth:refs", ()))]
    return [key for key, one in item.assets.items() if _REFS & set(one.extra_fields.get("auth:refs", ()))]


def _put(item: Any, keys: list[str], client: ServiceClient) -> None:
    if isinstance(item, dict):
        links = client.links(item["collection"], keys, item["id"])
        for key in keys:
            item["assets"][key]["href"] = links.assets[key]
        return
    links = client.links(str(item.collection_id), keys, str(item.id))
    for key in keys:
        item.assets[key].href = links.assets[key]


class DatasetAccess:
    """Whether I may read a dataset's files, as a notebook shows it; a licence is accepted after it was shown."""

    def __init__(self, found: Access, service: Callable[[], ServiceClient] = ServiceClient) -> None:
        self._found, self._service = found, service

    def accept(self) -> DatasetAccess:
        """Accept the licence whose text this shows; who accepted which text and when is kept."""
        licence = self._found.licence
        if licence is None:
            raise InvalidInput(f"{self._found.dataset}: there is no licence to accept")
        with self._service() as service:
            return DatasetAccess(service.accept(self._found.dataset, licence.digest), self._service)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._found, name)

    def __repr__(self) -> str:
        licence = self._found.licence
        lines = [f"{self._found.dataset}: {self._found.message}"]
        if licence:
            lines += ["", licence.title, "", licence.text]
        if licence and not self._found.allowed and self._found.reason == "licence":
            lines += ["", f"To accept it: gaia.access({self._found.dataset!r}).accept()"]
        return "\n".join(lines)


def dataset_access(dataset: str) -> DatasetAccess:
    """Ask the service whether I may read the files of a dataset."""
    with ServiceClient() as service:
        return DatasetAccess(service.access(dataset))


keeper = LinkKeeper()
"""The links of this process."""


class LinkedFileSystem(HTTPFileSystem):  # type: ignore[misc]
    """HTTP, with addresses of the catalog turned into links of the service."""

    protocol = SCHEME

    def __init__(self, **options: Any) -> None:
        limits = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=_READ_SECONDS)
        super().__init__(**{"encoded": True, **options})
        self.kwargs["timeout"] = limits

    def encode_url(self, url: str) -> yarl.URL:
        """Return the link that leads to an address of the catalog now."""
        dataset, path = linked_parts(url)
        return yarl.URL(f"{keeper.link(dataset).address}/{quote(path)}", encoded=True)

    async def _info(self, url: str, **options: Any) -> dict[str, Any]:
        # Asked for outside of the library's own look, which takes every failure for a missing file.
        keeper.link(linked_parts(url)[0])
        found: dict[str, Any] = await super()._info(url, **options)
        return found

    def _raise_not_found_for_status(self, response: Any, url: str) -> None:
        # Never as a missing file: a store would take the values for empty.
        if response.status in (401, 403):
            dataset, _ = linked_parts(url)
            keeper.forget(dataset)
            raise NotAllowed(f"{dataset}: the service took the link no longer; open the dataset again")
        super()._raise_not_found_for_status(response, url)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self.storage_options, keeper.known())


def _rebuilt(options: dict[str, Any], links: dict[str, FileLinks]) -> LinkedFileSystem:
    keeper.add(links)
    return LinkedFileSystem(**options)
