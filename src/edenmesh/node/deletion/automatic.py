"""Automatic purge: a rule for a table removes here what came from others and is known to be at a server.

Off until a person makes a rule. By age here, or where the table takes more than its space, the oldest first. Never what
this device wrote any version of, what shows something undecided, what has fewer receipts than the rule asks for, or
what this device itself delivered and has not read back a second time. A turn looks at a bounded number of records.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from edenmesh.core.encoding import encode
from edenmesh.core.ids import AuthorId, DeviceId
from edenmesh.core.limits import NAME_CHARS_MAX
from edenmesh.core.records import last_observations
from edenmesh.errors import InvalidInput
from edenmesh.node.deletion.purging import Purging
from edenmesh.node.deletion.views import PurgeResult, RuleView
from edenmesh.node.parts import Parts
from edenmesh.store import RecordRow, RecordVersions

_RULES: Final = "purge-rules"
_LOOKED_AT: Final = 500
"""Records looked at in one turn: some 100 ms."""
_DAY_MS: Final = 24 * 60 * 60 * 1000
_MEGABYTE: Final = 1_000_000
_DAYS_MAX: Final = 36_500
_SPACE_MB_MAX: Final = 10**9
_RECEIPTS_MAX: Final = 2


class _Rule(msgspec.Struct, frozen=True, kw_only=True):
    after_days: int = 0
    receipts: int = 1
    space_mb: int = 0
    table: str


_DECODER: Final = msgspec.msgpack.Decoder(tuple[_Rule, ...])


class Automatic:
    """Keeps the rules of this device, and applies them a turn at a time."""

    def __init__(self, parts: Parts, purging: Purging) -> None:
        self._parts = parts
        self._store = parts.store
        self._purging = purging
        self._after: dict[str, int] = {}
        self._looked_at = 0

    # --- rules --------------------------------------------------------------------------------------------------------

    def rules(self) -> list[RuleView]:
        """The rules of this device, by table."""
        return [RuleView(one.table, one.after_days, one.space_mb, one.receipts) for one in self._rules()]

    def set_rule(self, table: str, *, after_days: int = 0, space_mb: int = 0, receipts: int = 1) -> RuleView:
        """Make or replace the rule of a table. Raises InvalidInput where it says nothing or is out of range."""
        is_said = 0 <= after_days <= _DAYS_MAX and 0 <= space_mb <= _SPACE_MB_MAX and bool(after_days or space_mb)
        if not (is_said and 0 < len(table) <= NAME_CHARS_MAX and 1 <= receipts <= _RECEIPTS_MAX):
            raise InvalidInput(
                what="A rule needs a table, an age or a space that is more than nothing, and one receipt or two.",
                kept="The rules are as they were.",
                do="Say it as in `edenmesh purge --rule cr_shelter --after 90`.",
            )
        rule = _Rule(after_days=after_days, receipts=receipts, space_mb=space_mb, table=table)
        self._put([*(one for one in self._rules() if one.table != table), rule])
        return RuleView(table, after_days, space_mb, receipts)

    def drop_rule(self, table: str) -> None:
        """Have no rule for a table any more. Raises InvalidInput where there is none."""
        rules = self._rules()
        if all(one.table != table for one in rules):
            raise InvalidInput(what=f"There is no rule for {table}.", do="See the rules with `edenmesh purge --rules`.")
        self._put(one for one in rules if one.table != table)

    def _rules(self) -> tuple[_Rule, ...]:
        kept = self._store.notes.meta(_RULES)
        return _DECODER.decode(kept) if kept else ()

    def _put(self, rules: Iterable[_Rule]) -> None:
        ordered = tuple(sorted(rules, key=lambda one: one.table))
        with self._parts.desk.writing() as writing:
            writing.put_meta(_RULES, encode(ordered))

    # --- applying -----------------------------------------------------------------------------------------------------

    def take_turn(self) -> PurgeResult:
        """Apply all rules to the next records of their tables. Returns what was removed."""
        self._looked_at = 0
        records = versions = size_bytes = 0
        for rule in self._rules():
            done = self._apply(rule)
            records, versions = records + done.records, versions + done.versions
            size_bytes += done.size_bytes
        return PurgeResult(records, versions, size_bytes)

    def _apply(self, rule: _Rule) -> PurgeResult:
        now_ms = int(self._parts.settings.wall_clock() * 1000)
        excess = self._store.deleted.size_of(rule.table) - rule.space_mb * _MEGABYTE if rule.space_mb else 0
        going: list[tuple[str, str]] = []
        size_bytes = 0
        # By space the oldest go first: from the beginning each time. By age it goes on where it stopped.
        after = 0 if rule.space_mb else self._after.get(rule.table, 0)
        while self._looked_at < _LOOKED_AT:
            rows = self._store.deleted.received(rule.table, after=after, limit=_LOOKED_AT - self._looked_at)
            if not rows:
                after = 0
                break
            for row in rows:
                after = row.num
                self._looked_at += 1
                if self._is_due(row, rule, now_ms, has_excess=excess > size_bytes) and self._may_go(row, rule):
                    going.append((row.table, row.uuid))
                    size_bytes += self._store.deleted.bytes_of([(row.table, row.uuid)])
        self._after[rule.table] = after
        if not going:
            return PurgeResult(0, 0, 0)
        return self._purging.remove(going, size_bytes, is_automatic=True)

    def _is_due(self, row: RecordRow, rule: _Rule, now_ms: int, *, has_excess: bool) -> bool:
        if has_excess:
            return True
        came_ms = self._store.deleted.came_at(row.table, row.uuid)
        return bool(rule.after_days and came_ms) and now_ms - came_ms >= rule.after_days * _DAY_MS

    def _may_go(self, row: RecordRow, rule: _Rule) -> bool:
        table, uuid = row.table, row.uuid
        if len(self._store.deleted.family(table, uuid)) > 1 or self._store.deleted.is_purged(table, uuid):
            return False
        held = self._store.records.versions_of(row.num)
        own = self._own_authors()
        if any(version.author in own for version in held.versions.values()):
            return False
        deliveries = self._store.records.deliveries(row.num)
        if any(one.first_ms and not one.again_ms for one in deliveries):
            return False
        return self._count_receipts(row, held) >= rule.receipts

    def _own_authors(self) -> set[bytes]:
        """Every author this device has been, in whichever life of its store."""
        member = self._parts.team.charter.members.get(self._parts.identity.device)
        return {self._parts.identity.author, *(member.authors if member is not None else ())}

    def _count_receipts(self, row: RecordRow, held: RecordVersions) -> int:
        """Receipts of a record, each by another gateway or from another server."""
        charter = self._parts.team.charter
        seen: set[tuple[bytes, DeviceId | None]] = set()
        held = held.alone()
        for delivery in self._store.records.deliveries(row.num):
            if delivery.is_receipt:
                for one in last_observations(held.versions, delivery.destination, held.uncounted):
                    author = AuthorId(held.versions[one].author)
                    if charter.is_gateway(author):
                        seen.add((delivery.destination, charter.standing(author).device))
        return len(seen)
