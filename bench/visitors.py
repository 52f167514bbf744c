"""Visitors on the loopback: a server started on one core, and connections kept open that ask as fast as they are answered."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.questions import ROOT

CONNECTIONS = 4
PATIENCE_SECONDS = 60

ON_ONE_CORE = """
import os, runpy, sys
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True, slots=True)
class Visit:
    """What visitors saw: answers per second, the seconds that 50 and that 99 of 100 waited at most, bytes of a body."""

    rate: float
    half: float
    most: float
    body_bytes: int


def find_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def run_server(module: str, arguments: list[str], port: int, variables: dict[str, str]) -> Iterator[None]:
    """The module as a process on one core, from the moment it listens until the block ends."""
    command = [sys.executable, "-c", ON_ONE_CORE, module, *arguments]
    environment = {**os.environ, "UPHELD_PROOFS": "no", **variables, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
    try:
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{module} does not answer")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def visit(port: int, host: str, path: str, requests: int) -> Visit:
    """So many requests over a few connections, as a browser would ask; raises RuntimeError for another answer than 2xx."""
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: gzip\r\n\r\n".encode()
    return send_all(port, [request] * requests)


def send_all(port: int, requests: list[bytes], connections: int = CONNECTIONS) -> Visit:
    """These requests, shared out to a few connections; raises RuntimeError for an answer that is neither 2xx nor 303."""
    waited: list[float] = []
    sizes: set[int] = set()
    failed: list[Exception] = []

    def ask_often(share: list[bytes]) -> None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connection:
                for request in share:
                    start = time.perf_counter()
                    connection.sendall(request)
                    sizes.add(len(read_answer(connection)))
                    waited.append(time.perf_counter() - start)
        except (OSError, RuntimeError) as problem:
            failed.append(problem)

    threads = [threading.Thread(target=ask_often, args=(requests[n::connections],)) for n in range(connections)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    if failed:
        raise RuntimeError("a request was not answered") from failed[0]
    cuts = statistics.quantiles(waited, n=100)
    return Visit(len(waited) / seconds, cuts[49], cuts[98], max(sizes))


def read_answer(connection: socket.socket) -> bytes:
    """Reads one answer to its end and gives its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(1 << 16)
        if not more:
            raise RuntimeError("the server closed the connection")
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    if not head.startswith((b"HTTP/1.1 2", b"HTTP/1.1 303")):
        raise RuntimeError(head.split(b"\r\n", 1)[0].decode("latin-1"))
    lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    length = int(lines.get(b"content-length", b"0"))
    while len(body) < length:
        body += connection.recv(1 << 16)
    return body
