-- Of the jobs of one type with the same key, at most one is unfinished.
ALTER TABLE job_queue ADD COLUMN unique_key TEXT;
CREATE UNIQUE INDEX job_queue_unique ON job_queue (job_type, unique_key) WHERE unique_key IS NOT NULL AND completed_at IS NULL;
