-- What the processes on this database, and nobody else, know: the key of the tokens for following one job.
CREATE TABLE secrets (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    follow_key TEXT NOT NULL
);
INSERT INTO secrets (id, follow_key) VALUES (1, lower(hex(randomblob(32))));
