"""Evidence packages over HTTP: made when asked for, given piece by piece, kept nowhere."""

from typing import IO

from bihuan.core.http import Answer, Call, operation
from bihuan.tickets import package
from bihuan.tickets.file_types import download_headers
from bihuan.tickets.package_model import EXPORT, ExportEvidence

_PIECE = 256 * 1024


class _Pieces:
    """A file as a stream; closed when it ends or nobody listens any more."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    async def next(self) -> bytes:
        return self._file.read(_PIECE)

    def close(self) -> None:
        self._file.close()


@operation(
    "POST",
    "/tickets/{id}/evidence-package",
    zh="导出证据包",
    en="Take an evidence package out",
    permission=EXPORT,
    takes=ExportEvidence,
    gives=bytes,
    apart=True,
    confirms=True,
)
async def post_package(call: Call) -> Answer:
    """A ZIP of everything that happened on a ticket with all that proves it, to be checked offline by `verify_evidence.py`."""
    made = await package.make(call.desk, call.actor, call.path["id"], call.body)
    headers = {**download_headers(made.name), "content-length": str(made.size)}
    return Answer(stream=_Pieces(made.file), media_type="application/zip", headers=headers)
