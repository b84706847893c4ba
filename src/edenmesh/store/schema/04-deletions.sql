-- Deletions: what a person or a rule purged here, when things came, and how far erasures in force have come.

-- Records purged on this device; times in milliseconds since 1970. `fetched_at` is when it was wanted again, else 0.
CREATE TABLE purges (
    record INTEGER PRIMARY KEY REFERENCES records ON DELETE CASCADE,
    purged_at INTEGER NOT NULL,
    is_automatic INTEGER NOT NULL,
    fetched_at INTEGER NOT NULL
) STRICT;

-- All versions up to this row had come at that time, in milliseconds since 1970.
CREATE TABLE arrivals (
    version INTEGER PRIMARY KEY,
    seen_at INTEGER NOT NULL
) STRICT;

-- Erasures of the charter as far as they are carried out here: for how many milliseconds this device has run since it
-- heard, and `stage`: 0 hidden, 1 destroyed, 2 destroyed and no copy left in the write-ahead log.
CREATE TABLE erasures (
    entry BLOB PRIMARY KEY,
    ran INTEGER NOT NULL,
    stage INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Devices with which a session ended with equal charters since: they have heard of the erasure.
CREATE TABLE heard (
    entry BLOB NOT NULL REFERENCES erasures ON DELETE CASCADE,
    device BLOB NOT NULL,
    PRIMARY KEY (entry, device)
) STRICT, WITHOUT ROWID;
