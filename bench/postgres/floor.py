#!/usr/bin/env python3
"""What a job costs PostgreSQL at least, by the way in which it is claimed and ended: plain SQL over the service's own schema, on
one connection, in batches of 1,000. Processor time of the server's process for that connection. See ../README.md."""

import os
import subprocess
import sys
import tempfile

import run
import server

JOBS = 200_000
BATCH = 1_000
OFF = ["enable_seqscan", "enable_bitmapscan", "enable_sort", "jit", "enable_hashjoin", "enable_mergejoin"]
SETTINGS = " ".join(f"SET {setting} = off;" for setting in OFF)
FILL = f"""INSERT INTO job_queue (job_type, queue, payload, status, priority, max_retries, retry_count, attempts, scheduled_at,
    created_at, version, claimable)
SELECT 'noop', 'default', '{{}}', 'pending', 0, 3, 0, 0, '2020-01-01', '2020-01-01', n / 1000, TRUE
FROM generate_series(1, {JOBS}) n"""
WORKER = "'12345-0123456789abcdef'"

# In each, {first} and {end} are the ids of the batch and {version} its number.
IDS = "ANY (ARRAY(SELECT n::bigint FROM generate_series({first}, {end} - 1) n))"
FOUND = """FROM job_queue WHERE claimable AND queue = 'default' AND (-priority::bigint, scheduled_at, id) >= (0, '2020-01-01', {first})
    AND (id > (SELECT coalesce(max(last_job), 0) FROM jobs_ahead) OR id NOT IN (SELECT unnest(jobs) FROM jobs_ahead))
    ORDER BY -priority::bigint, scheduled_at, id LIMIT %d FOR UPDATE OF job_queue SKIP LOCKED""" % BATCH
LOOK = f"""SELECT id, priority, scheduled_at, losses, job_type, queue, payload, user_id, max_retries, retry_count, attempts,
    error_message, created_at, unique_key, timeout_seconds, traceparent {FOUND}"""
LISTS = "SELECT lease FROM jobs_ahead"
AGAIN = "SELECT unnest(jobs) FROM jobs_ahead WHERE lease <> ALL(ARRAY[0, 1]::bigint[])"
LEASE = "INSERT INTO job_leases (lease, ends_at) VALUES ({version}, now())"
LIST = f"""INSERT INTO jobs_ahead (lease, worker, claimed_at, jobs, whole, last_job)
    VALUES ({{version}}, {WORKER}, now(), ARRAY(SELECT n::bigint FROM generate_series({{first}}, {{end}} - 1) n), TRUE, {{end}} - 1)"""
END = f"""UPDATE job_queue SET status = 'completed', error_message = NULL, completed_at = now(), version = {{version}} + 1,
    claimable = FALSE, lease = NULL, attempts = attempts + claimable::int,
    started_at = CASE WHEN claimable THEN list.claimed_at ELSE started_at END,
    worker = CASE WHEN claimable THEN list.worker ELSE job_queue.worker END,
    output = CASE WHEN claimable THEN NULL ELSE output END, progress = CASE WHEN claimable THEN NULL ELSE progress END,
    progress_note = CASE WHEN claimable THEN NULL ELSE progress_note END
    FROM (SELECT {{version}}::bigint AS lease) AS claim LEFT JOIN jobs_ahead AS list ON list.lease = claim.lease
    WHERE job_queue.id BETWEEN {{first}} AND {{end}} - 1 AND job_queue.id NOT IN (SELECT unnest('{{{{}}}}'::bigint[])) AND (
        job_queue.lease = claim.lease OR claimable AND job_queue.version < claim.lease AND (list.whole OR (job_queue.id, claim.lease) IN (
            SELECT unnest(jobs), lease FROM jobs_ahead WHERE NOT whole AND lease = ANY(ARRAY[{{version}}]::bigint[]))))"""
GONE = "DELETE FROM job_leases WHERE lease = {version}"
# What a claim wrote into each row before there were lists, and what ended such a row.
FIND = f"SELECT id {FOUND}"
CLAIM = f"""UPDATE job_queue SET status = 'processing', attempts = attempts + 1, output = NULL, started_at = now(),
    version = {{version}}, claimable = FALSE, lease = {{version}}, worker = {WORKER}, progress = NULL, progress_note = NULL,
    ahead = TRUE WHERE id = {IDS} RETURNING *"""
END_OF_CLAIMED = f"""UPDATE job_queue SET status = 'completed', error_message = NULL, completed_at = now(), version = {{version}} + 1,
    claimable = FALSE, lease = NULL WHERE id = {IDS} AND lease = {{version}}"""
NO_COUNTS = "DROP TRIGGER job_queue_count_changed ON job_queue"
NO_ENDS = "DROP TRIGGER job_queue_ends ON job_queue"
NO_KINDS = "DROP INDEX job_queue_kind"

AS_IT_IS = [LISTS, LOOK, AGAIN, LEASE, LIST, END, GONE]
WAYS = [
    ("as it is", [], AS_IT_IS),
    ("  the claim of it", [], [LISTS, LOOK, AGAIN, LEASE, LIST, GONE]),
    ("without counts", [NO_COUNTS], AS_IT_IS),
    ("without counts and lists of ends", [NO_COUNTS, NO_ENDS], AS_IT_IS),
    ("  and without lists by kind", [NO_COUNTS, NO_ENDS, NO_KINDS], AS_IT_IS),
    ("with rows that the claim writes, too", [], [FIND, CLAIM, LEASE, END_OF_CLAIMED, GONE]),
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
