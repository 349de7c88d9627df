#!/usr/bin/env python3
"""Part of `make bench`: the queue on PostgreSQL beside other queues on the same server, in one run. See ../README.md."""

import argparse
import functools
import importlib.util
import json
import os
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
from pathlib import Path

import server

HERE = Path(__file__).resolve().parent


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bench = load("bench", HERE.parent / "run.py")
peers = load("peers", HERE.parent / "peers" / "run.py")
BUILD = bench.BUILD / "postgres"  # git-ignored: what the peers need, and the server's data
LIMIT = 600  # seconds that one run of one peer may take
GOAL = 2  # times the fastest peer's jobs per second


class Peer:
    """`prepare` gives the command or raises Skip; `run` adds the database's URL and how many jobs."""

    def __init__(self, name, prepare, share=1):
        self.name, self.prepare, self.share = name, prepare, share
        self.command = None
        self.results = []

    def queue(self, jobs):
        """In whole thousands, as the service's own benchmark fills its queue; a slow peer has a share of it."""
        return max(1, round(jobs * self.share / 1000)) * 1000

    def run(self, url, jobs):
        env = {"PATH": os.environ["PATH"]}  # nothing of the caller's settings
        output = peers.call(
            [*self.command, url, str(jobs)], cwd="/", env=env, stdout=subprocess.PIPE, text=True, timeout=LIMIT
        ).stdout
        return json.loads(output.splitlines()[-1])

    def median(self, *keys):
        return statistics.median(functools.reduce(dict.get, keys, result) for result in self.results)


class Keiyaku(Peer):
    """Its own benchmark, which measures the same in the same way and prints it for people."""

    TIMES = r", ms: p50 ([\d.]+), p99 ([\d.]+), max ([\d.]+)\n"
    PATTERN = re.compile(
        r"durability Full, (\d+) jobs at a time, a queue of (\d+)\nno-op jobs per second: ([\d.]+)\n"
        rf"enqueue to start{TIMES}enqueue to start, put in by another process{TIMES}"
        r"resident memory, MiB: \d+ idle, (\d+) after"
    )

    def run(self, url, jobs):
        env = os.environ | {"DURABILITY": "full", "JOBS": str(jobs), "DATABASE_URL": url}
        run = {"cwd": bench.REPO, "env": env, "stdout": subprocess.PIPE, "text": True, "timeout": LIMIT}
        output = peers.call(self.command, **run).stdout
        found = self.PATTERN.search(output)
        if not found or int(found[2]) != jobs:
            sys.exit(f"the output of `cargo bench --bench jobs` is not as expected:\n{output}")
        times = [float(word) for word in found.groups()[3:9]]
        return {
            "version": peers.tomllib.loads((bench.REPO / "Cargo.toml").read_text())["package"]["version"],
            "jobs": jobs,
            "jobs_per_second": float(found[3]),
            "same": dict(zip(("p50", "p99", "max"), times[:3])),
            "elsewhere": dict(zip(("p50", "p99", "max"), times[3:])),
            "rss_mib": float(found[10]),
            "settings": f"{found[1]} at a time, with fences",
        }


# Installing. A missing tool or registry leaves a peer out, with the reason.


def install_node(name):
    peers.need("node")
    peers.need("npm")
    folder = BUILD / name  # modules are found beside the program, so it is copied to them
    folder.mkdir(parents=True, exist_ok=True)
    manifests = ["package.json", "package-lock.json"]
    unchanged = all(peers.same(folder / file, HERE / name / file) for file in manifests)
    installed = unchanged and (folder / "node_modules").exists()
    for file in [*(HERE / name / file for file in [*manifests, "peer.js"]), HERE / "measure.js"]:
        shutil.copy(file, folder)
    if not installed:
        command = ["npm", "ci", "--no-fund", "--no-audit", "--loglevel=error"]
        peers.call(command, cwd=folder, stdout=subprocess.DEVNULL)
    return ["node", folder / "peer.js"]


def install_procrastinate():
    python = BUILD / "venv" / "bin" / "python"
    if not python.exists():
        peers.call([sys.executable, "-m", "venv", BUILD / "venv"])
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    peers.call([*pip, "-r", HERE / "procrastinate" / "requirements.txt"])
    return [python, HERE / "procrastinate" / "peer.py"]


def all_peers():
    return [
        Keiyaku("keiyaku", peers.build_keiyaku),
        Peer("graphile-worker", functools.partial(install_node, "graphile-worker")),
        Peer("pg-boss", functools.partial(install_node, "pg-boss")),
        Peer("procrastinate", install_procrastinate, share=0.1),
    ]


# Measuring and reporting.


def processor_time():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def print_profile(postgres, peer, jobs, of_server, of_peer):
    """What a job cost with all that belongs to it: filling, the run, and the delays measured after it."""
    print(f"    processor time, µs a job: {of_server / jobs * 1e6:.0f} the server, {of_peer / jobs * 1e6:.0f} the peer")
    rows = postgres.run(
        "SELECT round(total_exec_time), round(wal_bytes / 1e6), calls, rows, left(regexp_replace(query, '\\s+', ' ', 'g'), 90)"
        " FROM pg_stat_statements WHERE toplevel AND query !~ '^(CREATE|DROP|CHECKPOINT)' ORDER BY total_exec_time DESC LIMIT 6"
    )
    print("    ms, MB of WAL, calls, rows of the statements that took longest:")
    print("\n".join(f"      {row}" for row in rows.splitlines()))


def measure(peer, postgres, jobs, profile):
    url = postgres.fresh("bench")
    if profile:
        postgres.run("CREATE EXTENSION IF NOT EXISTS pg_stat_statements", "SELECT pg_stat_statements_reset()")
    busy = peers.settle()
    before = postgres.cpu(), processor_time()
    try:
        result = peer.run(url, peer.queue(jobs))
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        return f"{peer.name}: {str(error).replace(postgres.password, '***')}"
    peer.results.append(result)
    noise = f"  BUSY: others used {busy:.0%} of the CPU before it" if busy > bench.BUSY else ""
    same, elsewhere = (f"{result[way]['p50']:.1f} / {result[way]['p99']:.1f} ms" for way in ("same", "elsewhere"))
    print(f"  {peer.name}: {result['jobs_per_second']:,.0f} jobs/s, {same}, {elsewhere}{noise}", flush=True)
    if profile:
        print_profile(postgres, peer, result["jobs"], postgres.cpu() - before[0], processor_time() - before[1])
    return None


def print_table(measured, rounds):
    print(f"\nThe queue on PostgreSQL, {rounds} rounds; enqueue to start, one job at a time, put in by the same process")
    print("or by another: p50 / p99 / worst; all are medians but the worst\n")
    print("| peer | queue | no-op jobs/s (min–max) | same process, ms | another, ms | RSS MiB | as |")
    print("|---|---|---|---|---|---|---|")
    for peer in measured:
        rates = [result["jobs_per_second"] for result in peer.results]
        last = peer.results[-1]
        cells = [f"{peer.name} {last['version']}", f"{last['jobs']:,}"]
        cells.append(f"{peer.median('jobs_per_second'):,.0f} ({min(rates):,.0f}–{max(rates):,.0f})")
        for way in ("same", "elsewhere"):
            worst = max(result[way]["max"] for result in peer.results)
            cells.append(f"{peer.median(way, 'p50'):.2f} / {peer.median(way, 'p99'):.2f} / {worst:.1f}")
        cells += [f"{peer.median('rss_mib'):.0f}", last["settings"]]
        print(f"| {' | '.join(cells)} |")


def print_goal(measured):
    own = next((peer for peer in measured if peer.name == "keiyaku"), None)
    others = [peer for peer in measured if peer is not own]
    if not own or not others:
        return
    fastest = max(others, key=lambda peer: peer.median("jobs_per_second"))
    times = own.median("jobs_per_second") / fastest.median("jobs_per_second")
    print(f"\nJobs/s: {times:.2f} × the fastest peer's, {fastest.name} (goal: {GOAL}).", end="")
    for way, words in (("same", "same process"), ("elsewhere", "another process")):
        least = min(others, key=lambda peer: peer.median(way, "p99"))
        ours, theirs = own.median(way, "p99"), least.median(way, "p99")
        print(f" p99, {words}: {ours:.2f} ms beside {theirs:.2f} of {least.name} (goal: less).", end="")
    print()


def parse_arguments(names):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(names), help=f"comma-separated, of {', '.join(names)}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=50_000, help="in the queue; a tenth of them for procrastinate")
    parser.add_argument("--profile", action="store_true", help="print what jobs cost, which itself costs some")
    parser.add_argument("--keiyaku", metavar="BINARY", help="the built benchmark, instead of `cargo bench --bench jobs`")
    arguments = parser.parse_args()
    arguments.only = [name.strip() for name in arguments.only.split(",")]
    if unknown := set(arguments.only) - set(names):
        parser.error(f"--only: no such peer: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return arguments


def main():
    everyone = all_peers()
    arguments = parse_arguments([peer.name for peer in everyone])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that the server is stopped
    if not server.programs():
        print("The queue on PostgreSQL is SKIPPED: no server here; install the package `postgresql`")
        return
    BUILD.mkdir(parents=True, exist_ok=True)
    if arguments.profile:
        server.SETTINGS["shared_preload_libraries"] = "pg_stat_statements"
    if arguments.keiyaku:
        everyone[0].prepare = lambda: [Path(arguments.keiyaku).resolve(), "--bench"]
    ready = peers.prepared([peer for peer in everyone if peer.name in arguments.only])
    bench.print_machine(1)
    faults = []
    with server.running(BUILD / "server", bench.free_port(), bench.die_with_parent) as postgres:
        print(postgres.run("SELECT version()"), *(f"{name}={value}" for name, value in server.SETTINGS.items()))
        for number in range(1, arguments.rounds + 1):
            print(f"Round {number}", flush=True)
            faults += [measure(peer, postgres, arguments.jobs, arguments.profile) for peer in ready]
    measured = [peer for peer in ready if peer.results]
    print_table(measured, arguments.rounds)
    print_goal(measured)
    if faults := [fault for fault in faults if fault]:
        sys.exit("\nNOT CLEAN:\n  " + "\n  ".join(faults))


if __name__ == "__main__":
    main()
