ALTER TABLE workers DROP COLUMN job_types;
