"""What a person is told who asks whether all is well: one check, in words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what was looked at, whether it is well, what was seen, and what to do where it is not."""

    name: str
    is_well: bool
    text: str
    do: str = ""
