"""Collects what is wrong in a pack's files, all at once, each with what to write instead."""

from collections.abc import Collection
from difflib import get_close_matches

from bihuan.casetypes.answers import PackProblem
from bihuan.casetypes.messages import MESSAGES

#: How many names a suggestion lists when none is near.
_LISTED = 14


class Findings:
    """The problems of one file; `beside` opens another file of the same pack into the same list."""

    def __init__(self, file: str, into: list[PackProblem] | None = None) -> None:
        self.file = file
        self.problems: list[PackProblem] = [] if into is None else into

    def beside(self, file: str) -> "Findings":
        """Findings of another file, kept in the same list."""
        return Findings(file, self.problems)

    def add(self, line: int, code: str, **params: str | int) -> None:
        """Adds the problem `code` of MESSAGES; `fix` may be given as a pair by `add_choice`."""
        self._add(line, code, params, params)

    def add_choice(self, line: int, code: str, allowed: Collection[str], **params: str | int) -> None:
        """Adds a problem whose fix is the name nearest to `params["name"]`, or the names allowed."""
        zh, en = nearest(str(params["name"]), allowed)
        self._add(line, code, {**params, "fix": zh}, {**params, "fix": en})

    def _add(self, line: int, code: str, zh: dict[str, str | int], en: dict[str, str | int]) -> None:
        texts = MESSAGES[code]
        self.problems.append(
            PackProblem(
                file=self.file,
                line=line,
                message_zh=texts[0].format(**zh),
                message_en=texts[1].format(**en),
                suggestion_zh=texts[2].format(**zh),
                suggestion_en=texts[3].format(**en),
            )
        )


def nearest(name: str, allowed: Collection[str]) -> tuple[str, str]:
    """What to write instead, in zh and en."""
    near = get_close_matches(name, list(allowed), n=1, cutoff=0.6)
    if near:
        return f"写成 {near[0]}", f"write {near[0]}"
    if not allowed:
        return f"删去 {name}", f"remove {name}"
    names = ", ".join(list(allowed)[:_LISTED]) + (" …" if len(allowed) > _LISTED else "")
    return f"可用的有：{names}", f"one of: {names}"
