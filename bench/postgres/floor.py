#!/usr/bin/env python3
"""What a job costs PostgreSQL at least, by the way in which it is claimed and ended: plain SQL over the service's own schema, on
one connection, in batches of 500. Processor time of the server's process for that connection. See ../README.md."""

import os
import subprocess
import sys
import tempfile

import run
import server

JOBS = 200_000
BATCH = 500
SETTINGS = "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off; SET jit = off;"
FILL = f"""INSERT INTO job_queue (job_type, queue, payload, status, priority, max_retries, retry_count, attempts, scheduled_at,
    created_at, version, claimable)
SELECT 'noop', 'default', '{{}}', 'pending', 0, 3, 0, 0, '2020-01-01', '2020-01-01', n / 1000, TRUE
FROM generate_series(1, {JOBS}) n"""
WORKER = "'12345-0123456789abcdef'"

# In each, {first} and {end} are the ids of the batch and {version} its number.
IDS = "ANY (ARRAY(SELECT n::bigint FROM generate_series({first}, {end} - 1) n))"
LOOK = """SELECT {columns} FROM job_queue WHERE claimable AND queue = 'default'
    AND (-priority::bigint, scheduled_at, id) >= (0, '2020-01-01', {{first}}) {more}
    ORDER BY -priority::bigint, scheduled_at, id LIMIT %d FOR UPDATE OF job_queue SKIP LOCKED""" % BATCH
LOCK = LOOK.format(columns="id", more="")
READ = LOOK.format(columns="*", more="")
CLAIM = f"""UPDATE job_queue SET status = 'processing', attempts = attempts + 1, output = NULL, started_at = now(),
    version = {{version}}, claimable = FALSE, lease = {{version}}, worker = {WORKER}, progress = NULL, progress_note = NULL,
    ahead = TRUE WHERE id = {IDS} RETURNING *"""
LEASE = "INSERT INTO job_leases (lease, ends_at) VALUES ({version}, now())"
GONE = "DELETE FROM job_leases WHERE lease = {version}"
END = f"""UPDATE job_queue SET status = 'completed', error_message = NULL, completed_at = now(), version = {{version}} + 1,
    claimable = FALSE, lease = NULL WHERE id = {IDS} AND lease = {{version}} RETURNING id"""
# Where a claim leaves the job's row alone, its end writes what the claim would have written.
END_OF_UNTOUCHED = f"""UPDATE job_queue SET status = 'completed', error_message = NULL, completed_at = now(),
    version = {{version}} + 1, claimable = FALSE, attempts = attempts + 1, started_at = now(), worker = {WORKER}
    WHERE id = {IDS} RETURNING id"""
HELD = "CREATE TABLE held (job_id BIGINT PRIMARY KEY, lease BIGINT NOT NULL, worker TEXT NOT NULL, started_at TIMESTAMP NOT NULL)"
HOLD = f"""INSERT INTO held SELECT n, {{version}}, {WORKER}, now() FROM generate_series({{first}}::bigint, {{end}} - 1) n
    ON CONFLICT DO NOTHING RETURNING job_id"""
LET_GO = f"DELETE FROM held WHERE job_id = {IDS} AND lease = {{version}}"
LISTS = "CREATE TABLE lists (lease BIGINT PRIMARY KEY, worker TEXT NOT NULL, ends_at TIMESTAMP NOT NULL, jobs BIGINT[] NOT NULL)"
LIST = f"INSERT INTO lists VALUES ({{version}}, {WORKER}, now(), ARRAY(SELECT n FROM generate_series({{first}}::bigint, {{end}} - 1) n))"
UNLIST = "DELETE FROM lists WHERE lease = {version}"
UNHELD = "AND NOT EXISTS (SELECT 1 FROM held WHERE job_id = job_queue.id)"
NO_COUNTS = "DROP TRIGGER job_queue_count_changed ON job_queue"
NO_VERSIONS = "DROP INDEX job_queue_version"
NO_KINDS = "DROP INDEX job_queue_kind"

WAYS = [
    ("as it is", [], [LOCK, CLAIM, LEASE, END, GONE]),
    ("  the claim of it", [], [LOCK, CLAIM, LEASE]),
    ("without counts", [NO_COUNTS], [LOCK, CLAIM, LEASE, END, GONE]),
    ("without counts and the index of versions", [NO_COUNTS, NO_VERSIONS], [LOCK, CLAIM, LEASE, END, GONE]),
    ("a row for each job that is held", [HELD], [READ.replace("\n    ORDER", f" {UNHELD}\n    ORDER", 1), HOLD, LET_GO, END_OF_UNTOUCHED]),
    ("the jobs of a claim in one row", [LISTS], [READ, LIST, END_OF_UNTOUCHED, UNLIST]),
    ("  and no counts, no index of versions", [LISTS, NO_COUNTS, NO_VERSIONS], [READ, LIST, END_OF_UNTOUCHED, UNLIST]),
    ("  and no lists by kind", [LISTS, NO_COUNTS, NO_VERSIONS, NO_KINDS], [READ, LIST, END_OF_UNTOUCHED, UNLIST]),
]


def measure(postgres, changes, statements):
    url = postgres.fresh("bench")
    migrations = sorted((run.bench.REPO / "migrations/postgres").glob("*/up.sql"))
    postgres.run(*(path.read_text() for path in migrations), *changes, FILL, "ANALYZE", database="bench")
    postgres.run("CHECKPOINT")
    script = [SETTINGS]
    for number, first in enumerate(range(1, JOBS + 1, BATCH)):
        names = {"first": first, "end": first + BATCH, "version": JOBS + 10 * number}
        script += ["BEGIN;", *(statement.format(**names) + ";" for statement in statements), "COMMIT;"]
    script.append("SELECT split_part(pg_read_file('/proc/self/stat'), ') ', 2);")
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write("\n".join(script))
        file.flush()
        command = [postgres.programs / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", file.name]
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    user, system = map(int, said.strip().splitlines()[-1].split()[11:13])
    return (user + system) / os.sysconf("SC_CLK_TCK") / JOBS * 1e6


def main():
    if not server.programs():
        sys.exit("no server here; install the package `postgresql`")
    run.BUILD.mkdir(parents=True, exist_ok=True)
    with server.running(run.BUILD / "floor", run.bench.free_port(), run.bench.die_with_parent) as postgres:
        print("processor time of the server, µs a job:")
        for name, changes, statements in WAYS:
            print(f"  {measure(postgres, changes, statements):5.1f}  {name}", flush=True)


if __name__ == "__main__":
    main()
