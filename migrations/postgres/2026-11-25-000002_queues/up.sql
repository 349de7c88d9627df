-- The same changes as for SQLite; see there for what they mean.
CREATE TABLE queues (
    name TEXT NOT NULL PRIMARY KEY,
    paused BOOLEAN NOT NULL
);

DROP INDEX job_queue_claim;
CREATE INDEX job_queue_claim ON job_queue (queue, priority DESC, scheduled_at, id) WHERE claimable;

DROP TABLE job_counts;
CREATE TABLE job_counts (
    job_type TEXT NOT NULL,
    status TEXT NOT NULL,
    queue TEXT NOT NULL,
    slot INTEGER NOT NULL,
    jobs BIGINT NOT NULL,
    PRIMARY KEY (job_type, status, queue, slot)
);
INSERT INTO job_counts (job_type, status, queue, slot, jobs)
SELECT job_type, status, queue, 0, count(*) FROM job_queue GROUP BY job_type, status, queue;
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
