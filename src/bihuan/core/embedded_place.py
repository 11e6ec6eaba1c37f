"""Where a desk's cluster and its socket lie, and as whom its PostgreSQL runs.

Usually both lie in the desk's data folder. Root's desk runs PostgreSQL as `bihuan-db`; where that account cannot pass
to the data folder (below /root), the cluster lies under /var/lib/bihuan and `postgres.location` in the data folder
says where. The permissions of folders we did not make are never changed.
"""

import hashlib
import os
import stat
import sys
from itertools import count
from pathlib import Path

import msgspec

from bihuan.core import log
from bihuan.core.embedded_account import SYSTEM_ACCOUNT, Account, account_of, make_private, system_account
from bihuan.core.embedded_problems import (
    ClusterMissing,
    ClusterOfAnotherUser,
    NotPrivate,
    PointerUnreadable,
    telling,
)
from bihuan.core.embedded_programs import SHARED, shared_folder

PORT = 5432
CLUSTER = "postgres"
SOCKETS = "postgres.run"
POINTER = "postgres.location"
UNFINISHED = "postgres.new"
#: Bytes a socket's address may have: sun_path less its NUL.
ADDRESS_BYTES = 107 if sys.platform == "linux" else 103

logger = log.get(__name__)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """The cluster's folder, the folder of its socket (both 0700), and the account which owns both."""

    cluster: Path
    sockets: Path
    account: Account

    @property
    def socket(self) -> Path:
        return self.sockets / f".s.PGSQL.{PORT}"


def existing_place(folder: Path) -> Place | None:
    """Where the cluster of the data folder lies, if there is one. Makes and changes nothing."""
    with telling(folder):
        cluster = _pointed(folder) or folder / CLUSTER
        try:
            found = cluster.lstat()
        except FileNotFoundError:
            return None
    if not stat.S_ISDIR(found.st_mode):
        raise NotPrivate(path=str(cluster), user=account_of(os.geteuid()).name)
    return _place(cluster, _runs_as(cluster, found.st_uid))


def new_place(folder: Path) -> Place:
    """Where the cluster of a data folder without one shall lie; makes the account if need be."""
    if os.geteuid() != 0:
        return _place(folder / CLUSTER, account_of(os.geteuid()))
    account = system_account()
    if account.may_enter(folder):
        return _place(folder / CLUSTER, account)
    shared = shared_folder(SHARED / _free_name(folder))
    logger.warning(
        "postgres.lies_elsewhere", folder=str(folder), account=account.name, cluster=str(shared / CLUSTER)
    )
    return _place(shared / CLUSTER, account)


def remember(folder: Path, place: Place) -> None:
    """Keep in the data folder, durably, where its cluster lies, if it lies elsewhere."""
    if place.cluster.parent == folder:
        return
    fresh = folder / f"{POINTER}.new"
    with telling(folder):
        fresh.unlink(missing_ok=True)
        with fresh.open("x", encoding="utf-8") as file:
            file.write(f"{place.cluster}\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(folder / POINTER)
        sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def make_socket_folder(place: Place) -> None:
    """Make the socket's folder, and the account's own folder around it where it lies apart (/run is empty at boot)."""
    if place.sockets.parent != place.cluster.parent:
        make_private(place.sockets.parent, place.account)
    make_private(place.sockets, place.account)


def _place(cluster: Path, account: Account) -> Place:
    place = Place(cluster=cluster, sockets=cluster.with_name(SOCKETS), account=account)
    if len(os.fsencode(place.socket)) <= ADDRESS_BYTES:
        return place
    # Not $XDG_RUNTIME_DIR: it goes when the user signs out, and the server stays.
    apart = Path("/run" if account.name == SYSTEM_ACCOUNT and Path("/run").is_dir() else "/tmp")
    return msgspec.structs.replace(place, sockets=apart / f"bihuan-{account.uid}" / _short(cluster))


def _short(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def _free_name(folder: Path) -> str:
    """The folder's short name, numbered where a cluster is left of a former folder of the same path: it is not ours."""
    names = (_short(folder) if number == 1 else f"{_short(folder)}-{number}" for number in count(1))
    return next(name for name in names if not (SHARED / name / CLUSTER).exists())


def _pointed(folder: Path) -> Path | None:
    """The cluster `postgres.location` points to; only below SHARED, so that a planted pointer leads nowhere else."""
    pointer = folder / POINTER
    try:
        cluster = Path(pointer.read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return None
    except ValueError:  # no text at all
        raise PointerUnreadable(pointer=str(pointer)) from None
    if cluster.name != CLUSTER or cluster.parent.parent != SHARED:
        raise PointerUnreadable(pointer=str(pointer))
    if not cluster.exists() and not cluster.with_name(UNFINISHED).exists():
        raise ClusterMissing(pointer=str(pointer), cluster=str(cluster))
    return cluster


def _runs_as(cluster: Path, owner: int) -> Account:
    """The cluster's owner, if we are it, or root and it is not: root's start of a user's desk runs as that user."""
    us = os.geteuid()
    if owner == us != 0:
        return account_of(us)
    if us != 0 or owner == 0:
        needed = account_of(us).name if us != 0 else SYSTEM_ACCOUNT
        raise ClusterOfAnotherUser(cluster=str(cluster), owner=account_of(owner).name, user=needed)
    return account_of(owner)
