"""The texts of a pack in both languages, matched to case.yaml: what is asked for must be there, what is
there asked for.
"""

from pathlib import Path

from bihuan.casetypes.findings import Findings
from bihuan.casetypes.model import Text
from bihuan.casetypes.source import Leaf, Table, load, walk
from bihuan.core.problems import Language

LANGUAGES: tuple[Language, Language] = ("zh", "en")
Key = tuple[str, ...]


class Texts:
    """Hands out texts by path (`fields`, `reason`, `label`) and remembers which were used."""

    def __init__(self, folder: Path, found: Findings) -> None:
        self._files = {language: _Texts(folder, language, found) for language in LANGUAGES}
        self._asked: set[Key] = set()

    def take(self, *path: str) -> Text:
        """The text in both languages; a language without it is a finding."""
        self._asked.add(path)
        zh, en = (self._files[language].take(path) for language in LANGUAGES)
        return Text(zh=zh, en=en)

    def maybe(self, *path: str) -> Text | None:
        """The text, if either language has it (then the other must too)."""
        self._asked.add(path)
        return self.take(*path) if any(self._files[language].has(path) for language in LANGUAGES) else None

    def finish(self) -> None:
        """Reports every text nothing asked for."""
        for language in LANGUAGES:
            self._files[language].report_extra(self._asked)


class _Texts:
    """One language's file."""

    def __init__(self, folder: Path, language: Language, found: Findings) -> None:
        self._language = language
        self._found = found.beside(str(folder / f"texts.{language}.yaml"))
        tree = load(folder / f"texts.{language}.yaml", self._found)
        self._broken = tree is None
        self._texts: dict[Key, str] = {}
        self._lines: dict[Key, int] = {}
        for path, line, node in walk(tree or Table(line=1, pairs=())):
            self._lines[path] = line
            if isinstance(node, Leaf) and node.text.strip():
                self._texts[path] = node.text.strip()
            elif not isinstance(node, Table):
                self._found.add(line, "want_text", where=".".join(path))
                self._texts[path] = ""

    def has(self, path: Key) -> bool:
        return path in self._texts

    def take(self, path: Key) -> str:
        if path not in self._texts and not self._broken:
            self._found.add(
                self._nearest_line(path), "text_missing", language=self._language, name=".".join(path)
            )
        return self._texts.get(path, "")

    def report_extra(self, asked: set[Key]) -> None:
        for path in self._texts:
            if path not in asked:
                beside = sorted(
                    ".".join(each) for each in asked if each not in self._texts and each[:-1] == path[:-1]
                )
                self._found.add_choice(self._lines[path], "text_extra", beside, name=".".join(path))

    def _nearest_line(self, path: Key) -> int:
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)
