"""What every answer tells browsers not to do with it. What a handler says itself stands; the rest is filled in here."""

from collections.abc import Mapping

from bihuan.core.settings import Settings

#: Nothing a page of ours needs.
PERMISSIONS = (
    "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(),"
    " magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
)
#: An answer is data, not a page: it loads nothing, runs nothing, and stands in no frame.
_EVERY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "permissions-policy": PERMISSIONS,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
#: A year, as browsers' preload lists ask; said only where the desk is reached by https.
_HSTS = "max-age=31536000; includeSubDomains"


def of_every_answer(settings: Settings) -> Mapping[bytes, bytes]:
    """Header → value, both as they go over the line."""
    told = {**_EVERY, "strict-transport-security": _HSTS} if settings.secure_cookies else _EVERY
    return {name.encode(): value.encode() for name, value in told.items()}
