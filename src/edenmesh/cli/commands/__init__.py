"""The commands, one module a subject, and the program that has them all."""

from edenmesh.cli.commands.program import edenmesh, main

__all__ = ["edenmesh", "main"]
