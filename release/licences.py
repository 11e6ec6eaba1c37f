"""Which licence every package has that we use, by what is installed here; asks nobody.

python release/licences.py        prints them, and fails where one is not allowed by licences.yaml
"""

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).parent.parent
_NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", re.MULTILINE)


class Used(NamedTuple):
    """A package: `licence` as an SPDX expression or in the package's own words; `shipped`: it goes to who runs a desk."""

    name: str
    version: str
    licence: str
    shipped: bool


class Rules:
    """licences.yaml."""

    def __init__(self, path: Path = ROOT / "release" / "licences.yaml") -> None:
        read: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        self._shipped = frozenset(read["shipped"])
        self._development = self._shipped | frozenset(read["development"])
        self._names: dict[str, str] = read["names"]
        self._packages: dict[str, str] = read["packages"]

    def allow(self, one: Used) -> bool:
        """Whether it may be used: of several to choose from one is enough, of several together each is needed."""
        allowed = self._shipped if one.shipped else self._development
        said = _bare(self._packages.get(one.name, one.licence))
        return any(
            all(
                self._names.get(_bare(part), _bare(part)) in allowed for part in re.split(r" AND |, ", choice)
            )
            for choice in re.split(r" OR |; ", said)
        )


def _bare(text: str) -> str:
    text = text.strip()
    return text[1:-1].strip() if text.startswith("(") and text.endswith(")") else text


def used() -> list[Used]:
    """Every package there is here."""
    return [*_python(), *_node()]


def _python() -> Iterator[Used]:
    shipped = {_plain(n) for n in _NAME.findall((ROOT / "requirements.lock").read_text(encoding="utf-8"))}
    for one in distributions():
        name = _plain(one.metadata["Name"])
        if name != "bihuan":
            yield Used(name, one.version, _said(one), name in shipped)


def _said(one: Distribution) -> str:
    told = one.metadata
    classifiers = [
        c.rsplit(" :: ", 1)[-1] for c in told.get_all("Classifier", []) if c.startswith("License :: ")
    ]
    # «OSI Approved» alone names no licence.
    named = [c for c in classifiers if c not in ("OSI Approved", "DFSG approved")]
    return told.get("License-Expression") or "; ".join(named) or (told.get("License") or "").split("\n")[0]


def _node() -> Iterator[Used]:
    lock: dict[str, Any] = json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))
    for path, told in lock["packages"].items():
        installed = ROOT / "web" / path / "package.json"
        # What another system would need is in the lock and not here.
        if path and installed.is_file():
            read: dict[str, Any] = json.loads(installed.read_text(encoding="utf-8"))
            licence = read.get("license") or ""
            said = licence.get("type", "") if isinstance(licence, dict) else licence
            yield Used(f"npm:{read['name']}", read["version"], str(said), not told.get("dev", False))


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> int:
    """Print all; 1 where one is not allowed."""
    rules, refused = Rules(), 0
    for one in sorted(set(used())):
        bad = not rules.allow(one)
        refused += bad
        where = "shipped" if one.shipped else "development"
        print(
            f"{'REFUSED ' if bad else ''}{one.name} {one.version}: {one.licence or 'says nothing'} ({where})"
        )
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
