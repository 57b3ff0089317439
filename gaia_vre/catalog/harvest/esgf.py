"""CMIP6 from the search index of an ESGF node: one model and experiment after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from gaia_vre.catalog.harvest.checking import Refused
from gaia_vre.catalog.harvest.cmip6 import dataset_item, model_collection
from gaia_vre.catalog.harvest.contract import Found, OverBound, Page, Refusal, Unreadable
from gaia_vre.catalog.harvest.drs import FACETS, instance_of
from gaia_vre.catalog.harvest.listed import ListedPages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gaia_vre.catalog.harvest.contract import Source
    from gaia_vre.catalog.harvest.drs import Instance
    from gaia_vre.catalog.harvest.fetch import Fetcher

_FIELDS = ("instance_id", "version", "datetime_start", "datetime_stop", "further_info_url", "url", *FACETS)
_PAGE = 1_000
_MOST = 200_000


class EsgfIndex:
    """Asks for models, for each model's experiments, and for the newest datasets of each pair.

    What stands in the query of the source's address, such as `institution_id=IPSL`, narrows each
    question. The cursor is the pair after which the next page begins.
    """

    def __init__(self, source: Source, fetcher: Fetcher) -> None:
        self._source, self._fetcher = source, fetcher
        self._parts = urlsplit(source.url)
        self._refused: list[Refusal] = []

    def pages(self, cursor: str | None) -> Iterator[Page]:
        names = [
            f"{model} {experiment}"
            for model in self._facet("source_id", {})
            for experiment in self._facet("experiment_id", {"source_id": model})
        ]
        for page in ListedPages(self._source, self._pair).pages(sorted(names), cursor):
            refused, self._refused = self._refused, []
            yield Page(page.found, (*page.refused, *refused), page.cursor, page.total)

    def _facet(self, name: str, narrowed: dict[str, str]) -> list[str]:
        answer = self._ask({"facets": name, "limit": 0, **narrowed})
        counts = answer.get("facet_counts")
        fields = counts.get("facet_fields") if isinstance(counts, dict) else None
        values = fields.get(name) if isinstance(fields, dict) else None
        if not isinstance(values, list):
            raise Unreadable(f"{self._source.url}: the values of {name} expected, no such list found")
        return [one for one in values[::2] if isinstance(one, str)]

    def _pair(self, name: str) -> list[Found]:
        model, experiment = name.split(" ")
        groups: dict[str, dict[Instance, list[dict[str, str]]]] = {}
        for document in self._documents({"source_id": model, "experiment_id": experiment}):
            said = _said(document)
            try:
                instance = instance_of(said)
            except ValueError as error:
                self._refused.append(Refusal(said.get("instance_id", name), str(error)))
                continue
            groups.setdefault(instance.collection, {}).setdefault(instance, []).append(said)
        found = []
        for collection, instances in groups.items():
            if not self._source.collections or collection in self._source.collections:
                found.append(model_collection(collection, instances))
                found += [dataset_item(*one) for one in instances.items()] if self._source.items else []
        if not groups:
            raise Refused("datasets expected, none found")
        return [Found(one, self._source.url) for one in found]

    def _documents(self, narrowed: dict[str, str]) -> Iterator[dict[str, Any]]:
        """Yield each dataset of a model and experiment."""
        start = 0
        while True:
            answer = self._ask({"offset": start, "limit": _PAGE, "fields": ",".join(_FIELDS), **narrowed})
            response = answer.get("response")
            documents = response.get("docs") if isinstance(response, dict) else None
            if not isinstance(documents, list):
                raise Unreadable(f"{self._source.url}: a list of docs expected, no such list found")
            yield from (one for one in documents if isinstance(one, dict))
            start += len(documents)
            if len(documents) < _PAGE:
                return
            if start >= _MOST:
                raise OverBound(f"{self._source.url}: more than {_MOST} datasets of {narrowed}")

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        said = dict(parse_qsl(self._parts.query))
        fixed = {"project": "CMIP6", "type": "Dataset", "latest": "true", "replica": "false"}
        query = urlencode({**fixed, **said, **question, "format": "application/solr+json"})
        url = urlunsplit((self._parts.scheme, self._parts.netloc, self._parts.path, query, ""))
        answer = self._fetcher.get_json(url)
        if not isinstance(answer, dict):
            raise Unreadable(f"{url}: an object expected, {type(answer).__name__} found")
        return answer


def _said(document: dict[str, Any]) -> dict[str, str]:
    """Return the fields as text; the index wraps most in a list of one."""
    plain = {key: one[0] if isinstance(one, list) and one else one for key, one in document.items()}
    said = {key: str(one) for key, one in plain.items() if isinstance(one, str | int)}
    times = {"start": said.pop("datetime_start", ""), "end": said.pop("datetime_stop", "")}
    said.pop("url", None)
    return said | {key: one for key, one in times.items() if one} | {"path": ""}
