-- Records of which a destination has gone back, nobody having said yet what that means. Derived (states.py).
CREATE TABLE questions (
    destination BLOB NOT NULL,
    record INTEGER NOT NULL REFERENCES records ON DELETE CASCADE,
    PRIMARY KEY (destination, record)
) STRICT, WITHOUT ROWID;
CREATE INDEX questions_by_record ON questions (record);
