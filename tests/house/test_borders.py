"""Who may import what of whom, beyond the layers that import-linter keeps."""

from tests.house.sources import SRC, imported, modules, python

#: What a module lends beside its root: the loaded packs are a verb's argument everywhere above.
_LENT = {"casetypes.store"}
_WIRED = {"routes", "jobs"}
_FRAMEWORK = {"litestar", "granian"}


def _is_submodule(module: str, name: str) -> bool:
    at = SRC / module / name
    return at.with_suffix(".py").is_file() or (at / "__init__.py").is_file()


def _private(path: str) -> set[str]:
    """What a file imports from inside another module."""
    own = path.split("/", maxsplit=1)[0].removesuffix(".py")
    found: set[str] = set()
    for name in imported(python()[path]):
        parts = name.split(".")
        if parts[0] != "bihuan" or len(parts) < 3 or parts[1] == own or parts[1] not in modules():
            continue
        wired = own == "app" and parts[2] in _WIRED
        if _is_submodule(parts[1], parts[2]) and f"{parts[1]}.{parts[2]}" not in _LENT and not wired:
            found.add(f"{parts[1]}.{parts[2]}")
    return found


def test_a_module_is_entered_by_its_door() -> None:
    found = {path: private for path in python() if (private := _private(path))}
    assert found == {}


def test_only_the_edges_know_the_web_framework() -> None:
    allowed = {"app.py", "cli/serving.py"}
    found = [
        path
        for path, tree in python().items()
        if path not in allowed
        and not path.startswith("api/")
        and not path.endswith("/routes.py")
        and {name.split(".")[0] for name in imported(tree)} & _FRAMEWORK
    ]
    assert found == []


def test_every_folder_is_a_module_that_says_what_it_owns() -> None:
    for name in modules():
        tree = python()[f"{name}/__init__.py"]
        first = getattr(tree.body[0], "value", None) if tree.body else None
        assert first is not None and len(str(getattr(first, "value", ""))) > 40, name
