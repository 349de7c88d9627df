"""The original Go service: user_created jobs per second from a full queue, and enqueue to start of single jobs.

`python3 peer.py DATABASE JOBS normal|full GOSEED` prints one line of JSON. Measured is the service's worker alone
(MODE=worker) in its best tuned form, without its pause in a job (JOB_SLEEP_MS=0) and between jobs (POLL_MS=0). It has
no no-op: its only job prints a few lines, to /dev/null here. The rows are written into its table as its own enqueue
writes them, and the end is when none is left that is not completed, looked at from outside every 10 ms.

Its worker cannot be reached from within, so the latency is taken from another process: from before the INSERT to the
line that the job logs first, through a pipe. The pragma of its own connection cannot be read back either; it is that
of the driver's `_synchronous`.
"""

import json
import os
import random
import sqlite3
import subprocess
import sys
import time

LEVELS = {"normal": 1, "full": 2}
WORKERS = "3"  # its default; they share one connection, so more change nothing

database, jobs, synchronous, goseed = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
samples = int(os.environ.get("LATENCIES", 300))

PAYLOAD = json.dumps({"user_id": 1, "user_data": {"id": 1, "email": "someone@example.com", "age": 30}})
INSERT = """
INSERT INTO job_queue (job_type, payload, priority, max_retries, scheduled_at)
VALUES ('user_created', ?, 1, 3, datetime('now'))
"""
UNFINISHED = "SELECT EXISTS (SELECT 1 FROM job_queue WHERE status IN ('pending', 'processing'))"


def start(workers=WORKERS, **output):
    env = {
        "MODE": "worker",
        "WORKER_COUNT": workers,
        "POLL_MS": "0",
        "JOB_SLEEP_MS": "0",
        "DB_MAX_OPEN": "1",
        "DB_INDEXES": "1",
        "SINGLE_TX": "1",
        "JOB_CLAIM": "returning",
        "DATABASE_URL": f"file:{database}?_journal_mode=WAL&_synchronous={synchronous.upper()}&_busy_timeout=5000",
    }
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([goseed], env=env, **(quiet | output))


def stop(service):
    service.terminate()
    service.wait(30)


def connect():
    connection = sqlite3.connect(database, timeout=5, isolation_level=None)
    connection.execute(f"pragma synchronous = {synchronous}")
    assert connection.execute("pragma synchronous").fetchone()[0] == LEVELS[synchronous]
    return connection


def make_tables():
    """By the service itself, with no worker that would begin."""
    service = start(workers="0")
    deadline = time.monotonic() + 10
    while not (os.path.exists(database) and indexed()):
        if time.monotonic() > deadline:
            sys.exit("the service does not make its tables")
        time.sleep(0.01)
    stop(service)


def indexed():
    found = connect().execute("SELECT count(*) FROM sqlite_master WHERE name = 'idx_job_queue_next'").fetchone()
    return found[0] == 1


def throughput(connection):
    connection.execute("BEGIN")
    connection.executemany(INSERT, [(PAYLOAD,)] * jobs)
    connection.execute("COMMIT")
    begun = time.perf_counter()
    service = start()
    try:
        while connection.execute(UNFINISHED).fetchone()[0]:
            time.sleep(0.01)
        elapsed = time.perf_counter() - begun
    finally:
        stop(service)
    done = connection.execute("SELECT count(*) FROM job_queue WHERE status = 'completed'").fetchone()[0]
    assert done == jobs, f"{done} of {jobs} jobs are completed"
    return jobs / elapsed


def latencies(connection):
    """In milliseconds, sorted: one job at a time, for workers that are idle."""
    service = start(stderr=subprocess.PIPE)
    found = []
    try:
        time.sleep(0.2)
        for _ in range(samples):
            time.sleep(random.uniform(0.002, 0.006))
            enqueued = time.perf_counter()
            connection.execute(INSERT, (PAYLOAD,))
            while b"Processing user created job" not in service.stderr.readline():
                if service.poll() is not None:
                    sys.exit("the service ended")
            found.append((time.perf_counter() - enqueued) * 1e3)
    finally:
        stop(service)
    return sorted(found)


def main():
    make_tables()
    connection = connect()
    rate = throughput(connection)
    found = latencies(connection)
    result = {
        "peer": "original tuned",
        "version": "",
        "synchronous": synchronous,
        "jobs": jobs,
        "jobs_per_second": rate,
        "latency_p50_ms": found[int((samples - 1) * 0.5)],
        "latency_p99_ms": found[int((samples - 1) * 0.99)],
        "settings": f"one connection, index, {WORKERS} workers, no pauses; latency from another process",
    }
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
