"""The file a person is given: a ZIP with the same in two forms, one to be read and one for programs. Pure.

`person.html` needs nothing but a browser: no script, nothing from elsewhere. `person.json` has the same sections.
"""

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from html import escape

import msgspec

from bihuan.core.problems import Language
from bihuan.customers.access_parts import Fact, Item, Line, Section, Told, moment

_TITLE = ("我的个人信息", "My personal data")
_MADE = ("{desk} 于 {at} 生成（北京时间）", "Made by {desk} on {at} (Beijing time)")
_READ = (
    "这是我们所持有的您的个人信息。文件含未遮盖的号码，请妥善保管，不要转发。",
    "This is the personal data we hold of you. It holds numbers in clear: keep it safe and do not pass it on.",
)
_STYLE = (
    ":root{color-scheme:light dark}body{max-width:46rem;margin:2rem auto;padding:0 1rem;line-height:1.65;"
    "font-family:system-ui,'PingFang SC','Microsoft YaHei','Noto Sans SC',sans-serif;overflow-wrap:anywhere}"
    "h1{font-size:1.6rem}h2{margin-top:2.5rem;border-bottom:1px solid;font-size:1.25rem}h3{font-size:1.05rem}"
    "dl{display:grid;grid-template-columns:minmax(7rem,auto) 1fr;gap:.25rem 1rem}dt{opacity:.75}dd{margin:0}"
    "ol{list-style:none;padding:0}li{margin:.75rem 0}blockquote{margin:.25rem 0 0;padding-left:.75rem;"
    "border-left:3px solid;white-space:pre-wrap}small{opacity:.75}"
)


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """What `person.json` holds. `format` is raised when its shape changes."""

    format: int
    made_at: datetime
    made_by: str
    language: Language
    sections: Sequence[Section]


def archive(told: Told, *, at: datetime, desk: str, language: Language) -> bytes:
    """The ZIP. The same for the same content: times within it are the moment it was made."""
    person = Person(format=1, made_at=at, made_by=desk, language=language, sections=told.sections)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in (
            ("person.html", page(person).encode()),
            ("person.json", msgspec.json.format(msgspec.json.encode(person), indent=2)),
            *((file.path, file.content) for file in told.files),
        ):
            made.writestr(zipfile.ZipInfo(name, date_time=at.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def page(person: Person) -> str:
    """The page to be read: self-contained."""
    which = 0 if person.language == "zh" else 1
    title, made = _TITLE[which], _MADE[which].format(desk=person.made_by, at=moment(person.made_at))
    body = "".join(_section(section) for section in person.sections)
    return (
        f'<!doctype html><html lang="{"zh-CN" if which == 0 else "en"}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main><h1>{escape(title)}</h1>"
        f"<p><small>{escape(made)}</small></p><p>{escape(_READ[which])}</p>{body}</main></body></html>"
    )


def _section(section: Section) -> str:
    notes = "".join(f"<p>{escape(note)}</p>" for note in section.notes)
    items = "".join(_item(item) for item in section.items)
    return f"<section><h2>{escape(section.title)}</h2>{items}{notes}</section>"


def _item(item: Item) -> str:
    facts = "".join(_fact(fact) for fact in item.facts)
    lines = "".join(_line(line) for line in item.lines)
    return (
        f"<h3>{escape(item.title)}</h3>"
        + (f"<dl>{facts}</dl>" if facts else "")
        + (f"<ol>{lines}</ol>" if lines else "")
    )


def _fact(fact: Fact) -> str:
    return f"<dt>{escape(fact.label)}</dt><dd>{escape(fact.value)}</dd>"


def _line(line: Line) -> str:
    head = f"<small>{escape(moment(line.at))} · {escape(line.by)}</small>"
    return f"<li>{head}<blockquote>{escape(line.text)}</blockquote></li>"
