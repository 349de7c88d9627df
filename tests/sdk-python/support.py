"""The real service as a process of its own, and small services that behave as no real one should."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import IO, NamedTuple

import httpx

BINARY = os.environ.get("KEIYAKU_BIN", "keiyaku")
SECRET = {"JWT_SECRET": "a secret of the tests, long enough for HS256"}
SCOPES = "users:read users:write jobs:read jobs:write"

# What a test has the SDK do.
AsyncAction = Callable[[], Awaitable[object]]
Action = Callable[[], object]


class Service:
    """A service with a database of its own, in a `with` block."""

    def __init__(self, **environment: str) -> None:
        self.environment = environment
        self.port = "0"
        self._folder = tempfile.TemporaryDirectory(prefix="keiyaku-sdk-")
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Service:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._folder.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listens where it did before, if it did."""
        own = {"PORT": self.port, "LOG_FORMAT": "json", "RATE_LIMIT_RPS": "0"}
        self._process = subprocess.Popen(
            [BINARY, "serve"],
            cwd=self._folder.name,
            env={**own, **SECRET, **self.environment},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            found = re.search(r'listening on http://[^"]*:(\d+)', line)
            if found:
                self.port = found[1]
                threading.Thread(target=_drain, args=(self._process.stdout,), daemon=True).start()
                return
        raise AssertionError(f"the service has ended with {self._process.wait()}")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number)
            process.wait()

    def token(self, scope: str = SCOPES) -> str:
        command = [BINARY, "token", "--scope", scope]
        return subprocess.check_output(command, cwd=self._folder.name, env=SECRET, text=True).strip()


def _drain(output: IO[str]) -> None:
    for _ in output:
        pass


class Seen(NamedTuple):
    """What a fake service was asked."""

    path: str
    headers: Message


class Request(BaseHTTPRequestHandler):
    """A request to a fake service, and its answer."""

    protocol_version = "HTTP/1.1"
    server: Fake
    streams: bool

    def _take(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.streams = False
        with self.server.lock:
            self.server.requests.append(Seen(self.path, self.headers))
            index = len(self.server.requests) - 1
        self.server.answer(self, index)

    do_GET = do_POST = do_PATCH = do_DELETE = _take

    def reply(self, status: int, headers: Mapping[str, str] | None = None, body: str = "") -> None:
        """The whole answer."""
        length = {"Content-Length": str(len(body.encode()))}
        self.begin(status, {"Content-Type": "application/json", **length, **(headers or {})})
        self.wfile.write(body.encode())

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """The head of an answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def stream(self, events: str) -> None:
        """The begin of a stream of events."""
        if not self.streams:
            self.streams = True
            self.begin(200, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"})
        self.wfile.write(f"{len(events.encode()):x}\r\n{events}\r\n".encode())

    def end(self) -> None:
        """The end of a stream."""
        self.wfile.write(b"0\r\n\r\n")

    def hold(self) -> None:
        """Leaves the answer as it is until the client or the test has gone."""
        self.connection.settimeout(0.05)
        while not self.server.stopping.is_set():
            try:
                if not self.connection.recv(1):
                    break
            except TimeoutError:
                continue
        self.server.left.release()
        self.close_connection = True

    def cut(self) -> None:
        """Ends the connection in the middle."""
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


class Fake(ThreadingHTTPServer):
    """A service that answers each request as the test says, in a `with` block."""

    daemon_threads = True

    def __init__(self, answer: Callable[[Request, int], None]) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.answer = answer
        self.requests: list[Seen] = []
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        # Each answer that was held and that its client has left.
        self.left = threading.Semaphore(0)

    def __enter__(self) -> Fake:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.shutdown()
        self.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def sent(self, header: str) -> list[str | None]:
        """What each request had in a header."""
        return [request.headers.get(header) for request in self.requests]


class AsyncCounting(httpx.AsyncHTTPTransport):
    """Counts what is sent."""

    sent = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent += 1
        return await super().handle_async_request(request)


class Counting(httpx.HTTPTransport):
    """Counts what is sent."""

    sent = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent += 1
        return super().handle_request(request)


def in_time(what: str, look: Callable[[], bool]) -> None:
    """Waits until something holds, in a thread that is not the one that makes it so."""
    for _ in range(1500):
        if look():
            return
        time.sleep(0.02)
    raise AssertionError(f"{what}: not in time")
