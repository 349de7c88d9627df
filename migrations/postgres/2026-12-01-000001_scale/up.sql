-- Counts are kept by statement and no more by row: a claim or a finish of hundreds of jobs then changes two counts once. The
-- rows of job_counts change so often that they need room on their page and a vacuum that comes by often.
DROP TRIGGER job_queue_count_rows ON job_queue;
DROP TRIGGER job_queue_count_status ON job_queue;
DROP FUNCTION job_queue_count;

-- Adds to the counts, in a slot that no other transaction has until this one ends.
CREATE FUNCTION job_counts_add(job_type TEXT, status TEXT, queue TEXT, jobs BIGINT) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    own INTEGER := 0;
BEGIN
    WHILE NOT pg_try_advisory_xact_lock(7204931, own) LOOP
        own := own + 1;
    END LOOP;
    INSERT INTO job_counts AS c VALUES (job_type, status, queue, own, jobs)
    ON CONFLICT ON CONSTRAINT job_counts_pkey DO UPDATE SET jobs = c.jobs + excluded.jobs;
END
$$;

CREATE FUNCTION job_queue_count_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM job_counts_add(job_type, status, queue, count(*)) FROM new_rows GROUP BY job_type, status, queue;
    RETURN NULL;
END
$$;
-- With a job go its attempts, many in one statement. The foreign key did that one by one, and locked the job's row again for each
-- attempt that was written; whoever writes one has changed the job in the same transaction, so it is there.
ALTER TABLE job_attempts DROP CONSTRAINT job_attempts_job_id_fkey;
CREATE FUNCTION job_queue_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM job_attempts WHERE job_id IN (SELECT id FROM old_rows);
    PERFORM job_counts_add(job_type, status, queue, -count(*)) FROM old_rows GROUP BY job_type, status, queue;
    RETURN NULL;
END
$$;
CREATE FUNCTION job_queue_count_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM job_counts_add(job_type, status, queue, sum(jobs)::bigint) FROM (
        SELECT job_type, status, queue, count(*) AS jobs FROM new_rows GROUP BY job_type, status, queue
        UNION ALL
        SELECT job_type, status, queue, -count(*) FROM old_rows GROUP BY job_type, status, queue
    ) AS changes GROUP BY job_type, status, queue HAVING sum(jobs) <> 0;
    RETURN NULL;
END
$$;
CREATE TRIGGER job_queue_count_new AFTER INSERT ON job_queue
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION job_queue_count_new();
CREATE TRIGGER job_queue_gone AFTER DELETE ON job_queue
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION job_queue_gone();
CREATE TRIGGER job_queue_count_changed AFTER UPDATE ON job_queue
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION job_queue_count_changed();

ALTER TABLE job_counts SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- In one direction, so that one comparison of rows says where a claim begins (models/jobs/ground.rs).
DROP INDEX job_queue_claim;
CREATE INDEX job_queue_claim ON job_queue (queue, (-priority::bigint), scheduled_at, id) WHERE claimable;

-- Each job is written three times, so that what is dead soon is more than what lives.
ALTER TABLE job_queue SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000,
    autovacuum_analyze_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 1);
