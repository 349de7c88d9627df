-- The trace of what put the job in (W3C Trace Context); NULL where there was none.
ALTER TABLE job_queue ADD COLUMN traceparent TEXT;
