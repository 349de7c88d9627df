-- Which binaries may work on this schema while newer ones do: those that know this migration, or a later one. A migration
-- that takes away what they need (the second half of "expand, then contract") sets it to the one that made it superfluous.
CREATE TABLE schema_serves (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    oldest TEXT NOT NULL
);
INSERT INTO schema_serves (id, oldest) VALUES (1, '20261201000002');
