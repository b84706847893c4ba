"""A few short requests to a stand-in, as its tests make them."""

from dataclasses import dataclass, field

import httpx

from edenmesh.standin import USERS, StandinServer
from edenmesh.standin.s3json import Json

UUID = "urn:uuid:00000000-0000-5000-8000-{:012d}"


@dataclass
class Client:
    """One client logged in as the administrator."""

    server: StandinServer
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(auth=(USERS[0].email, USERS[0].password), timeout=5, verify=False)

    def push(self, table: str, *records: dict[str, Json], query: str = "ignore_errors=True") -> dict[str, Json]:
        """Push records; returns the answer's body."""
        answer: dict[str, Json] = self.post(table, {f"$_{table}": list(records)}, query).json()
        return answer

    def post(self, table: str, tree: Json, query: str = "ignore_errors=True") -> httpx.Response:
        """Push a tree."""
        return self.http.post(f"{self.address(table)}?{query}", json=tree)

    def pull(self, table: str, query: str = "") -> list[dict[str, Json]]:
        """The records of a table."""
        records: list[dict[str, Json]] = self.get(table, query).json().get(f"$_{table}", [])
        return records

    def get(self, table: str, query: str = "") -> httpx.Response:
        """Pull a table."""
        return self.http.get(f"{self.address(table)}?{query}")

    def address(self, table: str) -> str:
        """Where a table is served."""
        return f"{self.server.url}/{table.replace('_', '/', 1)}.s3json"


def organisation(number: int, **fields: Json) -> dict[str, Json]:
    """An organisation to be pushed."""
    return {"@uuid": UUID.format(number), "name": f"Organisation {number}", **fields}
