"""Asking whether the strands under one uuid are one thing or different ones, and who keeps the uuid.

The strand offered to keep it stands first in the question; it is taken only where its number is typed.
"""

from collections.abc import Awaitable, Callable

from edenmesh.cli.drawing import Body, RecordShown, StrandShown

Ask = Callable[[str], Awaitable[str]]


async def ask_strands(record: RecordShown, ask: Ask) -> Body:
    """What a person says about the strands, as the device takes it; nothing where they are left open."""
    numbers = {str(number): strand for number, strand in enumerate(record.strands, 1)}
    some = " / same 1 2 .." if len(numbers) > 2 else ""
    while True:
        said = (await ask(f"One thing, or different? [same{some} / different / h / s / q] ")).split()
        if said == ["s"]:
            return {}
        if said[:1] == ["same"]:
            named = [numbers[one].id for one in dict.fromkeys(said[1:] or numbers) if one in numbers]
            if len(named) > 1 and len(named) == len(said[1:] or numbers):
                return {"same": list(named)}
        if said == ["different"]:
            keeper = await _ask_keeper(record, numbers, ask)
            if keeper is not None:
                return {"keeps": keeper.id, "leaves": [one.id for one in record.strands if one.id != keeper.id]}


async def _ask_keeper(record: RecordShown, numbers: dict[str, StrandShown], ask: Ask) -> StrandShown | None:
    """The strand that keeps the uuid, the others get another; None where the person goes back."""
    offered = [number for number, strand in numbers.items() if strand.id == record.keeper]
    order = [*offered, *(number for number in numbers if number not in offered)]
    named = " / ".join(f"{number} (offered)" if number in offered else number for number in order)
    while (typed := await ask(f"Which keeps the uuid? The others get one of their own. [{named} / back] ")) != "back":
        if typed in numbers:
            return numbers[typed]
    return None
