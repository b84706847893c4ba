"""What a person is shown of deletions: what would go, what is gone, what is about to go, and what was asked for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PurgeView:
    """One record that may be purged. `receipts` are the servers known to hold it as it is shown, `warnings` in words.

    `is_received` says that nothing speaks against a purge; `is_only_copy` that no other member is known to hold all of
    it: then no purge gives it up.
    """

    table: str
    uuid: str
    label: str
    versions: int
    size_bytes: int
    receipts: tuple[str, ...]
    warnings: tuple[str, ...]
    is_received: bool
    is_only_copy: bool


@dataclass(frozen=True, slots=True)
class PurgeResult:
    """What a purge removed; `kept` are those it did not give up, as no other member is known to hold all of them."""

    records: int
    versions: int
    size_bytes: int
    kept: tuple[PurgeView, ...] = ()


@dataclass(frozen=True, slots=True)
class PurgedView:
    """A record purged here: when (milliseconds since 1970, 0 unknown), by a rule or by a person.

    `has_newer` says that somebody changed it since: that change is kept and passed on, and shown once the rest is back.
    """

    table: str
    uuid: str
    purged_ms: int
    is_automatic: bool
    versions: int
    has_newer: bool


@dataclass(frozen=True, slots=True)
class RetractedView:
    """A record deleted for all, which can be brought back for all; by whom, and when their clock said."""

    table: str
    uuid: str
    label: str
    by: tuple[str, ...]
    made_ms: int


@dataclass(frozen=True, slots=True)
class ErasureView:
    """An erasure in force.

    `left_seconds` is how long this device has to run until it destroys what is hidden here; 0 where it has. `hidden`
    are records that are hidden here and not destroyed. `heard` are devices that are known here to have heard, as a
    session with them ended with equal charters since; of `not_known` this device cannot tell.
    """

    entry: str
    by: str
    is_confirmed: bool
    left_seconds: float
    hidden: tuple[tuple[str, str], ...]
    heard: tuple[str, ...]
    not_known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskedView:
    """What somebody asks to be erased. `records` are those of them that are here; `is_met` once a steward erased it."""

    entry: str
    by: str
    why: str
    records: tuple[tuple[str, str, str], ...]
    is_met: bool


@dataclass(frozen=True, slots=True)
class BinView:
    """Everything that was deleted, as this device knows it. `wanted` versions were asked for again and have not come.

    Lists have at most so many as were asked for; `purged_after` is where the next page of purged ones begins, 0: none.
    """

    purged: tuple[PurgedView, ...]
    purged_after: int
    wanted: int
    retracted: tuple[RetractedView, ...]
    erasures: tuple[ErasureView, ...]
    asked: tuple[AskedView, ...]


@dataclass(frozen=True, slots=True)
class RuleView:
    """When records of a table are purged here by themselves: by age here, or by what they take; 0 for no bound.

    `receipts` is how many receipts one needs, each by another gateway or from another server.
    """

    table: str
    after_days: int
    space_mb: int
    receipts: int
