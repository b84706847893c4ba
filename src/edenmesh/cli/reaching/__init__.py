"""How a command reaches the device: options, passphrase, socket, questions to the person, exit codes."""

from edenmesh.cli.reaching.asking import Asking
from edenmesh.cli.reaching.calls import INTERRUPTED, Call, ExampledCommand, command
from edenmesh.cli.reaching.client import Answer, Client, is_served
from edenmesh.cli.reaching.exits import MEANINGS, ExitCode
from edenmesh.cli.reaching.local import open_device, opened
from edenmesh.cli.reaching.network import HEARING, LISTENING, places, settings_of
from edenmesh.cli.reaching.passphrase import PassphraseSource
from edenmesh.cli.reaching.values import WAYS, keep_file, read_content, read_values

__all__ = [
    "HEARING",
    "INTERRUPTED",
    "LISTENING",
    "MEANINGS",
    "WAYS",
    "Answer",
    "Asking",
    "Call",
    "Client",
    "ExampledCommand",
    "ExitCode",
    "PassphraseSource",
    "command",
    "is_served",
    "keep_file",
    "open_device",
    "opened",
    "places",
    "read_content",
    "read_values",
    "settings_of",
]
