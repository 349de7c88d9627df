ALTER INDEX job_queue_pkey RESET (fillfactor);
ALTER INDEX job_queue_version RESET (deduplicate_items);
DROP INDEX job_queue_kind;
CREATE INDEX job_queue_kind ON job_queue (job_type, status, queue, id);
