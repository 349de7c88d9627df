-- The same index as for SQLite; see there for what it is good for.
DROP INDEX job_queue_status;
DROP INDEX job_queue_type;
DROP INDEX job_queue_queue;
CREATE INDEX job_queue_kind ON job_queue (job_type, status, queue, id);
