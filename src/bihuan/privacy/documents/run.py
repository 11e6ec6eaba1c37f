"""Having a document read by a process of its own, within its bounds."""

import asyncio
import sys

import msgspec

from bihuan.core import log
from bihuan.privacy.documents.model import Bounds, Copy, Job, NotReadable, Told

#: Beyond the seconds of computing that a document may take: starting, and waiting for a processor.
_GRACE_SECONDS = 30
#: A copy is larger than its original where text becomes a picture; beyond this it is no copy but an attack.
_MOST_ANSWER = 512 << 20
#: Nothing of the desk's own surroundings: no settings, no keys, no addresses.
_SURROUNDINGS = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "HOME": "/nonexistent"}
_log = log.get("documents")


async def read_apart(content: bytes, content_type: str, bounds: Bounds) -> Copy:
    """The redacted copy, made in a process of its own. Raises NotReadable, also where that process ended or took too
    long.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-m",
        "bihuan.privacy.documents.child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_SURROUNDINGS,
        cwd="/",
    )
    job = msgspec.json.encode(Job(content_type=content_type, bounds=bounds)) + b"\n"
    try:
        async with asyncio.timeout(bounds.seconds + _GRACE_SECONDS):
            answer, _ = await process.communicate(job + content)
    except TimeoutError as error:
        raise NotReadable("too_slow") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _copy(answer, process.returncode or 0)


def _copy(answer: bytes, code: int) -> Copy:
    line, end, content = answer.partition(b"\n")
    if code != 0 or not end or len(answer) > _MOST_ANSWER:
        # -9 and -24: the kernel ended it, for its memory or its computing time.
        _log.warning("document_reader_ended", code=code)
        raise NotReadable("too_slow" if code in (-9, -24) else "crashed")
    told = msgspec.json.decode(line, type=Told)
    if told.reason is not None:
        raise NotReadable(told.reason)
    return Copy(
        content=content,
        content_type=told.content_type,
        findings=told.findings,
        left_out=told.left_out,
    )
