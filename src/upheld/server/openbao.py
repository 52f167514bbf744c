"""A top key that stays in OpenBao (or Vault): its transit engine wraps and opens our keys and never gives its own out."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from upheld.core.errors import SealError, SettingError

SECONDS = 5.0
NAME_SIGNS = 16
NAMING = "the name of this key"
WRAPPED_MARK = b"vault:v"  # OpenBao's own, in front of everything that transit has sealed


@dataclass(frozen=True, slots=True)
class OpenBaoTopKey:
    """One transit key of type aes256-gcm96. `name` is a keyed hash made there, so it says which key without the address."""

    address: str
    token: str = field(repr=False)
    key: str
    name: str = ""

    @classmethod
    def reach(cls, address: str, token: str, key: str) -> OpenBaoTopKey:
        """The key with its name. Raises SettingError S710 when OpenBao does not answer, or not to this token."""
        nameless = cls(address.rstrip("/"), token, key)
        name = nameless.derive(NAMING).hex()[:NAME_SIGNS]
        return cls(nameless.address, token, key, name)

    def wrap(self, key: bytes, context: str) -> bytes:
        """The key sealed in OpenBao, bound to the context. Raises SettingError S710."""
        said = self._ask("encrypt", plaintext=encode(key), associated_data=encode(context.encode()))
        return str(said["ciphertext"]).encode("ascii")

    def unwrap(self, wrapped: bytes, context: str) -> bytes:
        """The key again. Raises SealError V802 when another top key wrapped it, or it was altered; SettingError S710."""
        if not wrapped.startswith(WRAPPED_MARK):
            raise SealError(
                "V802", f"the key of `{context}` was not wrapped by OpenBao", "give the top key it was made under"
            )
        try:
            said = self._ask("decrypt", ciphertext=wrapped.decode("ascii"), associated_data=encode(context.encode()))
            return base64.b64decode(said["plaintext"], validate=True)
        except (RefusedError, UnicodeDecodeError, binascii.Error):
            raise SealError(
                "V802",
                f"OpenBao's key `{self.key}` does not open the key of `{context}`",
                "give the top key it was made under, or restore the keys from their backup",
            ) from None

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose, made from the key's first version there and always the same. Raises SettingError S710."""
        text = encode(f"upheld/1 {purpose}".encode())
        try:
            said = self._ask("hmac", input=text, key_version=1, algorithm="sha2-256")
        except RefusedError as problem:
            raise self._refuse(str(problem)) from None
        return hashlib.sha256(str(said["hmac"]).encode()).digest()

    def _ask(self, what: str, **body: Any) -> Any:
        """OpenBao's answer. Raises RefusedError when it will not do this, SettingError S710 when it cannot be asked."""
        request = urllib.request.Request(  # noqa: S310 - environment.py let only https and loopback through
            f"{self.address}/v1/transit/{what}/{self.key}",
            data=json.dumps(body).encode(),
            headers={"X-Vault-Token": self.token, "Content-Type": "application/json"},
            method="POST",
        )
        try:
            with OPENER.open(request, timeout=SECONDS) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as problem:
            with problem:
                if problem.code == HTTPStatus.BAD_REQUEST:
                    raise RefusedError("status 400") from None
                raise self._refuse(f"status {problem.code}") from None
        except (OSError, ValueError, KeyError, TypeError):
            raise self._refuse("no answer") from None

    def _refuse(self, told: str) -> SettingError:
        return SettingError(
            "S710",
            f"OpenBao at `{self.address}` does not do what the key `{self.key}` is for: {told}",
            "check that it is unsealed, and that the token may encrypt, decrypt and hmac with this transit key",
        )


class RefusedError(Exception):
    """OpenBao read the question and answered no; stays in this room."""


class StayHere(urllib.request.HTTPRedirectHandler):
    """Follows nobody: the token goes to the one address that was named."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """No."""


# Also past the proxies that the environment names: they are for the web, and would see the token.
OPENER = urllib.request.build_opener(StayHere, urllib.request.ProxyHandler({}))


def encode(content: bytes) -> str:
    """Base64, as transit takes and gives everything."""
    return base64.b64encode(content).decode("ascii")
