"""Talks of several steps with a person: comparing codes, settling conflicts."""

from edenmesh.cli.dialogues.dialogue import Dialogue
from edenmesh.cli.dialogues.settling import Settling

__all__ = [
    "Dialogue",
    "Settling",
]
