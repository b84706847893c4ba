-- Holes: versions whose id is known and whose content is not here; and the guest pen.
-- `standing`: 0 counts, 1 quarantined, 2 purged, 3 erased, 4 absent. From 2 on the row is a hole: `data` is a husk
-- (store/holes.py) or empty, `record` is unknown where the content never was here or was erased.

CREATE TABLE versions_new (
    num INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    record INTEGER REFERENCES records,
    standing INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;
INSERT INTO versions_new SELECT num, id, record, standing, data FROM versions ORDER BY num;
DROP TABLE versions;
ALTER TABLE versions_new RENAME TO versions;
CREATE INDEX versions_by_record ON versions (record);
CREATE INDEX versions_standing ON versions (standing) WHERE standing != 0;

-- A peer says that the content of a hole was erased: it is not asked for it again.
CREATE TABLE denials (
    version INTEGER NOT NULL REFERENCES versions,
    device BLOB NOT NULL,
    PRIMARY KEY (version, device)
) STRICT, WITHOUT ROWID;

-- What an erasure in force has hidden and nobody has destroyed yet: as it was, apart from everything that is shown.
CREATE TABLE hidden_records (
    num INTEGER PRIMARY KEY,
    table_num INTEGER NOT NULL REFERENCES tables,
    uuid TEXT NOT NULL,
    UNIQUE (table_num, uuid)
) STRICT;

CREATE TABLE hidden_versions (
    version INTEGER PRIMARY KEY REFERENCES versions,
    record INTEGER NOT NULL REFERENCES hidden_records,
    standing INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;
CREATE INDEX hidden_versions_by_record ON hidden_versions (record);

CREATE TABLE hidden_refs (
    record INTEGER NOT NULL REFERENCES hidden_records,
    file INTEGER NOT NULL REFERENCES files,
    PRIMARY KEY (record, file)
) STRICT, WITHOUT ROWID;
CREATE INDEX hidden_refs_by_file ON hidden_refs (file);

-- A file that only hidden records name is neither given nor asked for.
ALTER TABLE files ADD COLUMN is_hidden INTEGER NOT NULL DEFAULT 0;
CREATE INDEX file_refs_by_record ON file_refs (record);
CREATE INDEX delivered_by_record ON delivered (record);

-- Parts of logs of authors that no charter entry names; `device` brought it. `data` is an array of versions.
CREATE TABLE pen (
    author BLOB NOT NULL,
    start INTEGER NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    signature BLOB NOT NULL,
    frontier BLOB NOT NULL,
    device BLOB NOT NULL,
    size_bytes INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (author, start)
) STRICT;
