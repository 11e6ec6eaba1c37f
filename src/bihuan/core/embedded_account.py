"""The operating-system account PostgreSQL runs as: our own, or the system user `bihuan-db` when the desk is root.

What lies in that account's folders is written *as* that account, never as root: a link planted there leads nowhere.
"""

import os
import pwd
import stat
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec

from bihuan.core import log
from bihuan.core.embedded_problems import (
    AccountUnnamed,
    AccountUnusable,
    DiskFull,
    FolderUnusable,
    NotPrivate,
    disk_is_full,
    telling,
)

SYSTEM_ACCOUNT = "bihuan-db"
_ADD = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_ACCOUNT]
#: Nothing of the caller's environment (PG*, LD_*, a locale) reaches PostgreSQL; its messages stay English.
_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C",
    "TZ": "UTC",
}
_WRITE = 'cat > "$1.new" && mv -f -- "$1.new" "$1"'

logger = log.get(__name__)


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account by name and numbers; processes are started as it."""

    name: str
    uid: int
    gid: int

    @property
    def ours(self) -> bool:
        """Whether it is the account we run as, so that nothing need be dropped."""
        return self.uid == os.geteuid()

    def spawn(self, arguments: Sequence[str | Path], said: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start a server which outlives us: its own session (no Ctrl-C of ours), its words into the file `said`."""
        return subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
            cwd="/",
            env=_ENVIRONMENT,
            umask=0o077,
            user=None if self.ours else self.uid,
            group=None if self.ours else self.gid,
            extra_groups=None if self.ours else [],
        )

    def run(self, arguments: Sequence[str | Path], text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program to its end with `text` as its input; AccountUnusable where the account cannot be taken on."""
        try:
            return subprocess.run(
                arguments,
                input=text,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                check=False,
                cwd="/",
                env=_ENVIRONMENT,
                umask=0o077,
                user=None if self.ours else self.uid,
                group=None if self.ours else self.gid,
                extra_groups=None if self.ours else [],
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise AccountUnusable(account=self.name, reason=str(error)) from error

    def shell(self, script: str, path: Path, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run an sh script with `path` as its $1."""
        return self.run(["/bin/sh", "-c", script, "sh", path], text)

    def write(self, path: Path, text: str) -> None:
        """Write a file of mode 0600 in one stroke; DiskFull or FolderUnusable."""
        done = self.shell(_WRITE, path, text)
        if done.returncode and disk_is_full(done.stderr):
            raise DiskFull(folder=str(path.parent))
        if done.returncode:
            raise FolderUnusable(folder=str(path.parent), reason=done.stderr.strip())

    def may_enter(self, folder: Path) -> bool:
        """Whether the account can traverse to and into `folder` (asked of the kernel: modes, ACLs and all)."""
        return self.shell('test -x "$1"', folder).returncode == 0


def account_of(uid: int) -> Account:
    """The account with this number; PostgreSQL needs it to have a name, for `peer`."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise AccountUnnamed(uid=uid) from None
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def system_account() -> Account:
    """`bihuan-db`, created when missing (two starts at once may both try: one wins, both find it)."""
    try:
        return account_of(pwd.getpwnam(SYSTEM_ACCOUNT).pw_uid)
    except KeyError:
        logger.info("postgres.account_created", account=SYSTEM_ACCOUNT)
    done = account_of(os.geteuid()).run(_ADD)
    try:
        return account_of(pwd.getpwnam(SYSTEM_ACCOUNT).pw_uid)
    except KeyError:
        raise AccountUnusable(account=SYSTEM_ACCOUNT, reason=done.stderr.strip()) from None


def make_private(path: Path, account: Account) -> None:
    """Make `path`, or find it, a folder of mode 0700 of `account`; NotPrivate when it is anything else, or a link."""
    with telling(path), suppress(FileExistsError):  # what is there already is judged below
        path.mkdir(mode=0o700)
    try:
        opened = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        raise NotPrivate(path=str(path), user=account.name) from None
    try:
        # Ours and empty: just made, now or by a start that was cut short before handing it over.
        if os.fstat(opened).st_uid == os.geteuid() and not os.listdir(opened):
            os.fchmod(opened, 0o700)
            os.fchown(opened, account.uid, account.gid)
        found = os.fstat(opened)
    finally:
        os.close(opened)
    if found.st_uid != account.uid or stat.S_IMODE(found.st_mode) & 0o777 != 0o700:
        raise NotPrivate(path=str(path), user=account.name)
