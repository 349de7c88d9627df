-- One index in place of three: jobs are listed kind by kind, as they are counted in job_counts. Each change of a job's status
-- writes an entry less for each of the two that are gone.
DROP INDEX job_queue_status;
DROP INDEX job_queue_type;
DROP INDEX job_queue_queue;
CREATE INDEX job_queue_kind ON job_queue (job_type, status, queue, id);
