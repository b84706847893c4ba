"""Accounts of phones that use this device through a browser: their names, their rights, their logins and sessions.

An account is this device's own affair: other devices see only its name on what was written under it. May import the
parts.
"""

from edenmesh.node.accounts.account import RIGHTS, AccountView
from edenmesh.node.accounts.accounts import Accounts, DoorView, Doorway

__all__ = ["RIGHTS", "AccountView", "Accounts", "DoorView", "Doorway"]
