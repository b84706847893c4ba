-- What else is derived of records (states.py): families, what awaits a form, receipts, twins; and when this device
-- itself saw a record at a destination, which is truth of its own.

-- A vacant record is not shown: no strand resides there, or nothing of it is here.
ALTER TABLE records ADD COLUMN is_vacant INTEGER NOT NULL DEFAULT 0;
CREATE INDEX records_vacant ON records (table_num) WHERE is_vacant != 0;

-- Records whose strands are looked at together, because a decision names one that leaves; `family` is one number for
-- all of them.
CREATE TABLE families (
    record INTEGER PRIMARY KEY REFERENCES records ON DELETE CASCADE,
    family INTEGER NOT NULL
) STRICT;
CREATE INDEX families_by_family ON families (family);

-- Forms that have not come, by the records whose versions were written with them.
CREATE TABLE awaited (
    form BLOB NOT NULL,
    record INTEGER NOT NULL REFERENCES records ON DELETE CASCADE,
    PRIMARY KEY (form, record)
) STRICT, WITHOUT ROWID;
CREATE INDEX awaited_by_record ON awaited (record);

-- `body` is the hash of what the destination holds and is shown here.
ALTER TABLE delivered ADD COLUMN body BLOB NOT NULL DEFAULT x'';
ALTER TABLE delivered ADD COLUMN is_receipt INTEGER NOT NULL DEFAULT 0;

-- Authors who wrote a version of the record that has a twin, or stands behind one in a log that forked.
CREATE TABLE twins (
    record INTEGER NOT NULL REFERENCES records ON DELETE CASCADE,
    author BLOB NOT NULL,
    PRIMARY KEY (record, author)
) STRICT, WITHOUT ROWID;
CREATE INDEX logs_forked ON logs (author) WHERE branch > 0;

-- When this device read a delivered record back, in milliseconds since 1970: first, and again a day later (0: not yet).
-- `body` is what was delivered then; of another one nothing is noted yet.
CREATE TABLE read_backs (
    destination BLOB NOT NULL,
    record INTEGER NOT NULL REFERENCES records ON DELETE CASCADE,
    body BLOB NOT NULL,
    first INTEGER NOT NULL,
    again INTEGER NOT NULL,
    PRIMARY KEY (destination, record)
) STRICT, WITHOUT ROWID;
CREATE INDEX read_backs_by_record ON read_backs (record);
CREATE INDEX read_backs_due ON read_backs (destination, record, first) WHERE again = 0;
