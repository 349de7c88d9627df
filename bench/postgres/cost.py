#!/usr/bin/env python3
"""What a no-op job costs on PostgreSQL: processor time of each process while the queue is worked off. See ../README.md."""

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import run
import server

SECONDS = 3


def processes():
    """User and system time of every process in ticks, with its name."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            name = (stat.parent / "cmdline").read_text().replace("\0", " ").strip()
        except OSError:
            continue  # it has ended meanwhile
        found[stat.parts[2]] = (name[:60], int(fields[11]), int(fields[12]))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=400_000)
    parser.add_argument("--keiyaku", metavar="BINARY", help="the built benchmark, instead of `cargo bench --bench jobs`")
    arguments = parser.parse_args()
    command = [Path(arguments.keiyaku).resolve(), "--bench"] if arguments.keiyaku else run.peers.build_keiyaku()
    if not server.programs():
        sys.exit("no server here; install the package `postgresql`")
    run.BUILD.mkdir(parents=True, exist_ok=True)
    with server.running(run.BUILD / "cost", run.bench.free_port(), run.bench.die_with_parent) as postgres:
        url = postgres.fresh("bench")
        env = os.environ | {"DURABILITY": "full", "JOBS": str(arguments.jobs), "DATABASE_URL": url}
        more = {"stdout": subprocess.DEVNULL, "start_new_session": True}
        program = subprocess.Popen(command, cwd=run.bench.REPO, env=env, **more)

        def done():
            return int(postgres.run("SELECT coalesce(sum(jobs), 0) FROM job_counts WHERE status = 'completed'", database="bench"))

        try:
            made = "SELECT to_regclass('job_counts') IS NOT NULL"
            while program.poll() is None and (postgres.run(made, database="bench") != "t" or done() == 0):
                time.sleep(0.2)
            first, before, since = done(), processes(), time.monotonic()
            time.sleep(SECONDS)
            after, elapsed, jobs = processes(), time.monotonic() - since, done() - first
        finally:
            os.killpg(program.pid, signal.SIGKILL)  # cargo and the benchmark
            program.wait()
    if jobs < 1000 or first + jobs == arguments.jobs:
        sys.exit("the queue was not worked off all the time; try more --jobs")
    print(f"{jobs / elapsed:,.0f} jobs/s; processor time in µs a job:")
    tick = 1e6 / os.sysconf("SC_CLK_TCK") / jobs
    for pid, (name, user, system) in after.items():
        user, system = (now - then for now, then in zip((user, system), before.get(pid, (name, 0, 0))[1:]))
        if (user + system) * tick >= 0.5:
            print(f"  {user * tick:5.1f} user, {system * tick:5.1f} system: {name}")


if __name__ == "__main__":
    main()
