DROP TABLE jobs_ahead;
UPDATE schema_serves SET oldest = '20261204000001';
