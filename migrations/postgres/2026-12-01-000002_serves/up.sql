-- The same table as for SQLite; see there for what it is good for.
CREATE TABLE schema_serves (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    oldest TEXT NOT NULL
);
INSERT INTO schema_serves (id, oldest) VALUES (1, '20261201000002');
