-- What guests give: of how many versions of a part in the pen the content was given, and the forms these were written with.
ALTER TABLE pen ADD COLUMN contents INTEGER NOT NULL DEFAULT 0;
UPDATE pen SET contents = size - start;

-- Forms that guests gave; they come into force with the first version in the pen that names them and is accepted.
CREATE TABLE pen_forms (
    hash BLOB PRIMARY KEY,
    device BLOB NOT NULL,
    size_bytes INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;
