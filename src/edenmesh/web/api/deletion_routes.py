"""Routes of the local API for deletions: purge here, the bin, erase everywhere, rules that purge."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edenmesh.core.limits import INTEGER_MAX
from edenmesh.errors import InvalidInput
from edenmesh.node import Device, Json, PurgeView
from edenmesh.web.api.answers import answer, flag_of, number_of, read_object, text_of

_PAGE_MAX = 1000


class DeletionRoutes:
    """What the device deletes, and brings back, over HTTP."""

    def __init__(self, device: Device) -> None:
        self._deletions = device.deletions
        self.routes = [
            Route("/api/purge/look", self.look, methods=["POST"]),
            Route("/api/purge", self.purge, methods=["POST"]),
            Route("/api/purge/rules", self.rules),
            Route("/api/purge/rules", self.set_rule, methods=["PUT"]),
            Route("/api/purge/rules", self.drop_rule, methods=["DELETE"]),
            Route("/api/bin", self.bin),
            Route("/api/bin/fetch", self.fetch, methods=["POST"]),
            Route("/api/bin/restore", self.restore, methods=["POST"]),
            Route("/api/erase/look", self.covered, methods=["POST"]),
            Route("/api/erase", self.erase, methods=["POST"]),
            Route("/api/erase/confirm", self.confirm, methods=["POST"]),
            Route("/api/erase/ask", self.ask, methods=["POST"]),
        ]

    async def look(self, request: Request) -> Response:
        """What a purge would remove and what speaks against it: `table`, and `uuids` or `all`."""
        return answer(self._look(await read_object(request)))

    async def purge(self, request: Request) -> Response:
        """Remove records here: `table`, and `uuids` or `all`; `unreceived` accepts the warnings."""
        body = await read_object(request)
        result = self._deletions.purging.purge(
            [(view.table, view.uuid) for view in self._look(body)],
            is_unreceived_accepted=flag_of(body, "unreceived"),
        )
        return answer(result)

    def _look(self, body: Mapping[str, Json]) -> list[PurgeView]:
        table, uuids = text_of(body, "table"), body.get("uuids", [])
        if not isinstance(uuids, list) or bool(uuids) == flag_of(body, "all"):
            raise InvalidInput(what="The request names neither records nor all of them, or both.")
        if flag_of(body, "all"):
            return self._deletions.purging.look_at_table(table)
        return [self._deletions.purging.look(table, one) for one in uuids if isinstance(one, str)]

    async def rules(self, _request: Request) -> Response:
        """The rules by which records are purged here."""
        return answer(self._deletions.automatic.rules())

    async def set_rule(self, request: Request) -> Response:
        """Make or replace the rule of a table: `table`, `after_days`, `space_mb`, `receipts`."""
        body = await read_object(request)
        rule = self._deletions.automatic.set_rule(
            text_of(body, "table"),
            after_days=_number(body, "after_days", 0),
            space_mb=_number(body, "space_mb", 0),
            receipts=_number(body, "receipts", 1),
        )
        return answer(rule)

    async def drop_rule(self, request: Request) -> Response:
        """Have no rule for a table any more: `table`."""
        self._deletions.automatic.drop_rule(text_of(await read_object(request), "table"))
        return answer({})

    async def bin(self, request: Request) -> Response:
        """Everything that was deleted: `limit`, and `after` for the next page of purged records."""
        query = request.query_params
        limit = number_of(query.get("limit", "100"), "limit", _PAGE_MAX)
        return answer(
            self._deletions.bin.look(limit=limit, after=number_of(query.get("after", "0"), "after", INTEGER_MAX))
        )

    async def fetch(self, request: Request) -> Response:
        """Want a purged record again: `table`, `uuid`."""
        body = await read_object(request)
        return answer({"wanted": self._deletions.purging.fetch(text_of(body, "table"), text_of(body, "uuid"))})

    async def restore(self, request: Request) -> Response:
        """Bring back a record that was deleted for all: `table`, `uuid`, `why`."""
        body = await read_object(request)
        why = text_of(body, "why", otherwise="")
        return answer(self._deletions.bin.restore(text_of(body, "table"), text_of(body, "uuid"), why=why))

    async def covered(self, request: Request) -> Response:
        """The records an erasure would destroy: `table`, `uuid`, `with_parted`."""
        body = await read_object(request)
        found = self._deletions.erasing.covered(
            text_of(body, "table"), text_of(body, "uuid"), with_parted=flag_of(body, "with_parted")
        )
        return answer([{"table": table, "uuid": uuid} for table, uuid in found])

    async def erase(self, request: Request) -> Response:
        """Have a record destroyed everywhere: `table`, `uuid`, `with_parted`."""
        body = await read_object(request)
        views = self._deletions.erasing.erase(
            text_of(body, "table"), text_of(body, "uuid"), with_parted=flag_of(body, "with_parted")
        )
        return answer(views)

    async def confirm(self, request: Request) -> Response:
        """Confirm an erasure as a second steward: `entry`."""
        return answer(self._deletions.erasing.confirm(text_of(await read_object(request), "entry")))

    async def ask(self, request: Request) -> Response:
        """Ask the stewards to erase a record: `table`, `uuid`, `why`, `with_parted`."""
        body = await read_object(request)
        views = self._deletions.erasing.ask(
            text_of(body, "table"),
            text_of(body, "uuid"),
            text_of(body, "why", otherwise=""),
            with_parted=flag_of(body, "with_parted"),
        )
        return answer(views)


def _number(body: Mapping[str, Json], key: str, otherwise: int) -> int:
    value = body.get(key, otherwise)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidInput(what=f"{key!r} in the request is no whole number.")
    return value
