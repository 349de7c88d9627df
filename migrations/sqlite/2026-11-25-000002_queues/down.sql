DROP TRIGGER job_queue_count_insert;
DROP TRIGGER job_queue_count_update;
DROP TRIGGER job_queue_count_delete;
DROP TABLE job_counts;
CREATE TABLE job_counts (
    job_type TEXT NOT NULL,
    status TEXT NOT NULL,
    -- PostgreSQL spreads a count over several rows, so that transactions don't wait for each other; SQLite has slot 0.
    slot INTEGER NOT NULL,
    jobs BIGINT NOT NULL,
    PRIMARY KEY (job_type, status, slot)
) WITHOUT ROWID;
CREATE TRIGGER job_queue_count_insert AFTER INSERT ON job_queue BEGIN
    INSERT INTO job_counts (job_type, status, slot, jobs) VALUES (new.job_type, new.status, 0, 1)
    ON CONFLICT (job_type, status, slot) DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER job_queue_count_update AFTER UPDATE OF status ON job_queue WHEN old.status <> new.status BEGIN
    UPDATE job_counts SET jobs = jobs - 1 WHERE job_type = old.job_type AND status = old.status AND slot = 0;
    INSERT INTO job_counts (job_type, status, slot, jobs) VALUES (new.job_type, new.status, 0, 1)
    ON CONFLICT (job_type, status, slot) DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER job_queue_count_delete AFTER DELETE ON job_queue BEGIN
    UPDATE job_counts SET jobs = jobs - 1 WHERE job_type = old.job_type AND status = old.status AND slot = 0;
END;
INSERT INTO job_counts (job_type, status, slot, jobs)
SELECT job_type, status, 0, count(*) FROM job_queue GROUP BY job_type, status;
DROP INDEX job_queue_claim;
CREATE INDEX job_queue_claim ON job_queue (priority DESC, scheduled_at, id) WHERE claimable;
DROP TABLE queues;
