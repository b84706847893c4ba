-- The two sets that travel, the charter and the versions, and what this device notes for itself.
-- Every table but `records.flags`, `records.waiting`, `versions.standing` and `delivered` is truth; those four are
-- derived from it (states.py, standing.py) and can be computed again at any time.

-- Named values of this device alone: its keys, its mesh's secrets, settings.
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Names of Eden's tables, so that a record stores a number.
CREATE TABLE tables (
    num INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE records (
    num INTEGER PRIMARY KEY,
    table_num INTEGER NOT NULL REFERENCES tables,
    uuid TEXT NOT NULL,
    flags INTEGER NOT NULL,    -- core.records.Flag, derived
    waiting INTEGER NOT NULL   -- versions that wait for an ancestor, derived
) STRICT;
CREATE UNIQUE INDEX records_by_name ON records (table_num, uuid);
CREATE INDEX records_by_table ON records (table_num);
CREATE INDEX records_flagged ON records (table_num, flags, waiting) WHERE flags != 0;

-- Immutable, but for `standing`: 0 counts, 1 is quarantined.
CREATE TABLE versions (
    num INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    record INTEGER NOT NULL REFERENCES records,
    standing INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;
CREATE INDEX versions_by_record ON versions (record);
CREATE INDEX versions_quarantined ON versions (record) WHERE standing != 0;

CREATE TABLE authors (
    num INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE
) STRICT;

-- One row for each branch of an author's log; the seal at `sealed` is always kept. `is_ours` while nobody but this
-- store is known to have written with this author's key.
CREATE TABLE logs (
    num INTEGER PRIMARY KEY,
    author INTEGER NOT NULL REFERENCES authors,
    branch INTEGER NOT NULL,
    size INTEGER NOT NULL,
    sealed INTEGER NOT NULL,
    is_ours INTEGER NOT NULL,
    UNIQUE (author, branch)
) STRICT;

-- Where a log's versions stand: `count` of them, from seq `start` on, are the rows `num` and following of `versions`.
-- Forks of one log share rows.
CREATE TABLE spans (
    log INTEGER NOT NULL REFERENCES logs,
    start INTEGER NOT NULL,
    num INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (log, start)
) STRICT, WITHOUT ROWID;

-- `frontier` is the tree over the first `size` ids; `span_bytes` counts the bytes of the versions since the seal before.
CREATE TABLE seals (
    log INTEGER NOT NULL REFERENCES logs,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    signature BLOB NOT NULL,
    frontier BLOB NOT NULL,
    span_bytes INTEGER NOT NULL,
    PRIMARY KEY (log, size)
) STRICT, WITHOUT ROWID;

CREATE TABLE charter (
    id BLOB PRIMARY KEY,
    data BLOB NOT NULL
) STRICT;

CREATE TABLE forms (
    hash BLOB PRIMARY KEY,
    data BLOB NOT NULL
) STRICT;

-- A file as versions name it; `have` bytes from its beginning are here, `is_whole` once its hash was seen to hold.
CREATE TABLE files (
    num INTEGER PRIMARY KEY,
    hash BLOB NOT NULL,
    size INTEGER NOT NULL,
    have INTEGER NOT NULL,
    is_whole INTEGER NOT NULL,
    UNIQUE (hash, size)
) STRICT;
CREATE INDEX files_wanted ON files (hash) WHERE is_whole = 0;

CREATE TABLE file_chunks (
    file INTEGER NOT NULL REFERENCES files,
    start INTEGER NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (file, start)
) STRICT;

CREATE TABLE file_refs (
    file INTEGER NOT NULL REFERENCES files,
    record INTEGER NOT NULL REFERENCES records,
    PRIMARY KEY (file, record)
) STRICT, WITHOUT ROWID;

-- Records that a destination was last seen to hold as they are shown here; derived.
CREATE TABLE delivered (
    destination BLOB NOT NULL,
    record INTEGER NOT NULL REFERENCES records,
    PRIMARY KEY (destination, record)
) STRICT, WITHOUT ROWID;

CREATE TABLE peers (
    device BLOB PRIMARY KEY,
    data BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE destinations (
    id BLOB PRIMARY KEY,
    data BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The last tally of a session with each peer.
CREATE TABLE tallies (
    device BLOB PRIMARY KEY,
    data BLOB NOT NULL
) STRICT, WITHOUT ROWID;
