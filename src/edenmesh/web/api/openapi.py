"""The OpenAPI 3.1 document of the API: every operation with what it takes, what it answers and the right it needs."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from edenmesh import __version__
from edenmesh.node import Json
from edenmesh.web.api.operation import BYTES, JSON, Operation
from edenmesh.web.api.schemas import Schema, Schemas

VERSION: Final = "3.1.0"
RIGHT: Final = "x-right"
"""The right an operation needs, as a name of `Right`."""


@dataclass(frozen=True, slots=True)
class Error:
    """Why an operation was not done: the class of the error, what happened, what was kept, and what to do."""

    error: str
    what: str
    kept: str
    do: str


def document(operations: Iterable[Operation]) -> dict[str, Json]:
    """The document that describes these operations."""
    schemas = Schemas()
    refused: Schema = {"description": "It was not done.", "content": {JSON: {"schema": schemas.of(Error)}}}
    paths: dict[str, Json] = {}
    for one in operations:
        there = paths.setdefault(one.path, {})
        if isinstance(there, dict):
            there[one.method.lower()] = _described(one, schemas, refused)
    about: dict[str, Json] = {
        "title": "edenmesh",
        "version": __version__,
        "description": "One device: its records, its team, its servers. It is served on a socket of its owner's, on"
        " loopback, and to phones that were let in.",
    }
    return {"openapi": VERSION, "info": about, "paths": paths, "components": {"schemas": {**schemas.named}}}


def _described(one: Operation, schemas: Schemas, refused: Schema) -> Schema:
    content: Schema = {one.media: {"schema": schemas.of(one.answer)}} if one.media != BYTES else {BYTES: {}}
    described: Schema = {
        "operationId": one.name,
        "summary": one.summary,
        RIGHT: one.right.name,
        "responses": {str(one.status): {"description": "It was done.", "content": content}, "default": refused},
    }
    if parameters := _parameters(one, schemas):
        described["parameters"] = [*parameters]
    if one.body is not None:
        described["requestBody"] = {"content": {JSON: {"schema": schemas.of(one.body)}}}
    elif one.takes_content:
        described["requestBody"] = {"required": True, "content": {BYTES: {}}}
    return described


def _parameters(one: Operation, schemas: Schemas) -> list[Schema]:
    found: list[Schema] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in one.places
    ]
    if one.query is not None:
        properties, needed = schemas.properties(one.query)
        found += [
            {"name": name, "in": "query", "required": name in needed, "schema": schema}
            for name, schema in properties.items()
        ]
    return found
