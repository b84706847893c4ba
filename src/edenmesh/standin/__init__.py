"""A small stand-in for a Sahana Eden server, for tests and the demo.

It behaves as a real server was measured to behave towards a mobile client, its carelessness included, and can
be made to fail in every way that server or a network can. It is the other side: it imports nothing of the rest of
edenmesh, and nothing but tests and the demo imports it. `python -m edenmesh.standin` runs it by hand.
"""

from edenmesh.standin.accounts import USERS, User
from edenmesh.standin.connection import Seen
from edenmesh.standin.faults import Faults
from edenmesh.standin.forms import FORMS, Form
from edenmesh.standin.server import StandinServer
from edenmesh.standin.state import Snapshot

__all__ = ["FORMS", "USERS", "Faults", "Form", "Seen", "Snapshot", "StandinServer", "User"]
