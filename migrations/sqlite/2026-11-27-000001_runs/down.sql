ALTER TABLE queues DROP COLUMN max_running;
ALTER TABLE job_queue DROP COLUMN losses;
ALTER TABLE job_queue DROP COLUMN ahead;
ALTER TABLE job_queue DROP COLUMN progress_note;
ALTER TABLE job_queue DROP COLUMN progress;
ALTER TABLE job_queue DROP COLUMN timeout_seconds;
