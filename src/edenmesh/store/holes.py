"""Holes as rows: how content goes, by purge, hiding and erasing, and how what was absent is filled.

A hole's row keeps its place in its author's log and its id; where this device once held the content a husk stays
(husks.py). A record that an erasure hides is taken out of all tables that
anything is read from and lies apart until it is destroyed or comes back, so that nothing else has to know of it.

What is freed is overwritten in the database (PRAGMA secure_delete). Copies of old pages stay in the write-ahead log
until it is written home and emptied: `Store.settle`, at a quiet moment.
"""

from collections.abc import Iterable
from typing import Final

from edenmesh.core.ids import AuthorId, DeviceId, VersionId
from edenmesh.core.reconcile import Gap, HoleKind, Run, gaps_of
from edenmesh.store import files
from edenmesh.store.database import Link, Row
from edenmesh.store.husks import Husk
from edenmesh.store.logs import IN_SPANS, STANDING_TOLD

_ABSENT: Final = HoleKind.ABSENT + 1
_ERASED: Final = HoleKind.ERASED + 1
_PURGED: Final = HoleKind.PURGED + 1


def kind_of(standing: int) -> HoleKind:
    """What kind of hole a row is. Raises ValueError where it is none."""
    return HoleKind(standing - 1)


# --- content goes ---------------------------------------------------------------------------------------------------


def purge(link: Link, record: int) -> int:
    """Make all versions of a record purged holes. Returns how many were not."""
    rows = link.rows("SELECT num, standing, data FROM versions WHERE record = ? AND standing != ?", (record, _PURGED))
    for num, standing, data in rows:
        husk = data if standing == _ABSENT else Husk.of(data).encode()
        link.run("UPDATE versions SET standing = ?, data = ? WHERE num = ?", (_PURGED, husk, num))
    files.drop_refs(link, record)
    return len(rows)


def restore(link: Link, record: int) -> int:
    """Make the purged holes of a record absent ones, which peers are asked for. Returns how many there were."""
    return link.run("UPDATE versions SET standing = ? WHERE record = ? AND standing = ?", (_ABSENT, record, _PURGED))


def hide(link: Link, record: int) -> int:
    """Take a record out of everything that is read; its versions are erased holes. Returns how many those are."""
    rows = link.rows("SELECT num, standing, data FROM versions WHERE record = ?", (record,))
    table_num, uuid = link.rows("SELECT table_num, uuid FROM records WHERE num = ?", (record,))[0]
    link.run("INSERT INTO hidden_records (table_num, uuid) VALUES (?, ?) ON CONFLICT DO NOTHING", (table_num, uuid))
    hidden = find_hidden(link, table_num, uuid)
    for num, standing, data in rows:
        husk = Husk.of(data) if standing < _PURGED else Husk.decode(data)
        link.run("INSERT INTO hidden_versions VALUES (?, ?, ?, ?)", (num, hidden, standing, data))
        link.run(
            "UPDATE versions SET record = NULL, standing = ?, data = ? WHERE num = ?",
            (_ERASED, husk.emptied().encode(), num),
        )
    files.hide_refs(link, record, hidden)
    link.run("DELETE FROM delivered WHERE record = ?", (record,))
    link.run("DELETE FROM records WHERE num = ?", (record,))
    return len(rows)


def find_hidden(link: Link, table_num: int, uuid: str) -> int:
    """The number of a hidden record, or 0."""
    return link.number("SELECT num FROM hidden_records WHERE table_num = ? AND uuid = ?", (table_num, uuid))


def unhide(link: Link, hidden: int) -> tuple[int, set[AuthorId]]:
    """Bring a hidden record back. Returns its number and the authors of its versions."""
    link.run(
        "INSERT INTO records (table_num, uuid, flags, waiting) SELECT table_num, uuid, 0, 0 FROM hidden_records"
        " WHERE num = ? ON CONFLICT DO NOTHING",
        (hidden,),
    )
    record = link.number(
        "SELECT records.num FROM records JOIN hidden_records USING (table_num, uuid) WHERE hidden_records.num = ?",
        (hidden,),
    )
    husks = link.rows(
        "SELECT versions.data FROM hidden_versions JOIN versions ON version = versions.num"
        " WHERE hidden_versions.record = ?",
        (hidden,),
    )
    link.run(
        "UPDATE versions SET record = ?1, standing = hidden_versions.standing, data = hidden_versions.data"
        " FROM hidden_versions WHERE version = versions.num AND hidden_versions.record = ?2",
        (record, hidden),
    )
    files.unhide_refs(link, record, hidden)
    _forget_hidden(link, hidden)
    return record, {AuthorId(Husk.decode(data).author) for (data,) in husks}


def destroy(link: Link, hidden: int) -> int:
    """Destroy a hidden record and the files that only it names. Returns how many versions it had."""
    count = link.number("SELECT count(*) FROM hidden_versions WHERE record = ?", (hidden,))
    files.drop_hidden_refs(link, hidden)
    _forget_hidden(link, hidden)
    return count


def _forget_hidden(link: Link, hidden: int) -> None:
    link.run("DELETE FROM hidden_versions WHERE record = ?", (hidden,))
    link.run("DELETE FROM hidden_records WHERE num = ?", (hidden,))


# --- what is absent -------------------------------------------------------------------------------------------------


def absent_rows(link: Link, log: int, start: int, stop: int) -> dict[int, tuple[int, VersionId]]:
    """Row and id of the absent holes of a stretch, by seq."""
    rows = link.rows(
        f"SELECT versions.num - spans.num + spans.start, versions.num, versions.id {IN_SPANS.format(_is(_ABSENT))}",
        (log, start, stop),
    )
    return {seq: (num, VersionId(one)) for seq, num, one in rows}


def deny(link: Link, rows: Iterable[int], device: DeviceId) -> None:
    """A device says that the contents of these holes were erased."""
    link.run_many("INSERT INTO denials VALUES (?, ?) ON CONFLICT DO NOTHING", [(num, device) for num in rows])


def has_absent(link: Link) -> bool:
    """Whether there is an absent hole at all: asked before anything is looked for."""
    return link.row(f"SELECT 1 FROM versions WHERE {_is(_ABSENT)} LIMIT 1") is not None


def wanted(link: Link, peer: DeviceId, *, heeds_denials: bool) -> list[Run]:
    """The absent holes of sealed logs, but for those the peer has said to be erased."""
    if not has_absent(link):
        return []
    sql = (
        "SELECT authors.id, logs.branch, versions.num - spans.num + spans.start AS seq FROM logs"
        " CROSS JOIN authors ON authors.num = logs.author CROSS JOIN spans ON spans.log = logs.num"
        f" CROSS JOIN versions INDEXED BY versions_standing ON {_is(_ABSENT)}"
        " AND versions.num BETWEEN spans.num AND spans.num + spans.count - 1"
        " WHERE seq < logs.sealed"
    )
    bindings: tuple[bytes, ...] = ()
    if heeds_denials:
        sql += " AND NOT EXISTS (SELECT 1 FROM denials WHERE version = versions.num AND device = ?)"
        bindings = (peer,)
    runs: list[Run] = []
    for author, branch, seq in link.rows(f"{sql} ORDER BY authors.id, logs.branch, seq", bindings):
        last = runs[-1] if runs else None
        if last is not None and (last.author, last.branch, last.stop) == (author, branch, seq):
            runs[-1] = last._replace(stop=seq + 1)
        else:
            runs.append(Run(AuthorId(author), branch, seq, seq + 1))
    return runs


# --- counts and stretches -------------------------------------------------------------------------------------------


def gaps_between(link: Link, log: int, start: int, stop: int) -> list[Gap]:
    """The holes of a stretch of a log. Costs as much as there are holes and spans, not versions."""
    rows = link.rows(
        f"SELECT versions.num - spans.num + spans.start AS seq, {STANDING_TOLD} FROM spans"
        " CROSS JOIN versions INDEXED BY versions_standing"
        " ON versions.standing != 0 AND versions.standing IN (2, 3, 4)"
        " AND versions.num BETWEEN spans.num + max(?2 - spans.start, 0)"
        " AND spans.num + min(?3 - spans.start, spans.count) - 1"
        " WHERE spans.log = ?1 AND spans.start < ?3 ORDER BY seq",
        (log, start, stop),
    )
    return gaps_of((seq, kind_of(standing)) for seq, standing in rows)


def holes_of(link: Link, table: str, uuid: str) -> dict[VersionId, HoleKind]:
    """The versions of a record that are holes, by id: purged ones, and those wanted again."""
    rows: list[Row] = link.rows(
        "SELECT id, standing FROM versions WHERE standing >= 2 AND record = (SELECT records.num FROM records"
        " JOIN tables ON tables.num = table_num WHERE name = ? AND uuid = ?)",
        (table, uuid),
    )
    return {VersionId(one): kind_of(standing) for one, standing in rows}


def count_standing(link: Link) -> dict[int, int]:
    """How many versions do not count, by their standing."""
    return dict(link.rows("SELECT standing, count(*) FROM versions WHERE standing != 0 GROUP BY standing"))


def count_denied(link: Link) -> int:
    """How many absent holes some peer has said to be erased."""
    return link.number(
        f"SELECT count(DISTINCT version) FROM denials JOIN versions ON num = version WHERE {_is(_ABSENT)}"
    )


def count_absent_of(link: Link, authors: Iterable[AuthorId], *, heeds_denials: bool) -> int:
    """How many absent holes stand in the logs of these authors; those denied are left out where denials are heeded."""
    sql = (
        "SELECT count(DISTINCT versions.num) FROM logs CROSS JOIN spans ON spans.log = logs.num"
        f" CROSS JOIN versions INDEXED BY versions_standing ON {_is(_ABSENT)}"
        " AND versions.num BETWEEN spans.num AND spans.num + spans.count - 1"
        " WHERE logs.author = (SELECT num FROM authors WHERE id = ?)"
    )
    if heeds_denials:
        sql += " AND NOT EXISTS (SELECT 1 FROM denials WHERE version = versions.num)"
    return sum(link.number(sql, (author,)) for author in authors)


def _is(standing: int) -> str:
    # SQLite takes a partial index only where its condition is said.
    return f"versions.standing != 0 AND versions.standing = {standing}"
