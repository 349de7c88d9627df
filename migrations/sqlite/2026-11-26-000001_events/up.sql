-- The changes in their order, for the streams of events. SQLite appends the id to every entry, which orders what shares a
-- version.
CREATE INDEX job_queue_version ON job_queue (version);
