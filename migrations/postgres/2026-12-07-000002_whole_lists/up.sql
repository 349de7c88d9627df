-- So that whoever ends jobs of a list, or looks for others, has no need to go through it:
-- whether nothing was taken out of it,
ALTER TABLE jobs_ahead ADD COLUMN whole BOOLEAN NOT NULL DEFAULT FALSE;
-- and the largest of its ids.
ALTER TABLE jobs_ahead ADD COLUMN last_job BIGINT NOT NULL DEFAULT 9223372036854775807;
ALTER TABLE jobs_ahead ALTER COLUMN whole DROP DEFAULT, ALTER COLUMN last_job DROP DEFAULT;
-- Older binaries would take jobs out of lists that call themselves whole.
UPDATE schema_serves SET oldest = '20261207000002';
