"""A real clamd on a socket of its own, whose only signature is the test file every scanner knows (EICAR)."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from bihuan.privacy.scanner import Clamd, ScannerAway

#: Harmless by agreement of all makers; in two parts, so that no scanner stops at this file.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
_SECONDS = 30


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Its address, once it answers."""
    program = shutil.which("clamd", path="/usr/sbin:/usr/bin:/sbin")
    assert program is not None, "apt-get install clamav-daemon (see `make setup`)"
    database = folder / "db"
    database.mkdir()
    (database / "test.ndb").write_text(f"Eicar-Test:0:*:{EICAR.hex()}\n")
    socket, config = folder / "clamd.sock", folder / "clamd.conf"
    config.write_text(
        f"LocalSocket {socket}\nDatabaseDirectory {database}\nForeground yes\nStreamMaxLength 4M\n"
        f"LogFile {folder}/log\nTemporaryDirectory {folder}\nMaxThreads 2\n"
    )
    process = subprocess.Popen(
        [program, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"unix://{socket}"
    try:
        asyncio.run(_answers(url))
        yield url
    finally:
        process.kill()
        process.wait()


async def _answers(url: str) -> None:
    until = monotonic() + _SECONDS
    while True:
        try:
            await Clamd(url).version()
        except ScannerAway:
            assert monotonic() < until, "clamd does not answer"
            await asyncio.sleep(0.1)
        else:
            return
