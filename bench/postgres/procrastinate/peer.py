"""procrastinate: no-op jobs per second from a full queue, and enqueue to start of single jobs.

`python peer.py DATABASE_URL JOBS` prints one line of JSON. Measured is the library with its own worker on asyncio, which
takes one job with each statement, several jobs at a time; LISTEN tells it of new ones. Jobs are kept when done, which is its
default. Not measured: filling, failing jobs, several processes.
"""

import asyncio
import json
import logging
import os
import random
import sys
import time
from importlib.metadata import version
from pathlib import Path

from procrastinate import App, PsycopgConnector

SAMPLES = int(os.environ.get("LATENCIES", 300))
WORKERS = int(os.environ.get("WORKERS", 4))  # each asks for one job after the other
CONCURRENT = int(os.environ.get("CONCURRENT", 8))  # of each worker
POLL = float(os.environ.get("POLL", 0.1))  # seconds; the default is 5, and now and then a worker misses what LISTEN tells
URL = sys.argv[1]

logging.disable(logging.WARNING)  # it warns of an app in the main module, which is right for a single program
app = App(connector=PsycopgConnector(conninfo=URL, min_size=4, max_size=WORKERS * CONCURRENT + 2))
started = 0
on_start = asyncio.Queue()  # the delay of each job that says when it was put in, in milliseconds


@app.task(name="noop")
async def noop(at=None):
    """Does nothing, and tells when it began. The clock is the same in every process of the machine."""
    global started
    started += 1
    if at is not None:
        on_start.put_nowait((time.monotonic() - at) * 1e3)


async def enqueue():
    await noop.defer_async(at=time.monotonic())


async def serve_orders():
    """What the other process does: a job for each line that comes."""
    async with app.open_async():
        print("ready", flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            await enqueue()


async def sample(count, put_in):
    found = []
    for _ in range(count):
        await asyncio.sleep(random.uniform(0.002, 0.006))
        await put_in()
        found.append(await on_start.get())
    found.sort()
    at = lambda share: found[int((count - 1) * share)]
    return {"p50": at(0.5), "p99": at(0.99), "max": at(1)}


async def delays():
    """One job at a time, for a worker that is idle: put in by this process, then by another."""
    same = await sample(SAMPLES, enqueue)
    pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
    other = await asyncio.create_subprocess_exec(sys.executable, __file__, URL, "enqueue", **pipes)
    await other.stdout.readline()

    async def tell():
        other.stdin.write(b"\n")

    elsewhere = await sample(-(-SAMPLES // 3), tell)
    other.stdin.close()
    await other.wait()
    return {"same": same, "elsewhere": elsewhere}


async def unfinished():
    query = "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE status IN ('todo', 'doing')) AS some"
    return (await app.connector.execute_query_one_async(query))["some"]


async def main(jobs):
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        for first in range(0, jobs, 1000):
            await noop.batch_defer_async(*[{}] * min(1000, jobs - first))
        await app.connector.execute_query_async("ANALYZE")
        begun = time.monotonic()
        options = {"concurrency": CONCURRENT, "fetch_job_polling_interval": POLL, "install_signal_handlers": False}
        workers = [asyncio.create_task(app.run_worker_async(**options)) for _ in range(WORKERS)]
        while started < jobs:
            await asyncio.sleep(0.005)
        while await unfinished():
            await asyncio.sleep(0.002)
        elapsed = time.monotonic() - begun
        assert started == jobs, "each job ran once"
        found = await delays()
        for worker in workers:
            worker.cancel()
        await asyncio.wait(workers)
    status = Path("/proc/self/status").read_text().splitlines()
    result = {
        "peer": "procrastinate",
        "version": version("procrastinate"),
        "jobs": jobs,
        "jobs_per_second": jobs / elapsed,
        **found,
        "rss_mib": next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024,
        "settings": f"{WORKERS} workers, {CONCURRENT} at a time each, LISTEN, polls every {POLL * 1e3:.0f} ms",
    }
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    asyncio.run(serve_orders() if sys.argv[2] == "enqueue" else main(int(sys.argv[2])))
