DELETE FROM job_counts;
ALTER TABLE job_counts DROP CONSTRAINT job_counts_pkey;
ALTER TABLE job_counts DROP COLUMN queue;
ALTER TABLE job_counts ADD PRIMARY KEY (job_type, status, slot);
INSERT INTO job_counts (job_type, status, slot, jobs)
SELECT job_type, status, 0, count(*) FROM job_queue GROUP BY job_type, status;
CREATE OR REPLACE FUNCTION job_queue_count() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own INTEGER := 0;
BEGIN
    WHILE NOT pg_try_advisory_xact_lock(7204931, own) LOOP
        own := own + 1;
    END LOOP;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO job_counts (job_type, status, slot, jobs) VALUES (old.job_type, old.status, own, -1)
        ON CONFLICT (job_type, status, slot) DO UPDATE SET jobs = job_counts.jobs - 1;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO job_counts (job_type, status, slot, jobs) VALUES (new.job_type, new.status, own, 1)
        ON CONFLICT (job_type, status, slot) DO UPDATE SET jobs = job_counts.jobs + 1;
    END IF;
    RETURN NULL;
END
$$;
DROP INDEX job_queue_claim;
CREATE INDEX job_queue_claim ON job_queue (priority DESC, scheduled_at, id) WHERE claimable;
DROP TABLE queues;
