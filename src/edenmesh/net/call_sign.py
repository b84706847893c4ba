"""Two words that name a device on the air for as long as it announces itself: `amber falcon`.

People read them to each other, so each list (`words.txt`, one of each a line) holds plain words that differ from every
other of its list by two letters at least, with no homophones and none that could offend. The first two bytes of the
random instance name choose them: 65,536 call-signs, enough to tell devices in a room apart and far too few to prove
anything. Who a device is, is settled by the code both screens show.
"""

from functools import cache
from importlib.resources import files

_WORDS = 256


def call_sign(instance: str) -> str:
    """Return the call-sign of an instance name, eight hexadecimal digits."""
    first, second = bytes.fromhex(instance)[:2]
    firsts, seconds = _words()
    return f"{firsts[first]} {seconds[second]}"


@cache
def _words() -> tuple[tuple[str, ...], tuple[str, ...]]:
    lines = (files(__package__) / "words.txt").read_text("ascii").splitlines()
    firsts, seconds = zip(*(line.split() for line in lines), strict=True)
    return firsts, seconds
