"""What a bag says of its project in RO-Crate 1.1: people, environment, datasets, outputs, history."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gaia_vre.bundles.model import Happened, Output, Person, ProjectFacts, Used

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
_PROFILE = "https://w3id.org/ro/crate/1.1"
_FILES = "files/"
_NOTEBOOK = "application/x-ipynb+json"
Entity = dict[str, Any]


def crate(facts: ProjectFacts, entries: Sequence[str]) -> bytes:
    """Return the metadata file of a crate whose files stand in ``files/``.

    Parameters
    ----------
    entries
        Names straight below the project's folder; folders end with a slash.
    """
    people = [one for member in facts.members for one in _person(member)]
    parts = [_part(name, facts) for name in entries]
    known = {one["@id"] for one in parts}
    below = {one.path: one for one in facts.outputs if _FILES + quote(one.path) not in known}
    outputs = [_output(one) for one in below.values()]
    servers = [{"@id": _server(name), "@type": "SoftwareApplication", "name": name} for name in _programs(facts)]
    datasets = [_dataset(one) for one in facts.datasets]
    actions = [_action(number, one) for number, one in enumerate(facts.history)]
    actions += [_use(one) for one in facts.datasets if one.opened]
    graph = [_descriptor(), _root(facts, [*parts, *outputs], actions), *people, *parts, *outputs]
    graph += [*datasets, *_environment(facts), *servers, *actions, _licence()]
    named = {one["@id"] for one in graph}
    graph += [{"@id": f"#person-{quote(name)}", "@type": "Person", "name": name} for name in _others(facts, named)]
    return json.dumps({"@context": CONTEXT, "@graph": graph}, indent=1, ensure_ascii=False).encode()


def _descriptor() -> Entity:
    about = {"conformsTo": {"@id": _PROFILE}, "about": {"@id": "./"}}
    return {"@id": "ro-crate-metadata.json", "@type": "CreativeWork", **about}


def _root(facts: ProjectFacts, parts: list[Entity], actions: list[Entity]) -> Entity:
    root: Entity = {
        "@id": "./",
        "@type": "Dataset",
        "name": facts.title,
        "description": facts.description or facts.title,
        "identifier": facts.slug,
        "datePublished": facts.exported.isoformat(),
        "dateCreated": facts.starts.isoformat(),
        "temporalCoverage": f"{facts.starts:%Y-%m-%d}/{facts.ends:%Y-%m-%d}",
        "license": {"@id": "#licence"},
        "hasPart": _references(parts),
        "contributor": [{"@id": f"#role-{quote(one.username)}"} for one in facts.members],
        "citation": [{"@id": _address(one)} for one in facts.datasets if one.cited],
        "mentions": _references(actions),
    }
    if facts.environment:
        root["softwareRequirements"] = {"@id": "#environment"}
    return {name: value for name, value in root.items() if value != []}


def _person(member: Person) -> list[Entity]:
    person = f"#person-{quote(member.username)}"
    role: Entity = {"@id": f"#role-{quote(member.username)}", "@type": "Role", "roleName": member.role}
    role |= {"contributor": {"@id": person}, "name": f"{member.username}, {member.role}"}
    if member.until:
        role["endDate"] = member.until.isoformat()
    return [{"@id": person, "@type": "Person", "name": member.username}, role]


def _part(name: str, facts: ProjectFacts) -> Entity:
    given = [one for one in facts.outputs if one.path.rstrip("/") == name.rstrip("/")]
    if given:
        return _output(given[-1]) | {"@id": _FILES + quote(name)}
    return {"@id": _FILES + quote(name), "@type": "Dataset" if name.endswith("/") else "File", "name": name.rstrip("/")}


def _output(one: Output) -> Entity:
    kind = "Dataset" if one.path.endswith("/") else "File"
    entity: Entity = {"@id": _FILES + quote(one.path), "@type": kind, "name": one.title or one.path.rstrip("/")}
    if one.kind == "app":
        entity |= {"@type": ["File", "SoftwareSourceCode"], "runtimePlatform": one.program}
        entity |= {"additionalType": "WebApplication", "softwareRequirements": {"@id": _server(one.program)}}
    notebook = one.kind == "notebook" or (one.kind == "app" and one.path.endswith(".ipynb"))
    return entity | ({"encodingFormat": _NOTEBOOK} if notebook else {})


def _programs(facts: ProjectFacts) -> list[str]:
    """Return what serves the project's apps."""
    return sorted({one.program for one in facts.outputs if one.program})


def _server(program: str) -> str:
    return f"#program-{quote(program)}"


def _dataset(one: Used) -> Entity:
    said = {"name": one.title or one.id, "identifier": one.doi or one.id, "creditText": one.citation}
    return {"@id": _address(one), "@type": "CreativeWork", "additionalType": "Dataset"} | {
        name: value for name, value in said.items() if value
    }


def _address(one: Used) -> str:
    return f"https://doi.org/{one.doi}" if one.doi else f"#dataset-{quote(one.id)}"


def _use(one: Used) -> Entity:
    """Return that a dataset was opened for the project, by whom last."""
    action: Entity = {"@id": f"#use-{quote(one.id)}", "@type": "UseAction", "name": "opened"}
    action |= {"object": {"@id": _address(one)}, "description": f"opened {one.opened} times"}
    if one.last is not None:
        action["endTime"] = one.last.isoformat()
    return action | ({"agent": {"@id": f"#person-{quote(one.last_by)}"}} if one.last_by else {})


def _environment(facts: ProjectFacts) -> list[Entity]:
    if facts.environment is None:
        return []
    said = {"name": facts.environment.name, "version": facts.environment.digest}
    return [{"@id": "#environment", "@type": "SoftwareApplication", **said, "identifier": facts.environment.digest}]


def _action(number: int, one: Happened) -> Entity:
    said = ", ".join(f"{name}: {value}" for name, value in one.facts.items() if value != "")
    action: Entity = {"@id": f"#event-{number}", "@type": "UpdateAction", "name": one.kind}
    action |= {"startTime": one.at.isoformat(), "agent": {"@id": f"#person-{quote(one.by)}"}}
    return action | ({"description": said} if said else {})


def _licence() -> Entity:
    said = "Not stated: ask the owners of the project before files are used elsewhere"
    return {"@id": "#licence", "@type": "CreativeWork", "name": "Not stated", "description": said}


def _others(facts: ProjectFacts, named: set[str]) -> list[str]:
    """Return who did something without being a member; a project's own server is one."""
    acted = {one.by for one in facts.history} | {one.last_by for one in facts.datasets if one.last_by}
    return sorted(name for name in acted if f"#person-{quote(name)}" not in named)


def _references(entities: list[Entity]) -> list[Entity]:
    return [{"@id": one["@id"]} for one in entities]
