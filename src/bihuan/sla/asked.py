"""Which version a request asks for."""

from bihuan.core.http import Call, Query
from bihuan.core.problems import NotFound

MOST_VERSION = 1_000_000
VERSION = Query(
    name="version",
    schema={"type": "integer", "minimum": 1},
    zh="版本，缺省为当前生效者",
    en="Version; the one that holds unless given",
)


def asked_version(call: Call) -> int | None:
    """The query's; None: the one that holds."""
    return call.number("version", default=0, most=MOST_VERSION) or None


def path_version(call: Call) -> int:
    """The path's. Raises NotFound where it is no number."""
    text = call.path["version"]
    if not text.isascii() or not text.isdigit() or len(text) > len(str(MOST_VERSION)):
        raise NotFound
    return int(text)
