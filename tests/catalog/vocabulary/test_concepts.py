"""The SKOS file keeps the rules of SKOS, and what is read at run time is what it says."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
import rdflib
from rdflib.namespace import SKOS

from gaia_vre.catalog.vocabulary import COMPILED
from gaia_vre.catalog.vocabulary.compiling import compiled, read

LABELS = (SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel)
KNOWN = re.compile(
    r"http://vocab\.nerc\.ac\.uk/standard_name/[a-z0-9_]+/"
    r"|http://vocab\.nerc\.ac\.uk/collection/P02/current/[A-Z]{4}/"
    r"|http://www\.eionet\.europa\.eu/gemet/concept/\d+"
    r"|https://gcmd\.earthdata\.nasa\.gov/kms/concept/[0-9a-f-]{36}"
)


@pytest.fixture(scope="module")
def graph() -> rdflib.Graph:
    return read()


@pytest.fixture(scope="module")
def concepts(graph: rdflib.Graph) -> list[Any]:
    return list(graph.subjects(rdflib.RDF.type, SKOS.Concept))


def test_what_is_read_at_run_time_is_compiled_from_it(graph: rdflib.Graph) -> None:
    assert COMPILED.read_text(encoding="utf-8") == compiled(graph)


def test_every_concept_has_one_name_in_each_language(graph: rdflib.Graph, concepts: list[Any]) -> None:
    for one in concepts:
        assert sorted(label.language for label in graph.objects(one, SKOS.prefLabel)) == ["en", "fr"]


def test_the_labels_of_a_concept_are_disjoint(graph: rdflib.Graph, concepts: list[Any]) -> None:
    for one in concepts:
        labels = [label for kind in LABELS for label in graph.objects(one, kind)]
        assert len(labels) == len(set(labels)), one


def test_no_two_concepts_of_a_scheme_have_the_same_name(graph: rdflib.Graph, concepts: list[Any]) -> None:
    names = Counter(
        (graph.value(one, SKOS.inScheme), label) for one in concepts for label in graph.objects(one, SKOS.prefLabel)
    )
    assert [name for name, times in names.items() if times > 1] == []


def test_every_concept_is_in_one_scheme(graph: rdflib.Graph, concepts: list[Any]) -> None:
    schemes = set(graph.subjects(rdflib.RDF.type, SKOS.ConceptScheme))
    for one in concepts:
        assert [scheme in schemes for scheme in graph.objects(one, SKOS.inScheme)] == [True], one


def test_broader_concepts_exist_in_the_same_scheme_and_go_up(graph: rdflib.Graph, concepts: list[Any]) -> None:
    for one in concepts:
        above = set(graph.transitive_objects(one, SKOS.broader)) - {one}
        assert one not in {more for other in above for more in graph.objects(other, SKOS.broader)}, one
        assert {graph.value(other, SKOS.inScheme) for other in above} <= {graph.value(one, SKOS.inScheme)}


def test_identifiers_of_others_have_their_form_and_stand_once(graph: rdflib.Graph) -> None:
    kinds = (SKOS.exactMatch, SKOS.narrowMatch, SKOS.closeMatch)
    matches = Counter(str(match) for kind in kinds for match in graph.objects(None, kind))
    assert [one for one in matches if not KNOWN.fullmatch(one)] == []
    assert [one for one, times in matches.items() if times > 1] == []


def test_only_terms_of_skos_are_used(graph: rdflib.Graph) -> None:
    used = {one for one in graph.predicates() if str(one).startswith(str(SKOS))}
    assert set(graph.predicates()) - used == {rdflib.RDF.type, rdflib.DCTERMS.title}
    assert used <= set(dir(SKOS))
