"""huey on SQLite: no-op jobs per second from a full queue, and enqueue to start of single jobs.

`python peer.py DATABASE JOBS normal|full` prints one line of JSON. Measured is the library with its own consumer: one
worker thread (more only contend for Python's lock and SQLite's), results off, as its documentation advises where nobody
reads them. A job is done for huey when it is taken out of the table, so the end is the last job's start; a job that was
running when the process died is lost, which the other peers do not allow themselves. Not measured: filling (huey has no
bulk means, so it is done with synchronous off), failing jobs, several processes.

huey polls; the delay between two looks is set to 1 ms, without back-off, and bounds the latency.
"""

import json
import os
import random
import sys
import time
from importlib.metadata import version

from huey import SqliteHuey

POLL = 0.001  # seconds; huey's default is 0.1 and grows to 10
LEVELS = {"off": 0, "normal": 1, "full": 2}

database, jobs, synchronous = sys.argv[1], int(sys.argv[2]), sys.argv[3]
samples = int(os.environ.get("LATENCIES", 300))

# `fsync` knows only off and full, so `level` sets the pragma, on the one connection that all of huey's threads share.
huey = SqliteHuey(filename=database, results=False)
started = []


@huey.task()
def noop():
    """Does nothing, and tells when it began."""
    started.append(time.perf_counter())


def level(name):
    huey.storage.conn.execute(f"pragma synchronous = {name}")
    return huey.storage.conn.execute("pragma synchronous").fetchone()[0]


def wait_for(count):
    while len(started) < count:
        time.sleep(0.0005)


def latencies():
    """In milliseconds, sorted: one job at a time, for a worker that is idle."""
    found = []
    for number in range(samples):
        time.sleep(random.uniform(0.002, 0.006))
        enqueued = time.perf_counter()
        noop()
        wait_for(jobs + number + 1)
        found.append((started[-1] - enqueued) * 1e3)
    return sorted(found)


def main():
    level("off")
    for _ in range(jobs):
        noop()
    assert level(synchronous) == LEVELS[synchronous]
    assert huey.pending_count() == jobs
    consumer = huey.create_consumer(workers=1, periodic=False, initial_delay=POLL, max_delay=POLL, backoff=1.0)
    begun = time.perf_counter()
    consumer.start()
    while len(started) < jobs:
        time.sleep(0.01)  # rarely: this thread and the worker share Python's lock
    elapsed = started[-1] - begun
    assert huey.pending_count() == 0
    found = latencies()
    assert level(synchronous) == LEVELS[synchronous], "it is still the same connection"
    consumer.stop(graceful=True)
    result = {
        "peer": "huey",
        "version": version("huey"),
        "synchronous": synchronous,
        "jobs": jobs,
        "jobs_per_second": jobs / elapsed,
        "latency_p50_ms": found[int((samples - 1) * 0.5)],
        "latency_p99_ms": found[int((samples - 1) * 0.99)],
        "settings": "one worker thread, results off, polls every 1 ms",
    }
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
