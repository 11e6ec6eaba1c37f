"""Documents: what stands in a file, and a copy of it in which nothing personal is left.

Owns the formats. Promises that a copy is made of what a reader sees and nothing else, and that a document made to do
harm ends the process that reads it and nothing else. Refuses what it cannot read whole, and says why.
"""

from bihuan.privacy.documents.model import Bounds, Copy, NotReadable, Reason
from bihuan.privacy.documents.run import read_apart
from bihuan.privacy.documents.schema import ODP, ODS, ODT
from bihuan.privacy.documents.tree import without_secrets

__all__ = [
    "ODP",
    "ODS",
    "ODT",
    "Bounds",
    "Copy",
    "NotReadable",
    "Reason",
    "read_apart",
    "without_secrets",
]
