-- Until when a claim holds its jobs: one row for each claim, in place of a time in each job's row, which every claim, heartbeat
-- and end of a job would write anew with its entry in an index. A running job whose lease is not here has lost its worker.
CREATE TABLE job_leases (
    -- As in the rows of the jobs.
    lease BIGINT NOT NULL PRIMARY KEY,
    -- Unless it is extended.
    ends_at TIMESTAMP NOT NULL
) WITHOUT ROWID;
INSERT INTO job_leases (lease, ends_at)
SELECT lease, max(wake_at) FROM job_queue WHERE wake_at IS NOT NULL AND lease IS NOT NULL GROUP BY lease;
-- From now on the due time of a waiting row alone.
UPDATE job_queue SET wake_at = NULL WHERE wake_at IS NOT NULL AND lease IS NOT NULL;
-- Older binaries would take these jobs for ones that never lose their worker.
UPDATE schema_serves SET oldest = '20261204000001';
