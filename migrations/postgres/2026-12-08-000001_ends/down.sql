DROP TRIGGER job_queue_ends ON job_queue;
DROP FUNCTION job_queue_list_ends();
DROP INDEX job_queue_version;
CREATE INDEX job_queue_version ON job_queue (version, id) WITH (deduplicate_items = off);
DROP TABLE job_ends;
