"""A small OpenBao for tests: transit's encrypt, decrypt and hmac over AES-GCM, on a port of this machine."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN = "s.token-of-the-tests"  # noqa: S105 - opens this fake alone


@dataclass(slots=True)
class Bao:
    """Its address, its transit keys by name, and what it was asked."""

    address: str = ""
    keys: dict[str, bytes] = field(default_factory=lambda: {"upheld": secrets.token_bytes(32)})
    asked: list[str] = field(default_factory=list)
    is_sealed: bool = False

    def answer(self, what: str, key: bytes, body: dict[str, Any]) -> dict[str, str]:
        bound = base64.b64decode(body.get("associated_data", ""))
        if what == "hmac":
            digest = hmac.digest(key, base64.b64decode(body["input"]), hashlib.sha256)
            return {"hmac": "vault:v1:" + base64.b64encode(digest).decode()}
        if what == "encrypt":
            nonce = secrets.token_bytes(12)
            sealed = nonce + AESGCM(key).encrypt(nonce, base64.b64decode(body["plaintext"]), bound)
            return {"ciphertext": "vault:v1:" + base64.b64encode(sealed).decode()}
        sealed = base64.b64decode(body["ciphertext"].removeprefix("vault:v1:"))
        return {"plaintext": base64.b64encode(AESGCM(key).decrypt(sealed[:12], sealed[12:], bound)).decode()}


def make_handler(bao: Bao) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            *_, what, name = self.path.split("/")
            bao.asked.append(what)
            if bao.is_sealed:
                return self.say(503, {"errors": ["Vault is sealed"]})
            if self.headers["X-Vault-Token"] != TOKEN:
                return self.say(403, {"errors": ["permission denied"]})
            try:
                return self.say(200, {"data": bao.answer(what, bao.keys[name], body)})
            except (InvalidTag, ValueError, KeyError):
                return self.say(400, {"errors": ["invalid ciphertext: unable to decrypt"]})

        def say(self, status: int, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@contextmanager
def run_bao() -> Iterator[Bao]:
    bao = Bao()
    server = ThreadingHTTPServer(("127.0.0.1", 0), make_handler(bao))
    bao.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield bao
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
