"""A mail server that takes everything and keeps nothing, in a process of its own; prints its port, then answers."""

from __future__ import annotations

import socket
import socketserver
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

ANSWERS = {b"EHLO": b"250 sink", b"HELO": b"250 sink", b"DATA": b"354 go on", b"QUIT": b"221 bye"}
TAKEN = b"250 2.0.0 taken"


class Conversation(socketserver.StreamRequestHandler):
    """One client: each command is answered, each mail is read to its last line."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        self.say(b"220 sink")
        while line := self.rfile.readline():
            word = line[:4].upper()
            self.say(ANSWERS.get(word, b"250 2.1.0 ok"))
            if word == b"QUIT":
                return
            if word == b"DATA":
                while self.rfile.readline() not in {b".\r\n", b""}:
                    pass
                self.say(TAKEN)

    def say(self, words: bytes) -> None:
        """One answer."""
        self.wfile.write(words + b"\r\n")


@contextmanager
def open_sink() -> Iterator[int]:
    """The port of a sink that runs meanwhile."""
    process = subprocess.Popen([sys.executable, "-m", "bench.mail_sink"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(10)


if __name__ == "__main__":
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        server.daemon_threads = True
        server.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        print(server.server_address[1], flush=True)
        server.serve_forever()
