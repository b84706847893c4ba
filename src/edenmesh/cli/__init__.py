"""The command `edenmesh`: draws what the local API of a device tells, asks people, and ends with a code for scripts.

Every command speaks to the device over its socket, or opens it in this process where none runs. Decides nothing.
"""

from edenmesh.cli.commands import edenmesh, main
from edenmesh.cli.reaching import ExitCode

__all__ = ["ExitCode", "edenmesh", "main"]
