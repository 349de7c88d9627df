-- The same change as for SQLite; see there for what it is good for.
CREATE TABLE job_leases (
    lease BIGINT NOT NULL PRIMARY KEY,
    ends_at TIMESTAMP NOT NULL
);
-- Few rows that come and go all the time.
ALTER TABLE job_leases SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
INSERT INTO job_leases (lease, ends_at)
SELECT lease, max(wake_at) FROM job_queue WHERE wake_at IS NOT NULL AND lease IS NOT NULL GROUP BY lease;
UPDATE job_queue SET wake_at = NULL WHERE wake_at IS NOT NULL AND lease IS NOT NULL;
UPDATE schema_serves SET oldest = '20261204000001';
