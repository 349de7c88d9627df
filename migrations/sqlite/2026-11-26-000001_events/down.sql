DROP INDEX job_queue_version;
