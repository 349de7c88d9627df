"""A PostgreSQL for one run: its own folder and port, durable, gone with this program. Used by run.py and bloat.py."""

import os
import pwd
import secrets
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # their paths may be too long for a socket
    "max_connections": "200",
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
}


class Server:
    """Where it is, and statements as its superuser."""

    def __init__(self, programs, data, port, password):
        self.programs, self.data, self.port, self.password = programs, data, port, password

    def url(self, database):
        return f"postgres://bench:{self.password}@127.0.0.1:{self.port}/{database}"

    def run(self, *statements, database="postgres"):
        command = [self.programs / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.url(database)]
        for statement in statements:
            command += ["-c", statement]
        env = os.environ | {"PGOPTIONS": "-c client_min_messages=warning"}
        return subprocess.run(command, check=True, env=env, stdout=subprocess.PIPE, text=True).stdout.strip()

    def cpu(self):
        """Seconds of processor time that the server and all its processes have taken."""
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has ended meanwhile
            if int(stat.parts[2]) == pid:
                ticks += sum(map(int, fields[11:15]))  # its own, and of those that have ended
            elif int(fields[1]) == pid:
                ticks += sum(map(int, fields[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def fresh(self, database):
        """Makes the database anew, with nothing left to be written of what was before."""
        self.run(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)", f"CREATE DATABASE {database}", "CHECKPOINT")
        return self.url(database)


def programs():
    """The folder of the newest server's programs, or None."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(installed, key=lambda path: float(path.parts[-3]), default=None)
    elsewhere = shutil.which("initdb")
    return newest.parent if newest else elsewhere and Path(elsewhere).parent


def ordinary_user():
    """PostgreSQL refuses to run as root: the user who is to run it then, else None."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


@contextmanager
def running(folder, port, die_with_parent):
    """Starts a server whose data lies in `folder`, which is made anew and removed afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    user, prefix, password = ordinary_user(), [], secrets.token_hex(16)
    # Where the user changes, the kernel forgets whose end is to be told, so setpriv says it anew; INT is a quick stop.
    more = {"cwd": "/", "preexec_fn": die_with_parent, "stdin": subprocess.DEVNULL}
    (folder / "password").write_text(password)
    if user:
        for path in (folder, folder / "password"):
            os.chown(path, user.pw_uid, user.pw_gid)
        prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--pdeathsig=INT"]
    binaries, data, log = programs(), folder / "data", folder / "log"
    init = [binaries / "initdb", "-D", data, "-U", "bench", f"--pwfile={folder / 'password'}", "-A", "scram-sha-256"]
    init += ["-E", "UTF8", "--no-locale", "--no-sync"]
    with open(log, "wb") as output:
        subprocess.run([*prefix, *init], check=True, stdout=output, stderr=output, **more)
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        command = [*prefix, binaries / "postgres", "-D", data, f"--port={port}", *settings]
        process = subprocess.Popen(command, stdout=output, stderr=output, **more)
    try:
        wait_until_up(process, binaries, port, log)
        yield Server(binaries, data, port, password)
    finally:
        if process.poll() is None:
            process.send_signal(2)  # ends the connections, writes what there is, stops
            process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def wait_until_up(process, binaries, port, log):
    deadline = time.monotonic() + 30
    ready = [binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    while subprocess.run(ready).returncode != 0:
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise SystemExit(f"PostgreSQL did not start; it says:\n{log.read_text()[-4000:]}")
        time.sleep(0.05)
