DROP INDEX job_queue_kind;
CREATE INDEX job_queue_status ON job_queue (status, id);
CREATE INDEX job_queue_type ON job_queue (job_type, id);
CREATE INDEX job_queue_queue ON job_queue (queue, id);
