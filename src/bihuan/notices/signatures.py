"""Signatures of the three vendors: of what our robots say, and of what the vendors call back with. Pure.

Robots: DingTalk signs by the secret, Feishu by a key made of time and secret over nothing at all; WeCom does not sign.
Callbacks: WeCom, WeChat and DingTalk by SHA-1 over the sorted parts, Feishu by SHA-256 over the raw body.
"""

import base64
import hashlib
import hmac
from datetime import datetime


def dingtalk(at: datetime, secret: str) -> tuple[str, str]:
    """A robot's timestamp (milliseconds) and signature (base64)."""
    stamp = str(int(at.timestamp() * 1000))
    made = hmac.digest(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256)
    return stamp, base64.b64encode(made).decode()


def feishu(at: datetime, secret: str) -> tuple[str, str]:
    """A robot's timestamp (seconds) and signature (base64)."""
    stamp = str(int(at.timestamp()))
    made = hmac.digest(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256)
    return stamp, base64.b64encode(made).decode()


def callback_is_signed(
    signature: str, token: str, timestamp: str, nonce: str, *, encrypted: str = ""
) -> bool:
    """Whether WeCom, WeChat (in clear: without `encrypted`) or DingTalk have signed a callback by this token."""
    parts = sorted(part for part in (token, timestamp, nonce, encrypted) if part)
    # The vendors' choice; nothing of ours is signed by it.
    made = hashlib.sha1("".join(parts).encode(), usedforsecurity=False).hexdigest()
    return hmac.compare_digest(made, signature)


def feishu_event_is_signed(signature: str, key: str, timestamp: str, nonce: str, *, body: bytes) -> bool:
    """Whether Feishu has signed this raw body by this encryption key."""
    made = hashlib.sha256((timestamp + nonce + key).encode() + body).hexdigest()
    return hmac.compare_digest(made, signature)
