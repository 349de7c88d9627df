DROP INDEX job_queue_kind;
CREATE INDEX job_queue_kind ON job_queue (job_type, status, queue, id);
