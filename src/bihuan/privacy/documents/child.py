"""The process in which one document is read: its own memory, time and open files, none of the desk's secrets.

A job as one line of JSON and the document's bytes come in; what was found as one line and the copy's bytes go out. A
document made to do harm ends this process and nothing else.
"""

import resource
import sys

import msgspec

from bihuan.privacy.documents.model import Job, NotReadable, Told
from bihuan.privacy.documents.redact import redact

_MOST_FILES = 128


def main() -> None:
    """Read one document."""
    source = sys.stdin.buffer
    job = msgspec.json.decode(source.readline(), type=Job)
    for what, most in (
        (resource.RLIMIT_AS, job.bounds.memory),
        (resource.RLIMIT_CPU, job.bounds.seconds),
        (resource.RLIMIT_NOFILE, _MOST_FILES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        resource.setrlimit(what, (most, most))
    content = source.read()
    try:
        copy = redact(content, job.content_type, job.bounds)
    except NotReadable as refused:
        _answer(Told(reason=refused.reason))
        return
    except (MemoryError, RecursionError):
        _answer(Told(reason="too_big"))
        return
    told = Told(content_type=copy.content_type, findings=copy.findings, left_out=copy.left_out)
    _answer(told, copy.content)


def _answer(told: Told, content: bytes = b"") -> None:
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n" + content)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
