-- Nearly every change of many is that a job has completed, and an entry in the index of versions for each was a twelfth of what a job
-- costs. What has completed with one version is one row here instead, whoever writes it. None is put in as completed but by a move from
-- another database, which lists them itself. Who is far behind is not told of changes one by one (models/jobs/events.rs), so old rows go.
LOCK TABLE job_queue;
CREATE TABLE job_ends (version BIGINT NOT NULL PRIMARY KEY, jobs BIGINT[] NOT NULL);
-- They are read whole, soon or never.
ALTER TABLE job_ends ALTER COLUMN jobs SET STORAGE EXTERNAL;
INSERT INTO job_ends (version, jobs)
SELECT version, array_agg(id) FROM job_queue
WHERE status = 'completed' AND version >= (SELECT last_value - 10000 FROM job_versions) GROUP BY version;
DROP INDEX job_queue_version;
CREATE INDEX job_queue_version ON job_queue (version, id) WITH (deduplicate_items = off) WHERE status <> 'completed';
CREATE FUNCTION job_queue_list_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO job_ends (version, jobs)
    SELECT version, array_agg(id) FROM new_rows WHERE status = 'completed' GROUP BY version
    ON CONFLICT (version) DO UPDATE SET jobs = job_ends.jobs || excluded.jobs;
    RETURN NULL;
END
$$;
CREATE TRIGGER job_queue_ends AFTER UPDATE ON job_queue REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION job_queue_list_ends();
