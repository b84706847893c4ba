"""What devices tell, read as the types the story needs; anything else is a failure of the demo."""

from edenmesh.demo.devices import DemoFailed
from edenmesh.node import Json


def object_of(value: Json) -> dict[str, Json]:
    """The object it is."""
    if not isinstance(value, dict):
        raise DemoFailed(f"expected an object, got {value!r}")
    return value


def list_of(value: Json) -> list[Json]:
    """The list it is."""
    if not isinstance(value, list):
        raise DemoFailed(f"expected a list, got {value!r}")
    return value


def number_of(value: Json) -> float:
    """The number it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DemoFailed(f"expected a number, got {value!r}")
    return value
