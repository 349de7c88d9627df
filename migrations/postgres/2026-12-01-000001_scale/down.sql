ALTER TABLE job_queue RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, autovacuum_analyze_scale_factor,
    autovacuum_vacuum_cost_delay);
DROP INDEX job_queue_claim;
CREATE INDEX job_queue_claim ON job_queue (queue, priority DESC, scheduled_at, id) WHERE claimable;
ALTER TABLE job_counts RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
ALTER TABLE job_attempts ADD CONSTRAINT job_attempts_job_id_fkey FOREIGN KEY (job_id) REFERENCES job_queue (id) ON DELETE CASCADE;
DROP INDEX job_queue_user;
CREATE INDEX job_queue_user ON job_queue (user_id) WHERE user_id IS NOT NULL;
DROP TRIGGER job_queue_count_new ON job_queue;
DROP TRIGGER job_queue_count_changed ON job_queue;
DROP TRIGGER job_queue_count_gone ON job_queue;
CREATE OR REPLACE FUNCTION job_queue_count() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own INTEGER := 0;
BEGIN
    WHILE NOT pg_try_advisory_xact_lock(7204931, own) LOOP
        own := own + 1;
    END LOOP;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO job_counts (job_type, status, queue, slot, jobs) VALUES (old.job_type, old.status, old.queue, own, -1)
        ON CONFLICT (job_type, status, queue, slot) DO UPDATE SET jobs = job_counts.jobs - 1;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO job_counts (job_type, status, queue, slot, jobs) VALUES (new.job_type, new.status, new.queue, own, 1)
        ON CONFLICT (job_type, status, queue, slot) DO UPDATE SET jobs = job_counts.jobs + 1;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER job_queue_count_rows AFTER INSERT OR DELETE ON job_queue FOR EACH ROW EXECUTE FUNCTION job_queue_count();
CREATE TRIGGER job_queue_count_status AFTER UPDATE OF status ON job_queue FOR EACH ROW
    WHEN (old.status IS DISTINCT FROM new.status) EXECUTE FUNCTION job_queue_count();
