"""The tree's files, and Python files as syntax trees."""

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "bihuan"
_EDGES = {"core", "api", "cli"}


@lru_cache(maxsize=1)
def python() -> dict[str, ast.Module]:
    """Every Python file of the product, by its path below src/bihuan."""
    return {
        str(f.relative_to(SRC)): ast.parse(f.read_text(encoding="utf-8")) for f in sorted(SRC.rglob("*.py"))
    }


def modules() -> set[str]:
    """The folders that are modules: everything but the core and the edges."""
    return {f.name for f in SRC.iterdir() if (f / "__init__.py").is_file()} - _EDGES


def imported(tree: ast.Module) -> Iterator[str]:
    """Every name a file imports, dotted, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(tree: ast.Module) -> Iterator[str]:
    """Every call by its dotted name as written, e.g. `datetime.now`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def texts(*folders: str) -> Iterator[tuple[str, str]]:
    """Text files below folders of the tree, by path."""
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*")):
            if (
                file.is_file()
                and "__pycache__" not in file.parts
                and file.suffix not in (".pyc", ".woff2", ".png", ".bin")
            ):
                # Fixtures of banks' exports are in GB 18030.
                yield str(file.relative_to(ROOT)), file.read_text(encoding="utf-8", errors="replace")
