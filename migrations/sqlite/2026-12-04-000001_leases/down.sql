UPDATE job_queue SET wake_at = (SELECT ends_at FROM job_leases WHERE job_leases.lease = job_queue.lease)
WHERE lease IS NOT NULL;
DROP TABLE job_leases;
UPDATE schema_serves SET oldest = '20261203000001';
