-- Jobs are counted once for each statement. Once for each row, a statement of many rows leaves as many versions of the same
-- count behind, which each row after has to pass by: a hundred thousand jobs in one statement took minutes. The counts change so
-- often all the same that they need room on their page and a vacuum that comes by often.
--
-- With a job go its attempts, many in one statement, too. The foreign key did that one by one, and locked the job's row again for
-- each attempt that was written; whoever writes one has changed the job in the same transaction, so it is there.
DROP TRIGGER job_queue_count_rows ON job_queue;
DROP TRIGGER job_queue_count_status ON job_queue;
CREATE OR REPLACE FUNCTION job_queue_count() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own INTEGER := 0;
    changes job_counts[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        changes := ARRAY(
            SELECT ROW(job_type, status, queue, 0, count(*))::job_counts FROM new_rows GROUP BY job_type, status, queue);
    ELSIF TG_OP = 'DELETE' THEN
        DELETE FROM job_attempts WHERE job_id IN (SELECT id FROM old_rows);
        changes := ARRAY(
            SELECT ROW(job_type, status, queue, 0, -count(*))::job_counts FROM old_rows GROUP BY job_type, status, queue);
    ELSE
        changes := ARRAY(
            SELECT ROW(job_type, status, queue, 0, sum(change))::job_counts
            FROM (SELECT job_type, status, queue, -1 AS change FROM old_rows
                  UNION ALL SELECT job_type, status, queue, 1 FROM new_rows) AS changed
            GROUP BY job_type, status, queue HAVING sum(change) <> 0);
    END IF;
    -- What changes no count takes no slot, either.
    IF cardinality(changes) > 0 THEN
        WHILE NOT pg_try_advisory_xact_lock(7204931, own) LOOP
            own := own + 1;
        END LOOP;
        INSERT INTO job_counts (job_type, status, queue, slot, jobs)
        SELECT job_type, status, queue, own, jobs FROM unnest(changes)
        ON CONFLICT (job_type, status, queue, slot) DO UPDATE SET jobs = job_counts.jobs + excluded.jobs;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER job_queue_count_new AFTER INSERT ON job_queue REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION job_queue_count();
CREATE TRIGGER job_queue_count_changed AFTER UPDATE ON job_queue REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION job_queue_count();
CREATE TRIGGER job_queue_count_gone AFTER DELETE ON job_queue REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION job_queue_count();
ALTER TABLE job_attempts DROP CONSTRAINT job_attempts_job_id_fkey;
ALTER TABLE job_counts SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- In one direction, so that one comparison of rows says where a claim begins (models/jobs/ground.rs).
DROP INDEX job_queue_claim;
CREATE INDEX job_queue_claim ON job_queue (queue, (-priority::bigint), scheduled_at, id) WHERE claimable;

-- With the id, in whose order the jobs of a user are listed. SQLite's has it of itself.
DROP INDEX job_queue_user;
CREATE INDEX job_queue_user ON job_queue (user_id, id) WHERE user_id IS NOT NULL;

-- Each job is written three times, so that what is dead soon is more than what lives.
ALTER TABLE job_queue SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000,
    autovacuum_analyze_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 1);
