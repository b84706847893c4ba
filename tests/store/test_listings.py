"""Lists find, narrow, sort and page as a plain loop over all records would, and keep no word of what is gone."""

import random
from collections import Counter

from edenmesh.core.records import RETRACT, Flag
from edenmesh.store import LABEL, Found, Key, Listed, Search, Store
from tests.store.making import Author, Team, add_parts

TABLE = "pr_person"
WORDS = ("amina", "amin", "bo", "north", "öreby", "Öreby", "47-11", "water", "clinic")
ORDERS = (LABEL, "size", "place")


class Model:
    """What is listed, and a search of it by the shortest way."""

    def __init__(self) -> None:
        self.listed: dict[int, Listed] = {}
        self.deleted: set[int] = set()
        self.uuids: dict[int, str] = {}

    def search(self, search: Search, limit: int, offset: int) -> tuple[list[str], int]:
        fitting = [one for one in self.listed.values() if self.fits(one, search)]
        fitting.sort(
            key=lambda one: (*_ranked(one.keys.get(search.order, "")), one.record), reverse=search.is_descending
        )
        return [self.uuids[one.record] for one in fitting[offset : offset + limit]], len(fitting)

    def fits(self, one: Listed, search: Search) -> bool:
        words = [part for word in one.words.split() for part in _parts(word)]
        return (
            (search.with_deleted or one.record not in self.deleted)
            and (not search.flags & Flag.DELETED or one.record in self.deleted)
            and all(any(word.startswith(part) for word in words) for wanted in search.words for part in _parts(wanted))
            and all(one.keys.get(name, "") == key for name, key in search.having.items())
        )


def test_a_search_is_that_of_a_plain_loop(store: Store, team: Team) -> None:
    chance = random.Random(7)
    work: Counter[str] = Counter()
    model = Model()
    author = _fill(store, team, model, 60)
    for _ in range(12):
        _touch(store, author, model, chance)
        work["taken out"] += store.listings.count_unlisted(TABLE)
        _list_all(store, model, chance)
        with store.change() as change:
            for field in chance.sample(ORDERS, 2):
                change.keep_order(TABLE, field)
        for _ in range(25):
            search = _some_search(store, chance)
            limit, offset = chance.choice([(5, 0), (7, 7), (100, 0)])
            found = store.listings.search(TABLE, search, limit=limit, offset=offset)
            assert ([row.uuid for row in found.rows], found.total) == model.search(search, limit, offset), search
            assert found.unlisted == 0
            work.update(_kinds(search, found))
    assert all(work[kind] >= 30 for kind in ("found", "none", "words", "having", "paged", "descending")), work
    assert work["taken out"] >= 40, work


def test_what_changed_is_out_of_the_list_until_it_is_listed_anew(store: Store, team: Team) -> None:
    model = Model()
    author = _fill(store, team, model, 3)
    _list_all(store, model, random.Random(1))
    with store.change() as change:
        change.keep_order(TABLE, LABEL)
    assert store.listings.search(TABLE, Search(), limit=10).total == 3
    author.write(author.versions[0].version.uuid, {"name": "new"}, table=TABLE, parents=[author.versions[0].id])
    add_parts(store, author.parts())
    found = store.listings.search(TABLE, Search(), limit=10)
    assert (found.total, found.unlisted) == (2, 1)
    assert [row.table for row in store.listings.unlisted(limit=5)[1]] == [TABLE]


def test_no_word_stays_behind_of_what_is_taken_out(store: Store, team: Team) -> None:
    model = Model()
    author = _fill(store, team, model, 40)
    nums = sorted(model.uuids)
    with store.change() as change:
        change.keep_order(TABLE, "place")
        change.put_listed(nums, [Listed(num, "everybody secretword", {"place": "secretword"}) for num in nums])
    assert _pages_with(store, "secretword")
    for version in author.versions[:40]:
        author.write(version.version.uuid, {"name": "gone"}, table=TABLE, parents=[version.id])
    add_parts(store, author.parts())
    assert store.listings.count_unlisted(TABLE) == 40
    assert not _pages_with(store, "secretword")


def test_a_table_is_listed_anew_as_a_whole(store: Store, team: Team) -> None:
    model = Model()
    _fill(store, team, model, 5)
    _list_all(store, model, random.Random(1))
    with store.change() as change:
        change.unlist_table("no_such_table")
        assert store.listings.count_unlisted(TABLE) == 0
        change.unlist_table(TABLE)
    assert store.listings.count_unlisted(TABLE) == 5


def test_a_field_that_no_path_can_name_is_not_kept_in_order(store: Store, team: Team) -> None:
    _fill(store, team, Model(), 1)
    with store.change() as change:
        assert not change.keep_order(TABLE, 'a"b')
        assert not change.keep_order(TABLE, "a\\b")
        assert change.keep_order(TABLE, "with space.and[dot]")
    assert store.listings.has_order(TABLE, "with space.and[dot]")


def _fill(store: Store, team: Team, model: Model, count: int) -> Author:
    author = team.authors[1]
    for number in range(count):
        author.write(f"u{number:03d}", {"name": "x"}, table=TABLE)
    add_parts(store, author.parts())
    model.uuids = {row.num: row.uuid for row in store.records.page(TABLE, limit=1000)}
    assert len(model.uuids) == count
    return author


def _touch(store: Store, author: Author, model: Model, chance: random.Random) -> None:
    """Some records change, some are deleted."""
    for num, uuid in chance.sample(sorted(model.uuids.items()), 10):
        heads = [one.id for one in author.versions if one.version.uuid == uuid][-1:]
        if chance.random() < 0.3:
            author.write(uuid, {}, op=RETRACT, table=TABLE, parents=heads)
            model.deleted.add(num)
        elif num not in model.deleted:
            author.write(uuid, {"name": "y"}, table=TABLE, parents=heads)
    add_parts(store, author.parts())


def _list_all(store: Store, model: Model, chance: random.Random) -> None:
    while nums := store.listings.unlisted(limit=7)[0]:
        listed: list[Listed] = []
        for num in nums:
            keys: dict[str, Key] = {LABEL: chance.choice(WORDS)}
            if chance.random() < 0.7:
                keys["size"] = chance.choice([1, 2, 10, 2.5])
            if chance.random() < 0.7:
                keys["place"] = chance.choice(["north", "south", "3"])
            listed.append(Listed(num, " ".join(chance.sample(WORDS, 3)), keys))
        with store.change() as change:
            change.put_listed(nums, listed)
        model.listed.update({one.record: one for one in listed})


def _some_search(store: Store, chance: random.Random) -> Search:
    kept = [field for field in ORDERS if store.listings.has_order(TABLE, field)]
    having: dict[str, Key] = {}
    if "place" in kept and chance.random() < 0.4:
        having["place"] = chance.choice(["north", "south", "3", "nowhere"])
    if "size" in kept and chance.random() < 0.2:
        having["size"] = chance.choice([1, 2.5])
    words = chance.sample(("am", "amina", "b", "wat", "clinic", "ore", "47-1", "nobody"), chance.choice([0, 0, 1, 2]))
    return Search(
        words=tuple(words),
        having=having,
        flags=Flag.DELETED if chance.random() < 0.1 else Flag(0),
        order=chance.choice(kept),
        is_descending=chance.random() < 0.4,
        with_deleted=chance.random() < 0.3,
    )


def _kinds(search: Search, found: Found) -> list[str]:
    kinds = ["found" if found.rows else "none", "paged" if found.total > len(found.rows) else "whole"]
    return [
        *kinds,
        *(["words"] if search.words and found.rows else []),
        *(["having"] if search.having and found.rows else []),
        *(["descending"] if search.is_descending and found.rows else []),
    ]


def _ranked(key: Key) -> tuple[bool, Key]:
    """SQLite sorts numbers before texts."""
    return isinstance(key, str), key


def _parts(word: str) -> list[str]:
    """The words of a text as they are indexed: without marks and case, apart where a sign stands."""
    return word.casefold().replace("ö", "o").split("-")


def _pages_with(store: Store, word: str) -> int:
    """How many rows of the index of words and of the lists hold a word."""
    link = store._database.writer
    tables = ("listed_words_data", "listings", "sorted")
    rows = [row for table in tables for row in link.rows(f"SELECT * FROM {table}")]
    cells = [cell.encode() if isinstance(cell, str) else cell for row in rows for cell in row]
    return sum(word.encode() in cell for cell in cells if isinstance(cell, bytes))
