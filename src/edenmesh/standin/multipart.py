"""Reading `multipart/form-data` (RFC 7578): the tree in one part, a part for each file."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form."""

    name: str
    filename: str | None
    content: bytes


def read_parts(body: bytes, content_type: str) -> list[Part]:
    """The parts of a form, in their order; none when the boundary is missing or does not occur."""
    match = re.search(r'boundary="?([^";,]+)"?', content_type)
    if match is None:
        return []
    pieces = (b"\r\n" + body).split(b"\r\n--" + match.group(1).encode())
    parts = []
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            break
        head, _, content = piece.partition(b"\r\n\r\n")
        disposition = head.decode(errors="replace")
        parts.append(Part(_parameter(disposition, "name") or "", _parameter(disposition, "filename"), content))
    return parts


def _parameter(disposition: str, name: str) -> str | None:
    match = re.search(rf'[;\s]{name}="((?:[^"\\]|\\.)*)"', disposition)
    return re.sub(r"\\(.)|%22", lambda m: m.group(1) or '"', match.group(1)) if match else None
