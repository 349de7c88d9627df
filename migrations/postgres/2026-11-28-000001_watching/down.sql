DROP TABLE job_minutes;
DROP TABLE workers;
