"""What is in a release, as CycloneDX 1.6 JSON: the locked Python packages and those the web app is built from.

    python release/sbom.py dist/bihuan.sbom.cdx.json

Made from what is installed and locked here, without any registry; the same every time for the same locks.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
_LOCKED = re.compile(
    r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^ \\;]+)(?: *;[^\\\n]*)?((?:[^\n]*\\\n +--hash=sha256:[0-9a-f]{64})+)",
    re.MULTILINE,
)


def main() -> int:
    """Write the bill."""
    bill = _python()
    web = _web()
    bill["components"] += web["components"]
    bill["dependencies"] = [*bill.get("dependencies", []), *web["dependencies"]]
    bill["components"].sort(key=lambda c: c["bom-ref"])
    bill["dependencies"].sort(key=lambda d: d["ref"])
    to = Path(sys.argv[1])
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(json.dumps(bill, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{to}: {len(bill['components'])} components")
    return 0


def _python() -> dict[str, Any]:
    # Its own check would be of a part; the whole is checked where the tests are run whole.
    command = [BIN / "cyclonedx-py", "environment", "--no-validate", "--output-reproducible", "--sv", "1.6", "--of", "JSON", "--pyproject", ROOT / "pyproject.toml", sys.executable]  # fmt: skip
    bill: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    locked = _locked()
    bill["components"] = [c for c in bill["components"] if _plain(c["name"]) in locked]
    for one in bill["components"]:
        # An editable package's own folder is nobody's business.
        one.pop("externalReferences", None)
        told = [{"name": "bihuan:wheel-sha256", "value": h} for h in locked[_plain(one["name"])]]
        one["properties"] = [*one.get("properties", []), *told]
    bill["metadata"]["component"].pop("externalReferences", None)
    refs = {c["bom-ref"] for c in bill["components"]} | {bill["metadata"]["component"]["bom-ref"]}
    bill["dependencies"] = [
        {**d, **({"dependsOn": [r for r in d["dependsOn"] if r in refs]} if "dependsOn" in d else {})}
        for d in bill.get("dependencies", [])
        if d["ref"] in refs
    ]
    return bill


def _locked() -> dict[str, list[str]]:
    """Package → the SHA-256 of each file the lock takes for it."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return {_plain(m[1]): sorted(re.findall(r"sha256:([0-9a-f]{64})", m[3])) for m in _LOCKED.finditer(text)}


def _web() -> dict[str, Any]:
    command = ["npm", "sbom", "--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only"]
    env = {**os.environ, "PATH": f"{BIN.absolute()}:{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=ROOT / "web", env=env, check=True, capture_output=True)
    bill: dict[str, Any] = json.loads(done.stdout)
    # The web app itself is a part like its parts, and hangs below nothing of Python's.
    bill["components"].append({**bill["metadata"]["component"], "type": "application"})
    for one in bill["components"]:
        one.pop("externalReferences", None)
    return {"components": bill["components"], "dependencies": bill["dependencies"]}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
