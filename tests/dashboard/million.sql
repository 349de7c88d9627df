-- A million jobs of six days: finished ones with their attempts, some that run, some that are due in hours, and some that wait in
-- paused queues. The primes mix states, types and queues with each other.
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000000),
mixed AS (SELECT n, n * 7919 % 1000 AS m, n * 6101 % 997 AS t, n * 4409 % 991 AS q FROM numbers),
named AS (
    SELECT n,
        CASE WHEN m < 30 THEN 'failed' WHEN m < 40 THEN 'cancelled' WHEN m < 60 THEN 'pending' WHEN m < 64 THEN 'retry_pending'
            WHEN m = 64 AND n > 950000 THEN 'processing' ELSE 'completed' END AS status,
        CASE WHEN t < 480 THEN 'user_created' WHEN t < 960 THEN 'send_welcome_email' WHEN t < 990 THEN 'data_analysis'
            ELSE 'erase_mail' END AS job_type,
        CASE WHEN q < 600 THEN 'default' WHEN q < 850 THEN 'mail' WHEN q < 950 THEN 'reports' ELSE 'customer-' || (q % 10) END AS queue
    FROM mixed
),
timed AS (
    SELECT *, status = 'pending' AND queue IN ('mail', 'reports') AS claimable,
        strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || ((1000000 - n) / 2) || ' seconds') AS at,
        strftime('%Y-%m-%d %H:%M:%f', 'now', '+' || (1 + n % 700) || ' hours') AS later
    FROM named
)
INSERT INTO job_queue (job_type, queue, payload, user_id, status, priority, max_retries, retry_count, attempts, error_message,
    scheduled_at, started_at, completed_at, created_at, version, claimable, wake_at, lease, worker)
SELECT job_type, queue,
    '{"user_id":' || n || ',"additional_props":{"hobby":"' || CASE n WHEN 4711 THEN 'needlework' ELSE 'tea' END
        || '","location":"Kyoto","score":' || (n % 100) || '}}',
    n, status, n % 3, 3, CASE status WHEN 'failed' THEN 3 WHEN 'retry_pending' THEN 1 ELSE 0 END,
    CASE status WHEN 'failed' THEN 4 WHEN 'pending' THEN 0 WHEN 'cancelled' THEN 0 ELSE 1 END,
    CASE WHEN status IN ('failed', 'retry_pending') THEN 'The mail server does not answer' END,
    CASE WHEN status IN ('pending', 'retry_pending') AND NOT claimable THEN later ELSE at END,
    CASE WHEN status NOT IN ('pending', 'cancelled') THEN at END,
    CASE WHEN status IN ('completed', 'failed', 'cancelled') THEN at END,
    at, n, claimable,
    CASE WHEN status IN ('pending', 'retry_pending') AND NOT claimable THEN later END,
    CASE status WHEN 'processing' THEN n END,
    CASE WHEN status IN ('processing', 'completed') THEN 'worker-' || (n % 12) END
FROM timed;
INSERT INTO job_leases (lease, ends_at)
SELECT lease, strftime('%Y-%m-%d %H:%M:%f', 'now', '+700 hours') FROM job_queue WHERE lease IS NOT NULL;
UPDATE job_versions SET last = 1000000;
INSERT INTO queues (name, paused) VALUES ('mail', TRUE), ('reports', TRUE);

WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 4)
INSERT INTO job_attempts (job_id, attempt, outcome, worker, error, started_at, finished_at)
SELECT id, n, 'failed', 'worker-' || (id % 12), error_message,
    created_at, created_at
FROM job_queue JOIN numbers ON n <= attempts - (status = 'completed') WHERE status IN ('completed', 'failed', 'retry_pending');

WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1439),
types (job_type, failed) AS (VALUES ('user_created', 2), ('send_welcome_email', 3), ('data_analysis', 0), ('erase_mail', 0))
INSERT INTO job_minutes (minute, job_type, completed, failed, wait_us, run_us)
SELECT strftime('%Y-%m-%d %H:%M:00', 'now', '-' || n || ' minutes'), job_type, 40 + n * 7 % 30, failed, 400000, 900000
FROM numbers, types;

WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 11)
INSERT INTO workers (name, started_at, seen_at, executors, queues)
SELECT 'worker-' || n, strftime('%Y-%m-%d %H:%M:%f', 'now'), strftime('%Y-%m-%d %H:%M:%f', 'now'), 8, '*' FROM numbers;
