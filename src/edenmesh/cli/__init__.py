"""The command `edenmesh`: draws what the local API of a device tells, asks people, and ends with a code for scripts.

Every command speaks to the device over its socket, or opens it in this process where none runs. Decides nothing.
"""

from edenmesh.cli.exits import ExitCode
from edenmesh.cli.program import edenmesh, main

__all__ = ["ExitCode", "edenmesh", "main"]
