"""Families: the records at which the strands of one uuid may reside, looked at together.

A strand that left its record resides under a uuid of its own, and versions of it may stand under either (design,
section 2.5). Only a decision lets a strand leave, so a record has a family once one of its versions names a leaver,
and every other record costs nothing. A row of `records` is made for each uuid in the family, also where nothing has
been written under it: what comes under it later finds its family by finding its row. Such a row is vacant, and no list
shows it, until a strand resides there.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from edenmesh.store.database import Link


class Member(NamedTuple):
    """A record of a family, with what is kept of it."""

    num: int
    uuid: str
    flags: int
    waiting: int
    is_vacant: bool
    is_delivered: bool


_MEMBER: Final = (
    "SELECT num, uuid, flags, waiting, is_vacant, EXISTS (SELECT 1 FROM delivered WHERE delivered.record = num),"
    " (SELECT family FROM families WHERE families.record = num) FROM records WHERE "
)


def members_of(link: Link, record: int) -> list[Member]:
    """The records that are looked at together with this one, itself among them: nearly always alone."""
    rows = link.rows(_MEMBER + "num = ?", (record,))
    if rows and rows[0][6] is not None:
        rows = link.rows(
            _MEMBER + "num IN (SELECT record FROM families WHERE family = ?) ORDER BY num",
            (rows[0][6],),
        )
    return [
        Member(num, uuid, flags, waiting, bool(is_vacant), bool(is_delivered))
        for num, uuid, flags, waiting, is_vacant, is_delivered, _ in rows
    ]


def join_family(link: Link, record: int, uuids: Iterable[str]) -> None:
    """Note that records of the same table are of the family of this one, with the families they had."""
    found = link.row("SELECT family FROM families WHERE record = ?", (record,))
    family = found[0] if found else link.number("SELECT max(family) FROM families") + 1
    link.run("INSERT INTO families VALUES (?, ?) ON CONFLICT DO NOTHING", (record, family))
    for uuid in sorted(uuids):
        link.run(
            "INSERT INTO records (num, table_num, uuid, flags, waiting, is_vacant)"
            " SELECT (SELECT max(num) FROM records) + 1, table_num, ?, 0, 0, 1 FROM records WHERE num = ?"
            " ON CONFLICT DO NOTHING",
            (uuid, record),
        )
        member = link.number(
            "SELECT num FROM records WHERE table_num = (SELECT table_num FROM records WHERE num = ?) AND uuid = ?",
            (record, uuid),
        )
        # A member may have had a family of its own: strands that left it in their turn.
        before = link.row("SELECT family FROM families WHERE record = ?", (member,))
        link.run("INSERT INTO families VALUES (?, ?) ON CONFLICT DO NOTHING", (member, family))
        if before and before[0] != family:
            link.run("UPDATE families SET family = ? WHERE family = ?", (family, before[0]))
