"""A device that makes passkeys (WebAuthn): P-256, no attestation. What it signs wrongly, a test asks of it."""

import base64
import hashlib
import json
import secrets
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

_PRESENT, _VERIFIED, _ELIGIBLE, _BACKED_UP, _ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


def _b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


class Device:
    """One device with at most one passkey. `counts`: whether it counts how often it signed."""

    def __init__(self, *, counts: bool = True) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)
        self.handle = b""
        self.count = 0
        self._counts = counts

    def make(
        self, options: dict[str, Any], *, origin: str = "http://desk", verified: bool = True
    ) -> dict[str, Any]:
        """The answer to navigator.credentials.create."""
        self.handle = base64.urlsafe_b64decode(options["user"]["id"] + "==")
        numbers = self._key.public_key().public_numbers()
        cose = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        )
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cose
        data = self._data(options["rp"]["id"], _ATTESTED | (_VERIFIED if verified else 0)) + attested
        told = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"], origin)
        response = {
            "clientDataJSON": _b64(client),
            "attestationObject": _b64(told),
            "transports": ["internal"],
        }
        return self._credential(response)

    def sign(
        self, options: dict[str, Any], *, origin: str = "http://desk", verified: bool = True, **wrong: Any
    ) -> dict[str, Any]:
        """The answer to navigator.credentials.get."""
        if self._counts:
            self.count += 1
        data = self._data(wrong.get("rp_id", options["rpId"]), _VERIFIED if verified else 0)
        client = self._client("webauthn.get", wrong.get("challenge", options["challenge"]), origin)
        key = wrong.get("key", self._key)
        signature = key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": _b64(client),
            "authenticatorData": _b64(data),
            "signature": _b64(signature),
            "userHandle": _b64(wrong.get("handle", self.handle)),
        }
        return self._credential(response)

    def _data(self, rp_id: str, flags: int) -> bytes:
        whole = flags | _PRESENT | _ELIGIBLE | _BACKED_UP
        return hashlib.sha256(rp_id.encode()).digest() + bytes([whole]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str, origin: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": _b64(self.id),
            "rawId": _b64(self.id),
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
        }
