"""How datasets look in a notebook: text, and HTML from templates."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

from gaia_vre.catalog.model import POLES
from gaia_vre.catalog.selection import spoken_box, spoken_period

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment

    from gaia_vre.catalog.citing import Citation
    from gaia_vre.catalog.discovery import Discovered, Question
    from gaia_vre.catalog.estimate import Estimate
    from gaia_vre.catalog.model import Dataset, Rights

_SHOWN = 40
_KINDS = {"grid": "grid", "image": "image", "table": "table", "traces": "seismic traces", "stations": "stations"}
_FORMATS = {
    "application/vnd.zarr": "Zarr",
    "image/tiff": "COG",
    "application/vnd.apache.parquet": "Parquet",
    "application/vnd.fdsn.mseed": "miniSEED",
    "application/x-sac": "SAC",
    "application/x-stationxml+xml": "StationXML",
}


def catalog_page(datasets: Sequence[Dataset]) -> str:
    """Return the whole catalog as HTML, by pole."""
    poles = [(key, name, [one for one in datasets if one.pole == key]) for key, name in POLES.items()]
    poles.append(("", "Pole unknown", [one for one in datasets if one.pole not in POLES]))
    return _render("catalog.html", poles=[row for row in poles if row[2]], **_counts(datasets))


def results_page(found: Discovered, question: str) -> str:
    """Return search results as HTML."""
    return _render("results.html", found=found, datasets=found.datasets[:_SHOWN], question=question)


def dataset_page(dataset: Dataset) -> str:
    """Return one dataset as HTML."""
    return _render("dataset.html", dataset=dataset)


def estimate_page(estimate: Estimate) -> str:
    """Return what a reading costs as HTML."""
    return _render("estimate.html", estimate=estimate)


def citation_page(citation: Citation) -> str:
    """Return what to cite as HTML, with the BibTeX to copy."""
    return _render("citation.html", citation=citation)


def catalog_text(datasets: Sequence[Dataset]) -> str:
    """Return the whole catalog as text: how many of each pole, and what opens here."""
    counts = _counts(datasets)
    lines = [f"GAIA Data: {counts['total']} datasets, {counts['here']} open here, the others are described"]
    lines += [_line(one) for one in datasets if one.opens_here]
    return "\n".join([*lines, 'gaia.search("sea surface temperature") finds, gaia.open("<id>") opens'])


def results_text(found: Discovered, question: str) -> str:
    """Return search results as text."""
    lines = [_heading(found, question)]
    lines += [f"  Also searched: {', '.join(found.also)}"] if found.also else []
    lines += [_line(one) for one in found.datasets[:_SHOWN]]
    hidden = found.matched - min(len(found.datasets), _SHOWN)
    return "\n".join([*lines, *([f"… and {hidden} more"] if hidden > 0 else [])])


def dataset_text(dataset: Dataset) -> str:
    """Return one dataset as text."""
    lines = [dataset.title, f"  {'id':<9} {dataset.id}"]
    lines += [f"  {name:<9} {value}" for name, value in facts(dataset)]
    if dataset.facts.variables:
        lines.append("  variables " + ", ".join(_with_unit(one.name, one.unit) for one in dataset.facts.variables))
    return "\n".join(lines)


def facts(dataset: Dataset) -> list[tuple[str, str]]:
    """Return what is known of a dataset in words; unknown says so."""
    found = dataset.facts
    sizes = " × ".join(f"{one.size} {one.name}" for one in found.dimensions) or _rows(dataset)
    contact = dataset.contact
    return [
        ("Pole", dataset.pole_name),
        ("Access", "opens here" if dataset.opens_here else f"described: {dataset.access or 'no way to get it known'}"),
        *([("Readers", _spoken_rights(dataset.rights))] if dataset.rights else []),
        ("Period", spoken_period(found.period)),
        ("Area", spoken_box(found.box)),
        *([("Size", sizes)] if sizes else []),
        *([("Format", file_format(dataset))] if dataset.opens_here else []),
        ("Licence", dataset.licence.text if dataset.licence else "unknown"),
        ("DOI", dataset.doi or "unknown"),
        ("Provider", ", ".join(one.name for one in dataset.providers) or "unknown"),
        ("Contact", f"{contact.name} ({', '.join(contact.emails)})" if contact else "unknown"),
    ]


def _spoken_rights(rights: Rights) -> str:
    """Return who may read the files, as "ocean, until 2027-01-01T00:00:00Z; Zoé grants access"."""
    groups = ", ".join(rights.groups) or ("nobody" if rights.until else "everybody signed in")
    parts = [groups + (f" until {rights.until}, then everybody" if rights.until else "")]
    parts += [f"who accepted the licence {rights.licence}"] if rights.licence else []
    parts += [f"{rights.granted_by} grants access"] if rights.granted_by else []
    return "; ".join(parts)


def file_format(dataset: Dataset) -> str:
    """Return "Zarr, 0.9 MB"."""
    return f"{', '.join(file_kinds(dataset))}, {size(dataset.bytes)}"


def file_kinds(dataset: Dataset) -> list[str]:
    """Return the formats of a dataset's files, each once."""
    kinds = (_FORMATS.get(one.media_type.split(";")[0], one.media_type) for one in dataset.facts.assets)
    return list(dict.fromkeys(kinds))


def size(number: int) -> str:
    """Return bytes as "0.9 MB"; small ones in kB."""
    for factor, unit in ((1e9, "GB"), (1e6, "MB")):
        if number >= factor / 10:
            return f"{number / factor:.1f} {unit}"
    return f"{max(number / 1e3, 0.1):.1f} kB"


def summary(dataset: Dataset) -> str:
    """Return what a dataset holds in one line: its kind, variables and period."""
    names = [one.title or one.name for one in dataset.facts.variables if not one.name.startswith("band ")]
    if dataset.kind in ("traces", "stations"):
        names = [one.name for one in dataset.facts.variables]
    parts = [_KINDS.get(dataset.kind or "", ""), ", ".join(names[:3]) + (" …" if len(names) > 3 else "")]
    parts.append(spoken_period(dataset.facts.period) if dataset.facts.period.known else "")
    return " · ".join(part for part in parts if part)


def code(dataset: Dataset) -> str:
    """Return lines that open the dataset, to copy into a cell."""
    lines = dataset.example or (f"data = gaia.open({json.dumps(dataset.id, ensure_ascii=False)})",)
    return "\n".join(["import gaia_vre as gaia", "", *lines])


def spoken_question(question: Question) -> str:
    """Return the question in words, for the heading of its results."""
    parts = [f"for “{question.text}”" if question.text else ""]
    parts.append(f"in {spoken_box(question.box)}" if question.box else "")
    if question.time:
        start, end = question.time.start, question.time.end
        parts.append(f"in {start}" if start == end else f"from {start or 'the beginning'} to {end or 'now'}")
    parts.append(f"of {POLES[question.pole]}" if question.pole else "")
    return " ".join(part for part in parts if part)


def _heading(found: Discovered, question: str) -> str:
    noun = "dataset" if found.matched == 1 else "datasets"
    about = f" {question}" if question else ""
    if not found.complete:
        return f"No dataset has all the words; {found.matched} {noun} with most of them{about}"
    return f"{found.matched or 'No'} {noun}{about}"


def _line(dataset: Dataset) -> str:
    state = "opens here" if dataset.opens_here else "described"
    return f"  {dataset.id:<34} {dataset.pole_name:<15} {state:<11} {dataset.title}"


def _counts(datasets: Sequence[Dataset]) -> dict[str, Any]:
    return {"total": len(datasets), "here": sum(one.opens_here for one in datasets)}


def _rows(dataset: Dataset) -> str:
    return f"{dataset.facts.rows:,} rows".replace(",", "\u202f") if dataset.facts.rows else ""


def _with_unit(name: str, unit: str | None) -> str:
    return f"{name} ({unit})" if unit else name


def _render(name: str, **values: Any) -> str:
    return _environment().get_template(name).render(**values)


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("gaia_vre.catalog"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"facts": facts, "summary": summary, "code": code, "size": size, "format": file_format}
    environment.globals["heading"] = _heading
    return environment
