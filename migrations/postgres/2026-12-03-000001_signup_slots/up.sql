-- The same change as for SQLite; see there for what the slots are good for.
ALTER TABLE signup_counts ADD COLUMN slot INTEGER NOT NULL DEFAULT 0;
ALTER TABLE signup_counts ALTER COLUMN slot DROP DEFAULT;
ALTER TABLE signup_counts DROP CONSTRAINT signup_counts_pkey, ADD PRIMARY KEY (day, slot);
ALTER TABLE signup_counts SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
UPDATE schema_serves SET oldest = '20261203000001';
