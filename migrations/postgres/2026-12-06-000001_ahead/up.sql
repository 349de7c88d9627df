-- What a claim holds beyond the jobs that start at once, in one row for all of them: their own rows are written when one runs for
-- longer, or ends, and not by the claim as well. PostgreSQL has this table alone, for which a row that is written costs most.
CREATE TABLE jobs_ahead (
    lease BIGINT NOT NULL PRIMARY KEY REFERENCES job_leases (lease) ON DELETE CASCADE,
    worker TEXT NOT NULL,
    claimed_at TIMESTAMP NOT NULL,
    jobs BIGINT[] NOT NULL
);
-- They live for some milliseconds, for which there is no point in compressing them.
ALTER TABLE jobs_ahead ALTER COLUMN jobs SET STORAGE EXTERNAL;
-- Few rows that come and go all the time.
ALTER TABLE jobs_ahead SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
    toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 5000);
-- Older binaries would claim what others hold so.
UPDATE schema_serves SET oldest = '20261206000001';
