"""Types as JSON Schema (2020-12, which OpenAPI 3.1 takes): dataclasses and structs by name, the rest where it stands.

A type is described as `plain` writes it. What may be any JSON is described as anything.
"""

import inspect
from collections.abc import Collection, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

import msgspec

from edenmesh.node import Json

Schema: TypeAlias = dict[str, Json]

_SCALARS: Final[dict[object, str]] = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}
_BOUNDS: Final = {"ge": "minimum", "le": "maximum", "max_length": "maxLength", "pattern": "pattern"}
PLACE: Final = "#/components/schemas/"


class Schemas:
    """Describes types; `named` gathers those that have a name."""

    def __init__(self) -> None:
        self.named: dict[str, Schema] = {}

    def of(self, hint: Any) -> Schema:  # noqa: ANN401 - whatever stands in an annotation
        """The schema of a type."""
        if hint in _SCALARS:
            return {"type": _SCALARS[hint]}
        origin, arguments = get_origin(hint), get_args(hint)
        if origin is Annotated:
            return {**self.of(arguments[0]), **_bounds(arguments[1:])}
        if origin is Literal:
            return {"enum": list(arguments)}
        if origin in (Union, UnionType):
            schemas = [self.of(one) for one in arguments]
            return {} if {} in schemas else {"anyOf": [*schemas]}
        return self._collection(origin, arguments) if inspect.isclass(origin) else self._class(hint)

    def _collection(self, origin: type, arguments: tuple[Any, ...]) -> Schema:
        if origin is tuple and Ellipsis not in arguments:
            return {"type": "array", "prefixItems": [self.of(one) for one in arguments], "minItems": len(arguments)}
        if issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(arguments[1])}
        return {"type": "array", "items": self.of(arguments[0])} if issubclass(origin, Collection) else {}

    def _class(self, hint: Any) -> Schema:  # noqa: ANN401 - whatever stands in an annotation
        if not inspect.isclass(hint):
            return {}
        if issubclass(hint, Enum):
            return {"enum": [one.value for one in hint]}
        return self._named(hint) if is_dataclass(hint) or issubclass(hint, msgspec.Struct) else {}

    def properties(self, kind: type) -> tuple[dict[str, Schema], list[str]]:
        """The schema of each field, and the names of those that must be there."""
        hints = get_type_hints(kind, include_extras=True)
        if issubclass(kind, msgspec.Struct):
            given = msgspec.structs.fields(kind)
            needed = [one.encode_name for one in given if one.required]
            return {one.encode_name: self.of(hints[one.name]) for one in given}, needed
        found = fields(kind) if is_dataclass(kind) else ()
        needed = [one.name for one in found if one.default is MISSING and one.default_factory is MISSING]
        return {one.name: self.of(hints[one.name]) for one in found}, needed

    def _named(self, kind: type) -> Schema:
        if kind.__name__ not in self.named:
            self.named[kind.__name__] = {}
            properties, needed = self.properties(kind)
            schema: Schema = {"type": "object", "properties": {**properties}}
            # A view is written whole; what is asked may leave out what has a default.
            required = needed if issubclass(kind, msgspec.Struct) else list(properties)
            if required:
                schema["required"] = [*required]
            if issubclass(kind, msgspec.Struct):
                schema["additionalProperties"] = False
            self.named[kind.__name__] = {**_described(kind), **schema}
        return {"$ref": f"{PLACE}{kind.__name__}"}


def _described(kind: type) -> Schema:
    text = inspect.cleandoc(kind.__doc__ or "")
    return {"description": text} if text else {}


def _bounds(annotations: tuple[Any, ...]) -> Schema:
    found: Schema = {}
    for one in annotations:
        if isinstance(one, msgspec.Meta):
            found |= {said: getattr(one, name) for name, said in _BOUNDS.items() if getattr(one, name) is not None}
    return found
