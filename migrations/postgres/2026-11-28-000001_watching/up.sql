-- The processes that run jobs. Each has its row from its start to its end, and says once a minute that it is there.
CREATE TABLE workers (
    name TEXT NOT NULL PRIMARY KEY,
    started_at TIMESTAMP NOT NULL,
    seen_at TIMESTAMP NOT NULL,
    -- Jobs at a time.
    executors INTEGER NOT NULL,
    -- WORKER_QUEUES.
    queues TEXT NOT NULL
);

-- What attempts came to, minute by minute.
CREATE TABLE job_minutes (
    minute TIMESTAMP NOT NULL,
    job_type TEXT NOT NULL,
    completed BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    -- Sums over the attempts, in microseconds: from the due time to the claim, and of the runs.
    wait_us BIGINT NOT NULL,
    run_us BIGINT NOT NULL,
    PRIMARY KEY (minute, job_type)
);
