"""What a due moment rests on where days off are not in the calendar yet, in words, pure, in Chinese and English."""

from collections.abc import Sequence
from datetime import datetime

from bihuan.core.problems import Language
from bihuan.sla.calendar import Calendar

_DECEMBER = 12


def provisional_text(calendar: Calendar, years: Sequence[int], *, now: datetime, language: Language) -> str:
    """That a due moment rests on days off not yet announced, or announced and not imported, and what it is reckoned by
    meanwhile: the days by law where the calendar has them, else weekends alone.
    """
    this = now.astimezone(calendar.zone).year
    # A day off in December is of the next year's notice.
    by_law = {d.on.year for d in calendar.body.days if d.kind == "holiday" and d.on.month != _DECEMBER}
    alike: dict[tuple[bool, bool], list[int]] = {}
    for year in years:
        alike.setdefault((year > this, year in by_law), []).append(year)
    told = [_rests_on(of, ahead, lawful, language) for (ahead, lawful), of in alike.items()]
    return ("" if language == "zh" else " ").join(told)


def _rests_on(years: Sequence[int], ahead: bool, lawful: bool, language: Language) -> str:
    if language == "zh":
        out = ("尚未公布", "公布") if ahead else ("未导入日历", "导入")
        by = "按法定节日与周末" if lawful else "仅按周末"
        return f"{'、'.join(_year_runs(years))} 年放假安排{out[0]}，{by}推算，{out[1]}后重算。"
    out = "not yet announced" if ahead else "not in the calendar"
    by = "statutory holidays and weekends" if lawful else "weekends alone"
    return f"The days off of {' and '.join(_year_runs(years))} are {out}: reckoned by {by}, and again once they are."


def _year_runs(years: Sequence[int]) -> list[str]:
    """2027, 2028; of three on end and more the first and the last: 2029–2036."""
    runs: list[list[int]] = []
    for year in years:
        if runs and runs[-1][-1] == year - 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    told = [[f"{run[0]}–{run[-1]}"] if len(run) > 2 else [str(year) for year in run] for run in runs]
    return [text for run in told for text in run]
