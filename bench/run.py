#!/usr/bin/env python3
"""`make bench`: POST /users of this service beside its ceiling and the original, in one run. See README.md."""

import argparse
import ctypes
import json
import os
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPO = HERE.parent
BUILD = HERE / ".build"  # git-ignored: the original's build and the fsync probe
DATA = BUILD / "data"  # every round's database; all rows on the same filesystem
BASELINE = Path(os.environ.get("BASELINE", REPO.parent / "shared" / "baseline")).resolve()
CONNECTIONS = 64
BUSY = 0.1  # a share of all cores in use by others from which a figure is called into question
STOP_LIMIT = 35  # seconds; the service itself allows 30 for a clean shutdown


# What is measured: each row names its command and, per round, its environment.


class Row:
    def __init__(self, label, build, env, stores):
        self.label, self.build, self.env, self.stores = label, build, env, stores
        self.name = None  # as `--only` calls it
        self.command = None
        self.rounds = []

    def median(self, key):
        return statistics.median(r[key] for r in self.rounds)


def keiyaku_env(data, **more):
    fixed = {"HOST": "127.0.0.1", "DATABASE_URL": str(data / "bench.db"), "MAIL_DIR": str(data / "outbox")}
    fixed |= {"DURABILITY": "full", "RATE_LIMIT_RPS": "0", "LOG_LEVEL": "info", "LOG_FORMAT": "json"}
    return fixed | more


def layers_env(data):
    """Everything that may stand before the routes, with limits that do not bite."""
    high = {"RATE_LIMIT_RPS": "1000000", "RATE_LIMIT_BURST": "1000000", "CHECK_RESPONSES": "sample"}
    origins = {"CORS_ALLOW_ORIGINS": "https://app.example", "TRUSTED_PROXIES": "10.0.0.0/8"}
    return keiyaku_env(data, WORKER_COUNT="0", **high, **origins)


def original_env(data):
    database = f"file:{data}/bench.db?_journal_mode=WAL&_synchronous=FULL&_busy_timeout=5000"
    tuned = {"DB_MAX_OPEN": "1", "DB_INDEXES": "1", "SINGLE_TX": "1", "JOB_CLAIM": "returning"}
    return tuned | {"DATABASE_URL": database, "SPEC_DIR": str(BASELINE / "go-seed" / "src")}


def all_rows():
    rows = {
        "ceiling": Row("ceiling (bare axum, stores nothing)", build_ceiling, lambda data: {}, False),
        "keiyaku": Row("keiyaku", build_keiyaku, keiyaku_env, True),
        "keiyaku-no-worker": Row(
            "keiyaku, WORKER_COUNT=0", build_keiyaku, lambda data: keiyaku_env(data, WORKER_COUNT="0"), True
        ),
        "bare": Row("generated router alone", build_bare, lambda data: keiyaku_env(data, WORKER_COUNT="0"), True),
        "layers": Row("the same with every layer", build_keiyaku, layers_env, True),
        "original": Row("original, tuned (Go)", build_original, original_env, True),
    }
    for name, row in rows.items():
        row.name = name
    return rows


# Building.


def cargo_build(folder, name, kind="--bin"):
    """Builds in release mode and returns the executable, wherever CARGO_TARGET_DIR puts it."""
    command = ["cargo", "build", "--release", "--locked", kind, name, "--message-format=json-render-diagnostics"]
    built = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    if built.returncode != 0:
        sys.exit(f"{name} does not build (see above)")
    messages = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
    return next(m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == name)


def build_ceiling():
    return [cargo_build(HERE / "ceiling", "ceiling")]


def build_keiyaku():
    return [cargo_build(REPO, "keiyaku"), "serve"]


def build_bare():
    return [cargo_build(REPO, "bare", "--example")]


def build_original():
    script = BASELINE / "go-seed" / "build.sh"
    if not script.exists():
        return skip_original(f"{script} is absent; set BASELINE to the folder that holds go-seed/")
    # The baseline folder is read-only: everything it builds goes to OUT.
    built = subprocess.run(["bash", script, BUILD / "go"], stdout=subprocess.PIPE, text=True)
    if built.returncode != 0:
        return skip_original("its build failed (see above); it needs Debian's Go packages and network, as root once")
    return [str(BUILD / "go" / "goseed")]


def skip_original(reason):
    print(f"The original is SKIPPED: {reason}")
    return None


def need_wrk():
    if shutil.which("wrk"):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit("wrk is missing. Install it and run again: sudo apt-get install -y wrk")
    print("Installing wrk (apt-get install wrk)", flush=True)
    subprocess.run(["apt-get", "install", "-qq", "-y", "--no-install-recommends", "wrk"], check=True)


# Running one server.


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def die_with_parent():
    """Asks the kernel to kill this child when the harness goes, however it goes."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


@contextmanager
def running(row, data):
    """Starts the server of a row and yields (process, port). Its log goes to /dev/null, as the others' does."""
    port = free_port()
    env = {"PATH": os.environ["PATH"], "PORT": str(port)} | row.env(data)  # nothing of the caller's settings
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(row.command, env=env, cwd=data, preexec_fn=die_with_parent, **quiet)
    try:
        wait_until_up(row, server, port, env, data)
        yield server, port
        if server.poll() is not None:
            sys.exit(f"{row.label}: the server ended during the load, exit code {server.returncode}")
    finally:
        stop(server)


def wait_until_up(row, server, port, env, data):
    deadline = time.monotonic() + 20
    while not listens(port):
        if server.poll() is not None or time.monotonic() > deadline:
            stop(server)
            sys.exit(f"{row.label} did not start; started again to see why, it says:\n{why(row, env, data)}")
        time.sleep(0.02)


def why(row, env, data):
    command = ["timeout", "-k", "1", "5", *row.command]
    again = subprocess.run(command, env=env, cwd=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return f"{again.stdout[-4000:]}(exit code {again.returncode})"


def stop(server):
    server.terminate()
    try:
        server.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        print(f"process {server.pid} did not end within {STOP_LIMIT} s of SIGTERM; killed")
        server.kill()
        server.wait()


def rss_mib(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


# One round.


def load(port, seconds):
    url = f"http://127.0.0.1:{port}/users"
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(HERE / "post.lua"), url]
    piped = {"stdout": subprocess.PIPE, "text": True, "preexec_fn": die_with_parent}
    output = subprocess.run(command, check=True, **piped).stdout
    result = json.loads(next(line for line in output.splitlines() if line.startswith("JSON "))[5:])
    return result | {"rps": result["requests"] / result["seconds"]}


def measure(row, seconds):
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir(parents=True)
    busy = settle()
    with running(row, DATA) as (server, port):
        result = load(port, seconds) | {"rss": rss_mib(server.pid), "busy": busy}
    row.rounds.append(result)
    faults = [f"{result[key]} {key}" for key in ("non2xx", "sockerr", "timeout") if result[key]]
    if row.stores:
        faults += check_stored(result, DATA / "bench.db")
    return [f"{row.label}: {fault}" for fault in faults]


def cpu_ticks():
    """Busy and total ticks of all cores since boot."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def cpu_use(seconds):
    """The share of all cores that others use while this program sleeps."""
    busy, total = cpu_ticks()
    time.sleep(seconds)
    busy_after, total_after = cpu_ticks()
    return (busy_after - busy) / (total_after - total)


def settle():
    """Lets the disk finish the round before and waits up to half a minute for a quiet machine; returns its CPU use."""
    os.sync()
    for _ in range(30):
        busy = cpu_use(1)
        if busy < BUSY:
            break
    return busy


STORED = """
WITH made AS (SELECT json_extract(payload, '$.user_id') AS user_id, count(*) AS n, sum(status = 'completed') AS finished
              FROM job_queue WHERE job_type = 'user_created' GROUP BY 1)
SELECT (SELECT count(*) FROM users),
       (SELECT count(*) FROM users JOIN made ON made.user_id = users.id WHERE n = 1),
       (SELECT coalesce(sum(n), 0) FROM made),
       (SELECT coalesce(sum(finished), 0) FROM made)
"""


def check_stored(result, path):
    """Every answered user is in the file with exactly one job. wrk cuts off at most one request a connection at its
    end, so the file may hold up to that many more than were answered."""
    with sqlite3.connect(path) as database:
        users, with_one_job, jobs, finished = database.execute(STORED).fetchone()
    database.close()
    answered = result["requests"] - result["non2xx"]
    holds = answered <= users <= answered + CONNECTIONS and users == with_one_job == jobs
    print(
        f"    {'stored' if holds else 'NOT AS ANSWERED'}: {answered} answers of 2xx, {users} users"
        f" ({users - answered} cut off by wrk's end), {with_one_job} with exactly one user_created job,"
        f" {jobs} such jobs, {finished} completed"
    )
    return [] if holds else ["the database does not hold what was answered"]


def run_rounds(rows, rounds, seconds):
    faults = []
    for number in range(1, rounds + 1):
        for row in rows:
            faults += measure(row, seconds)
            last = row.rounds[-1]
            noise = f"  BUSY: others used {last['busy']:.0%} of the CPU before it" if last["busy"] > BUSY else ""
            print(f"  round {number}: {row.label}: {last['rps']:,.0f}/s, p99 {last['p99']:.1f} ms{noise}", flush=True)
    shutil.rmtree(DATA, ignore_errors=True)
    return faults


# Reporting.


def fsync_rate(seconds):
    source = BASELINE / "limits" / "fsync_bench.c"
    if not source.exists() or not shutil.which("cc"):
        return "fdatasync not measured (needs BASELINE's limits/fsync_bench.c and cc)"
    probe = BUILD / "fsync_bench"
    subprocess.run(["cc", "-O2", "-w", "-o", probe, source], check=True)
    command = [probe, DATA / "fsync.tmp", str(seconds), "append"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def filesystem(path):
    output = subprocess.run(["df", "--output=fstype,source", path], check=True, stdout=subprocess.PIPE, text=True)
    return " on ".join(output.stdout.splitlines()[1].split())


def print_machine(seconds):
    DATA.mkdir(parents=True, exist_ok=True)
    cpu = next((x for x in Path("/proc/cpuinfo").read_text().splitlines() if x.startswith("model name")), ":unknown")
    print(f"Machine: {os.cpu_count()} cores ({cpu.split(':')[1].strip()}), {os.uname().sysname} {os.uname().release}")
    print(f"Disk: {filesystem(DATA)}; 4 KiB {fsync_rate(seconds)}")


COLUMNS = "{:<36} {:>24} {:>8} {:>8} {:>8} {:>7} {:>8} {:>9} {:>8}"


def print_table(rows):
    heads = ["requests/s", "p50 ms", "p99 ms", "max ms", "non-2xx", "of ceil.", "× orig.", "RSS MiB"]
    print("\n" + COLUMNS.format("median (min–max) of the rounds", *heads))
    by_name = {row.name: row.median("rps") for row in rows}
    ceiling, original = by_name.get("ceiling"), by_name.get("original")
    for row in rows:
        rates, rps = [r["rps"] for r in row.rounds], row.median("rps")
        cells = [
            f"{rps:,.0f} ({min(rates):,.0f}–{max(rates):,.0f})",
            f"{row.median('p50'):.1f}",
            f"{row.median('p99'):.1f}",
            f"{max(r['max'] for r in row.rounds):.1f}",
            str(sum(r["non2xx"] for r in row.rounds)),
            f"{rps / ceiling:.1%}" if ceiling else "–",
            f"{rps / original:.2f}" if original else "–",
            f"{row.median('rss'):.0f}",
        ]
        print(COLUMNS.format(row.label, *cells))
    if {"bare", "layers"} <= by_name.keys():
        cost = 1 - by_name["layers"] / by_name["bare"]
        print(f"\nThe layers before the generated routes cost {cost:.1%} of the requests/s (goal: at most 15 %).")


def parse_arguments():
    names = list(all_rows())
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of 4 s")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=10, help="of each row in each round")
    parser.add_argument("--only", default=",".join(names), help=f"comma-separated, of {', '.join(names)}")
    arguments = parser.parse_args()
    if unknown := set(arguments.only.split(",")) - set(names):
        parser.error(f"--only: no such row: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    if arguments.quick:
        arguments.rounds, arguments.seconds = 1, 4
    return arguments


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that `finally` stops the server
    need_wrk()
    BUILD.mkdir(exist_ok=True)
    rows = [all_rows()[name] for name in dict.fromkeys(arguments.only.split(","))]
    for row in rows:
        print(f"Building: {row.label}", flush=True)
        row.command = row.build()
    rows = [row for row in rows if row.command]
    print_machine(1 if arguments.quick else 3)
    plan = f"{arguments.rounds} × {arguments.seconds} s each, alternating, a new database each"
    print(f"wrk -t1 -c{CONNECTIONS}, {plan}", flush=True)
    faults = run_rounds(rows, arguments.rounds, arguments.seconds)
    print_table(rows)
    if faults:
        sys.exit("\nNOT CLEAN:\n  " + "\n  ".join(faults))


if __name__ == "__main__":
    main()
