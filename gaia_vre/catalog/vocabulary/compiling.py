"""Compile the SKOS file into the JSON that is read at run time; needs rdflib, which only development has.

Run as ``python -m gaia_vre.catalog.vocabulary.compiling`` after a change of `concepts.ttl` or of `words`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import rdflib
from rdflib.namespace import SKOS

from gaia_vre.catalog.rules import words
from gaia_vre.catalog.vocabulary import COMPILED

SOURCE = Path(__file__).with_name("concepts.ttl")
_CF = "http://vocab.nerc.ac.uk/standard_name/"


def read() -> rdflib.Graph:
    """Return the SKOS file as a graph."""
    return rdflib.Graph().parse(SOURCE, format="turtle")


def compiled(graph: rdflib.Graph) -> str:
    """Return the concepts as JSON: names by language, normalised labels, broader concepts, CF names."""
    concepts = {_key(one): _concept(graph, one) for one in graph.subjects(rdflib.RDF.type, SKOS.Concept)}
    return json.dumps(concepts, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _concept(graph: rdflib.Graph, one: Any) -> dict[str, Any]:
    cf = [str(match) for kind in (SKOS.exactMatch, SKOS.narrowMatch) for match in graph.objects(one, kind)]
    names = sorted(name.removeprefix(_CF).strip("/") for name in cf if name.startswith(_CF))
    preferred = {str(label.language): str(label) for label in graph.objects(one, SKOS.prefLabel)}  # type: ignore[attr-defined]
    shown = [preferred["en"], preferred["fr"], *sorted(str(label) for label in graph.objects(one, SKOS.altLabel))]
    labels = [*shown, *sorted(str(label) for label in graph.objects(one, SKOS.hiddenLabel)), *names]
    return {
        "scheme": _key(graph.value(one, SKOS.inScheme)),
        "en": preferred["en"],
        "fr": preferred["fr"],
        "shown": list(dict.fromkeys(shown)),
        "labels": list(dict.fromkeys(" ".join(words(label)) for label in labels)),
        "broader": sorted(_key(other) for other in graph.objects(one, SKOS.broader)),
        "cf": names,
    }


def _key(node: Any) -> str:
    return str(node).rpartition(":")[2]


if __name__ == "__main__":
    COMPILED.write_text(compiled(read()), encoding="utf-8")
