#!/usr/bin/env python3
"""Part of `make bench`: the queue alone beside other SQLite queues, in one run, durability named. See ../README.md."""

import argparse
import functools
import importlib.util
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent


def load(path):
    spec = importlib.util.spec_from_file_location("bench", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bench = load(HERE.parent / "run.py")
BUILD = bench.BUILD / "peers"  # git-ignored: everything the peers are built from and with
DATA = bench.DATA  # every run's database; all on the same filesystem
LEVELS = ("normal", "full")
LIMIT = 300  # seconds that one run of one peer may take


class Skip(Exception):
    """Why a peer has no row."""


class Peer:
    """`prepare` gives the command or raises Skip; `run` adds the database, how many jobs, and the durability."""

    def __init__(self, name, prepare, jobs, levels=LEVELS, more=(), grows=True):
        self.name, self.prepare, self.jobs, self.levels, self.more = name, prepare, jobs, levels, list(more)
        self.grows = grows  # whether more jobs take only as much longer
        self.command = None
        self.results = {level: [] for level in LEVELS}

    def queue(self, times):
        """In whole thousands, as the service's own benchmark fills its queue."""
        return max(1, round(self.jobs * (times if self.grows else min(times, 1)) / 1000)) * 1000

    def run(self, level, jobs):
        command = [*self.command, DATA / "peer.db", str(jobs), level, *self.more]
        env = {"PATH": os.environ["PATH"]}  # nothing of the caller's settings
        output = call(command, cwd=DATA, env=env, stdout=subprocess.PIPE, text=True, timeout=LIMIT).stdout
        return json.loads(output.splitlines()[-1])


class Keiyaku(Peer):
    """Its own benchmark, which measures the same in the same way and prints it for people."""

    PATTERN = re.compile(
        r"durability (?P<level>\w+), (?P<workers>\d+) jobs at a time, a queue of (?P<jobs>\d+)\n"
        r"no-op jobs per second: (?P<rate>[\d.]+)\n"
        r"enqueue to start, ms: p50 (?P<p50>[\d.]+), p99 (?P<p99>[\d.]+)"
    )

    def run(self, level, jobs):
        env = os.environ | {"DURABILITY": level, "JOBS": str(jobs)}
        output = call(self.command, cwd=bench.REPO, env=env, stdout=subprocess.PIPE, text=True, timeout=LIMIT).stdout
        found = self.PATTERN.search(output)
        if not found or found["level"].lower() != level or int(found["jobs"]) != jobs:
            sys.exit(f"the output of `cargo bench --bench jobs` is not as expected:\n{output}")
        version = tomllib.loads((bench.REPO / "Cargo.toml").read_text())["package"]["version"]
        return {
            "peer": self.name,
            "version": version,
            "synchronous": level,
            "jobs": jobs,
            "jobs_per_second": float(found["rate"]),
            "latency_p50_ms": float(found["p50"]),
            "latency_p99_ms": float(found["p99"]),
            "settings": f"{found['workers']} jobs at a time, with fences",
        }


# Building. A missing tool or registry leaves a peer out, with the reason; it is no fault of the service.


def call(command, **more):
    return subprocess.run(command, check=True, preexec_fn=bench.die_with_parent, **more)


def need(tool):
    if not shutil.which(tool):
        raise Skip(f"{tool} is missing")


def cargo(folder):
    # A target folder of their own: CARGO_TARGET_DIR would mix them with the service's.
    command = ["cargo", "build", "--release", "--locked", "--quiet", "--target-dir", BUILD / "cargo"]
    call(command, cwd=HERE / folder)
    return [BUILD / "cargo" / "release" / f"{folder}-peer"]


def build_keiyaku():
    command = ["cargo", "bench", "--locked", "--quiet", "--bench", "jobs"]
    call([*command, "--no-run"], cwd=bench.REPO)
    return command


def install_plainjob():
    need("node")
    need("npm")
    folder = BUILD / "plainjob"  # modules are found beside the program, so it is copied to them
    folder.mkdir(parents=True, exist_ok=True)
    manifests = ["package.json", "package-lock.json"]
    unchanged = all(same(folder / name, HERE / "plainjob" / name) for name in manifests)
    installed = unchanged and (folder / "node_modules").exists()
    for name in [*manifests, "peer.js"]:
        shutil.copy(HERE / "plainjob" / name, folder)
    if not installed:
        call(["npm", "ci", "--no-fund", "--no-audit", "--loglevel=error"], cwd=folder, stdout=subprocess.DEVNULL)
    return ["node", folder / "peer.js"]


def same(one, other):
    return one.exists() and one.read_bytes() == other.read_bytes()


def install_huey():
    python = BUILD / "venv" / "bin" / "python"
    if not python.exists():
        call([sys.executable, "-m", "venv", BUILD / "venv"])
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    call([*pip, "-r", HERE / "huey" / "requirements.txt"])
    return [python, HERE / "huey" / "peer.py"]


def build_original():
    command = bench.build_original()
    if not command:
        raise Skip("see above")
    return [sys.executable, HERE / "original" / "peer.py"]


def all_peers():
    # Enough jobs for a second or more each on two quiet cores; the slow ones get fewer.
    return [
        Keiyaku("keiyaku", build_keiyaku, 50_000),
        Peer("effectum", functools.partial(cargo, "effectum"), 100_000, levels=("normal",)),
        Peer("apalis", functools.partial(cargo, "apalis"), 5_000, grows=False),
        Peer("apalis tuned", functools.partial(cargo, "apalis"), 50_000, more=["tuned"]),
        Peer("plainjob", install_plainjob, 10_000),
        Peer("huey", install_huey, 10_000),
        Peer("original tuned", build_original, 10_000, more=[bench.BUILD / "go" / "goseed"]),
    ]


def prepared(peers):
    ready = []
    for peer in peers:
        print(f"Building: {peer.name}", flush=True)
        try:
            peer.command = peer.prepare()
            ready.append(peer)
        except Skip as reason:
            print(f"{peer.name} is SKIPPED: {reason}")
        except subprocess.CalledProcessError as error:
            print(f"{peer.name} is SKIPPED: `{' '.join(map(str, error.cmd))}` failed (see above)")
    return ready


# Measuring and reporting.


def settle():
    """As `bench.settle`, but with less patience: there are many short runs."""
    os.sync()
    for _ in range(5):
        busy = bench.cpu_use(1)
        if busy < bench.BUSY:
            break
    return busy


def measure(peer, level, jobs):
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir(parents=True)
    busy = settle()
    try:
        result = peer.run(level, jobs)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        return f"{peer.name} at {level}: {error}"
    finally:
        shutil.rmtree(DATA, ignore_errors=True)
    peer.results[level].append(result)
    noise = f"  BUSY: others used {busy:.0%} of the CPU before it" if busy > bench.BUSY else ""
    rate, p50, p99 = result["jobs_per_second"], result["latency_p50_ms"], result["latency_p99_ms"]
    print(f"  {level}: {peer.name}: {rate:,.0f} jobs/s, {p50:.2f} / {p99:.2f} ms{noise}", flush=True)
    return None


def print_table(peers, rounds):
    rounds = "one round" if rounds == 1 else f"medians of {rounds} rounds"
    print(f"\nThe queue alone, {rounds}; the latency is enqueue to start, one job at a time\n")
    print("| peer | durability (`synchronous`) | queue | no-op jobs/s | p50 / p99 ms | as |")
    print("|---|---|---|---|---|---|")
    for level in LEVELS:
        for peer in peers:
            results = peer.results[level]
            if not results:
                why = "failed" if level in peer.levels else "it has no such setting"
                print(f"| {peer.name} | {level.upper()} | – | – | – | {why} |")
                continue
            rate, p50, p99 = (
                statistics.median(r[key] for r in results)
                for key in ("jobs_per_second", "latency_p50_ms", "latency_p99_ms")
            )
            last = results[-1]
            cells = f"{last['jobs']:,} | {rate:,.0f} | {p50:.2f} / {p99:.2f} | {last['settings']}"
            library, _, form = peer.name.partition(" ")
            label = " ".join(filter(None, [library, last["version"], form]))
            print(f"| {label} | {level.upper()} | {cells} |")


def parse_arguments(names):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(names), help=f"comma-separated, of {', '.join(names)}")
    long = os.environ.get("KEIYAKU_LONG") == "1"
    parser.add_argument("--rounds", type=int, default=3 if long else 1, help="3 with KEIYAKU_LONG=1")
    parser.add_argument("--times", type=float, default=5 if long else 1, help="as many jobs; 5 with KEIYAKU_LONG=1")
    arguments = parser.parse_args()
    arguments.only = [name.strip() for name in arguments.only.split(",")]
    if unknown := set(arguments.only) - set(names):
        parser.error(f"--only: no such peer: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return arguments


def main():
    peers = all_peers()
    arguments = parse_arguments([peer.name for peer in peers])
    BUILD.mkdir(parents=True, exist_ok=True)
    peers = prepared([peer for peer in peers if peer.name in arguments.only])
    bench.print_machine(1)
    faults = []
    for _ in range(arguments.rounds):
        for level in LEVELS:
            for peer in peers:
                if level in peer.levels:
                    faults.append(measure(peer, level, peer.queue(arguments.times)))
    print_table(peers, arguments.rounds)
    if faults := [fault for fault in faults if fault]:
        sys.exit("\nNOT CLEAN:\n  " + "\n  ".join(faults))


if __name__ == "__main__":
    main()
