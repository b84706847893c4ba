-- Lists: words by which records are found, and keys by which they are sorted. Derived (listings.py) in quiet moments;
-- a record that stands in `unlisted` is not in them now.

CREATE TABLE unlisted (
    record INTEGER PRIMARY KEY REFERENCES records ON DELETE CASCADE
) STRICT;
INSERT INTO unlisted SELECT num FROM records;

-- `keys` is a JSON object: the key by which the record is sorted, for each field.
CREATE TABLE listings (
    record INTEGER PRIMARY KEY REFERENCES records ON DELETE CASCADE,
    table_num INTEGER NOT NULL,
    words TEXT NOT NULL,
    keys TEXT NOT NULL
) STRICT;

CREATE VIRTUAL TABLE listed_words USING fts5 (
    words, content = 'listings', content_rowid = 'record', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
-- What was erased must not stay behind in an index of its words.
INSERT INTO listed_words (listed_words, rank) VALUES ('secure-delete', 1);

-- Orders by which somebody has sorted, and the keys of all listed records in them: made when first asked for.
CREATE TABLE orders (
    num INTEGER PRIMARY KEY,
    table_num INTEGER NOT NULL,
    field TEXT NOT NULL,
    path TEXT NOT NULL    -- of the field in `keys`
) STRICT;
CREATE UNIQUE INDEX orders_by_field ON orders (table_num, field);
CREATE TABLE sorted (
    order_num INTEGER NOT NULL REFERENCES orders ON DELETE CASCADE,
    key ANY NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (order_num, key, record)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER listings_come AFTER INSERT ON listings BEGIN
    INSERT INTO listed_words (rowid, words) VALUES (new.record, new.words);
    INSERT INTO sorted SELECT num, coalesce(new.keys ->> path, ''), new.record FROM orders
        WHERE table_num = new.table_num;
END;
CREATE TRIGGER listings_go AFTER DELETE ON listings BEGIN
    INSERT INTO listed_words (listed_words, rowid, words) VALUES ('delete', old.record, old.words);
    DELETE FROM sorted WHERE (order_num, key, record) IN (
        SELECT num, coalesce(old.keys ->> path, ''), old.record FROM orders WHERE table_num = old.table_num
    );
END;
