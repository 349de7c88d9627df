-- How long an attempt may take; NULL for the job type's own time.
ALTER TABLE job_queue ADD COLUMN timeout_seconds INTEGER;
-- What the attempt says of itself while it runs: 0 to 100, and a note.
ALTER TABLE job_queue ADD COLUMN progress INTEGER;
ALTER TABLE job_queue ADD COLUMN progress_note TEXT;
-- True of a running job that was claimed to start later than at once: when its worker is lost, it may not have begun.
ALTER TABLE job_queue ADD COLUMN ahead BOOLEAN NOT NULL DEFAULT FALSE;
-- How often its worker was lost. A job to which that has happened is not claimed ahead again.
ALTER TABLE job_queue ADD COLUMN losses INTEGER NOT NULL DEFAULT 0;
-- The most jobs of the queue that run at a time, in all processes; NULL for no limit.
ALTER TABLE queues ADD COLUMN max_running INTEGER;
