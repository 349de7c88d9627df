-- Types are those both databases know; times are UTC to the microsecond, written by the application's clock.
CREATE TABLE users (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL,
    -- The address as it is compared: computed in Rust, because lower() differs between databases.
    email_key TEXT NOT NULL UNIQUE,
    age INTEGER NOT NULL,
    name TEXT,
    bio TEXT,
    is_active BOOLEAN NOT NULL,
    -- The members the contract does not declare, as one JSON object in the very text they came in.
    additional_data TEXT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

CREATE TABLE user_profiles (
    user_id BIGINT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    -- A JSON array of strings.
    interests TEXT NOT NULL,
    region TEXT,
    rank TEXT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

-- Sign-ups per UTC day; holds no personal data, so it outlives its users.
CREATE TABLE signup_counts (
    day TEXT NOT NULL PRIMARY KEY,
    signups BIGINT NOT NULL
);

CREATE TABLE job_queue (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    job_type TEXT NOT NULL,
    queue TEXT NOT NULL,
    payload TEXT NOT NULL,
    -- No foreign key: a job outlives its user, and erasure clears the column itself.
    user_id BIGINT,
    status TEXT NOT NULL,
    priority INTEGER NOT NULL,
    max_retries INTEGER NOT NULL,
    retry_count INTEGER NOT NULL,
    -- Claims so far; the number of the attempt that runs.
    attempts INTEGER NOT NULL,
    error_message TEXT,
    output TEXT,
    scheduled_at TIMESTAMP NOT NULL,
    started_at TIMESTAMP,
    completed_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    -- Grows with every change of any job; the event id of the stream.
    version BIGINT NOT NULL,
    -- True while a worker may claim the row: it is waiting and its time has come.
    claimable BOOLEAN NOT NULL,
    -- When the row changes by time alone: the due time of a waiting row, the end of the lease of a running one.
    wake_at TIMESTAMP,
    -- The fence: the version of the claim that holds the row. A finish that does not match it changes nothing.
    lease BIGINT,
    worker TEXT
);
-- Future-dated and finished rows are in neither index a claim reads.
CREATE INDEX job_queue_claim ON job_queue (priority DESC, scheduled_at, id) WHERE claimable;
CREATE INDEX job_queue_wake ON job_queue (wake_at) WHERE wake_at IS NOT NULL;
-- What lists filter by, newest first.
CREATE INDEX job_queue_status ON job_queue (status, id);
CREATE INDEX job_queue_type ON job_queue (job_type, id);
CREATE INDEX job_queue_queue ON job_queue (queue, id);
CREATE INDEX job_queue_user ON job_queue (user_id) WHERE user_id IS NOT NULL;

CREATE TABLE job_attempts (
    job_id BIGINT NOT NULL REFERENCES job_queue (id) ON DELETE CASCADE,
    -- Counts every claim of the job from 1, those handed back at a shutdown too.
    attempt INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    worker TEXT,
    error TEXT,
    started_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP NOT NULL,
    PRIMARY KEY (job_id, attempt)
) WITHOUT ROWID;

-- One row: the last version given to a change of a job.
CREATE TABLE job_versions (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    last BIGINT NOT NULL
);
INSERT INTO job_versions (id, last) VALUES (1, 0);

-- How many jobs of each type are in each status, kept by the triggers, so that no count scans the jobs.
CREATE TABLE job_counts (
    job_type TEXT NOT NULL,
    status TEXT NOT NULL,
    -- PostgreSQL spreads a count over several rows, so that transactions don't wait for each other; SQLite has slot 0.
    slot INTEGER NOT NULL,
    jobs BIGINT NOT NULL,
    PRIMARY KEY (job_type, status, slot)
) WITHOUT ROWID;
CREATE TRIGGER job_queue_count_insert AFTER INSERT ON job_queue BEGIN
    INSERT INTO job_counts (job_type, status, slot, jobs) VALUES (new.job_type, new.status, 0, 1)
    ON CONFLICT (job_type, status, slot) DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER job_queue_count_update AFTER UPDATE OF status ON job_queue WHEN old.status <> new.status BEGIN
    UPDATE job_counts SET jobs = jobs - 1 WHERE job_type = old.job_type AND status = old.status AND slot = 0;
    INSERT INTO job_counts (job_type, status, slot, jobs) VALUES (new.job_type, new.status, 0, 1)
    ON CONFLICT (job_type, status, slot) DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER job_queue_count_delete AFTER DELETE ON job_queue BEGIN
    UPDATE job_counts SET jobs = jobs - 1 WHERE job_type = old.job_type AND status = old.status AND slot = 0;
END;
