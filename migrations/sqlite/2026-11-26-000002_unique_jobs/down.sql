DROP INDEX job_queue_unique;
ALTER TABLE job_queue DROP COLUMN unique_key;
