-- A day's count is the sum of its slots. SQLite uses one; on PostgreSQL transactions count beside each other, where on one row
-- each would wait for the commit of the one before. Older binaries count on a row a day, which is no longer unique.
CREATE TABLE signup_slots (
    day TEXT NOT NULL,
    signups BIGINT NOT NULL,
    slot INTEGER NOT NULL,
    PRIMARY KEY (day, slot)
);
INSERT INTO signup_slots (day, signups, slot) SELECT day, signups, 0 FROM signup_counts;
DROP TABLE signup_counts;
ALTER TABLE signup_slots RENAME TO signup_counts;
UPDATE schema_serves SET oldest = '20261203000001';
