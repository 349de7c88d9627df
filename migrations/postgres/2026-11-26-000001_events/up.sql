-- The same index as for SQLite; see there for what it is good for.
CREATE INDEX job_queue_version ON job_queue (version, id);
