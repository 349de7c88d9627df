ALTER TABLE jobs_ahead DROP COLUMN whole, DROP COLUMN last_job;
UPDATE schema_serves SET oldest = '20261206000001';
