#!/usr/bin/env python3
"""How long claims take on PostgreSQL while a transaction is held open: `cargo bench --bench bloat` on a server of its own.

    python3 bench/postgres/bloat.py                  # a million jobs
    python3 bench/postgres/bloat.py --jobs 200000
    python3 bench/postgres/bloat.py --no-hold        # the same without the transaction, to compare

See ../README.md.
"""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

import run
import server


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3, help="claims may take this many times as long (default: 3)")
    parser.add_argument("--no-hold", action="store_true", help="without the open transaction")
    parser.add_argument("--keiyaku", metavar="BINARY", help="the built benchmark, instead of `cargo bench`")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that the server is stopped
    if not server.programs():
        print("The claims beside an open transaction are SKIPPED: no server here; install the package `postgresql`")
        return
    command = ["cargo", "bench", "--locked", "--quiet", "--bench", "bloat"]
    if arguments.keiyaku:
        command = [Path(arguments.keiyaku).resolve(), "--bench"]
    else:
        run.peers.call([*command, "--no-run"], cwd=run.bench.REPO)
    run.bench.print_machine(1)
    with server.running(run.BUILD / "bloat", run.bench.free_port(), run.bench.die_with_parent) as postgres:
        settings = {"JOBS": str(arguments.jobs), "TIMES": str(arguments.times), "HOLD": str(int(not arguments.no_hold))}
        env = os.environ | settings | {"DATABASE_URL": postgres.fresh("bench"), "DURABILITY": "full"}
        code = subprocess.run(command, cwd=run.bench.REPO, env=env, preexec_fn=run.bench.die_with_parent).returncode
    sys.exit(code)


if __name__ == "__main__":
    main()
