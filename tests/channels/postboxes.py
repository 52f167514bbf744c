"""An IMAP server for tests: one account, folders in memory, and as much of RFC 9051 as a mailbox of ours asks for."""

from __future__ import annotations

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

USER, PASSWORD = "desk", "seven kites"


@dataclass(slots=True)
class Kept:
    """One message in a folder."""

    uid: int
    content: bytes
    flags: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Postbox:
    """The folders of the account; `can_move` says whether the server knows MOVE."""

    folders: dict[str, list[Kept]] = field(default_factory=lambda: {"INBOX": []})
    can_move: bool = True
    port: int = 0
    fetched: list[str] = field(default_factory=list)
    breaks_at: str = ""
    next_uid: int = 1

    def deliver(self, content: bytes, folder: str = "INBOX") -> str:
        """The UID of a new message."""
        self.folders.setdefault(folder, []).append(Kept(self.next_uid, content))
        self.next_uid += 1
        return str(self.next_uid - 1)


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.box: Postbox = self.server.box  # type: ignore[attr-defined]  # given below
        self.folder = ""
        self.say("* OK ready")
        while line := self.rfile.readline():
            tag, _, rest = line.decode().strip().partition(" ")
            word = rest.upper().removeprefix("UID ").split(" ")[0]
            if self.box.breaks_at == word:
                return
            if not self.answer(tag, rest, word):
                return

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def answer(self, tag: str, rest: str, word: str) -> bool:
        if word == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1 UIDPLUS" + (" MOVE" if self.box.can_move else ""))
        elif word == "LOGIN":
            if rest.split(" ", 2)[1:] != [USER, f'"{PASSWORD}"']:
                self.say(f"{tag} NO [AUTHENTICATIONFAILED] no")
                return True
        elif word == "LOGOUT":
            self.say("* BYE")
            self.say(f"{tag} OK")
            return False
        elif word == "CREATE":
            self.box.folders.setdefault(rest.split('"')[1], [])
        elif word == "SELECT":
            self.folder = rest.split('"')[1]
            if self.folder not in self.box.folders:
                self.say(f"{tag} NO no such folder")
                return True
            self.say(f"* {len(self.box.folders[self.folder])} EXISTS")
            self.say("* OK [UIDVALIDITY 7] stays")
        elif word == "EXPUNGE":
            kept = self.box.folders[self.folder]
            self.box.folders[self.folder] = [one for one in kept if r"\Deleted" not in one.flags]
        else:
            self.do(rest, word)
        self.say(f"{tag} OK done")
        return True

    def do(self, rest: str, word: str) -> None:
        kept = self.box.folders[self.folder]
        if word == "SEARCH":
            found = [str(one.uid) for one in kept if r"\Deleted" not in one.flags]
            self.say("* SEARCH " + " ".join(found))
            return
        uid = rest.split(" ")[2]
        one = next((one for one in kept if str(one.uid) == uid), None)
        if one is None:
            return
        if word == "FETCH":
            self.box.fetched.append(rest)
            most = int(re.search(r"<0\.(\d+)>", rest)[1])  # type: ignore[index]  # we always ask so
            part = one.content[:most]
            self.wfile.write(
                f"* 1 FETCH (UID {uid} RFC822.SIZE {len(one.content)} BODY[]<0> {{{len(part)}}}\r\n".encode()
            )
            self.wfile.write(part + b")\r\n")
        elif word == "STORE":
            one.flags.add(rest.split("(")[1].rstrip(")"))
        elif word in ("MOVE", "COPY"):
            self.box.folders[rest.split('"')[1]].append(Kept(one.uid, one.content, set(one.flags)))
            if word == "MOVE":
                kept.remove(one)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, box: Postbox, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.box = box
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is part of the tests."""


@contextmanager
def open_postbox(context: ssl.SSLContext, **options: Any) -> Iterator[Postbox]:
    """A server on a free port of this machine."""
    box = Postbox(**options)
    server = _Server(box, context)
    box.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        server.server_close()
