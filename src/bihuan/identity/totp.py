"""One-time codes by the clock (RFC 6238): SHA-1, six digits, half a minute, as every authenticator app makes them. Pure."""

import base64
import re
import secrets
from datetime import datetime

from pyotp.hotp import HOTP
from pyotp.totp import TOTP
from pyotp.utils import strings_equal

STEP_SECONDS = 30
#: The app's clock may be half a minute off, either way.
_DRIFT = 1
_CODE = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """160 random bits (RFC 4226 §4), base 32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def uri(secret: str, *, login: str, issuer: str) -> str:
    """What the QR code says: otpauth://totp/…"""
    return TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)


def code_at(secret: str, moment: datetime) -> str:
    """The code of a moment."""
    return HOTP(secret).at(_step(moment))


def step_of(secret: str, code: str, *, at: datetime, after: int) -> int | None:
    """Which half minute a code is of: this one or its neighbours, and later than `after`; None where it is of none."""
    code = code.replace(" ", "")
    if not _CODE.fullmatch(code):
        return None
    now, otp = _step(at), HOTP(secret)
    found = None
    for step in range(now - _DRIFT, now + _DRIFT + 1):
        # Every one is compared, whatever came of the one before.
        if strings_equal(otp.at(step), code) and step > after:
            found = step
    return found


def _step(moment: datetime) -> int:
    return int(moment.timestamp()) // STEP_SECONDS
