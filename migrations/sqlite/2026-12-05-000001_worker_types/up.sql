-- The types that a worker knows, so that others leave their jobs to it. NULL: it is of a build from before this, and does not say.
ALTER TABLE workers ADD COLUMN job_types TEXT;
