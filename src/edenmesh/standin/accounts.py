"""Who may log in to the stand-in, and what they may see: two kinds of user, as measured.

An administrator may do everything. Any other user lists organisations and locations, sees of the persons only
those it owns, is refused everything else, and may push nothing.
"""

from base64 import b64decode
from binascii import Error
from dataclasses import dataclass

from edenmesh.standin.schema import Table
from edenmesh.standin.state import Row


@dataclass(frozen=True, slots=True)
class User:
    """One account."""

    email: str
    password: str
    first_name: str
    last_name: str
    is_admin: bool = False

    def may_read(self, table: Table) -> bool:
        """Whether the user may ask for a table at all."""
        return self.is_admin or table.controller in ("org", "gis", "pr")

    def may_see(self, row: Row) -> bool:
        """Whether a row is among those the user gets."""
        return self.is_admin or not row.key.table.startswith("pr_") or row.owned_by_user == self.email


USERS = (
    User("admin@example.com", "admin-password", "Admin", "User", is_admin=True),
    User("normaluser@example.com", "normal-password", "Normal", "User"),
)


def identify(users: tuple[User, ...], authorization: str) -> User | None:
    """The user that an `Authorization` header proves (RFC 7617), if any."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        email, _, password = b64decode(encoded, validate=True).decode().partition(":")
    except (Error, UnicodeDecodeError):
        return None
    return next((user for user in users if user.email == email and user.password == password), None)
