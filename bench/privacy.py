"""Recall and precision of detection by kind and form, secrets destroyed that were none, and speed.

    python bench/privacy.py [--each 30] [--data ../shared/data] [--seed 5] [--check]

Texts are made from sentences held apart from development (`privacy_templates_heldout.py`) and made-up values in every
form (`privacy_grammar.py`). Recall: the value is covered, by a hit of its kind. Precision: of all that is found, how much
stands on a value. Real texts follow where they are (English questions, complaints, labelled vectors); what is absent is
said so. Speed is measured on one core, beside the floor of the same run: one `str.translate` and one pass of one regex.

The figures come last, one `name value` a line. `--check` exits 1 where a goal is missed.
"""

import argparse
import csv
import json
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bihuan.privacy.detect import detect
from bihuan.privacy.mask import mask_text
from bihuan.privacy.prefixes import scheme_of
from privacy_grammar import KINDS, Item, card, reference
from privacy_templates_heldout import NOTHING, TEMPLATES

GOAL_RECALL = 0.99
GOAL_PRECISION = 0.98
GOAL_MEGABYTES = 5.0
#: The goal on any machine: how many times the floor a text may cost. The floor does 60 to 100 MB/s.
GOAL_TIMES_FLOOR = 20.0
SECRETS = frozenset({"cvv", "pin", "one_time_code", "expiry", "security_answer", "track_data"})


def items(each: int, rng: random.Random) -> Iterator[Item]:
    """Every template with `each` rounds of values in every form; then what holds nothing."""
    for name, (kind, forms, _) in KINDS.items():
        for template in TEMPLATES[name]:
            for _ in range(max(1, each // len(TEMPLATES[name]))):
                for written in forms(rng):
                    before, _, after = template.replace("{card}", card(rng)).partition("{}")
                    before, after = (part.replace("{{", "{").replace("}}", "}") for part in (before, after))
                    text = before + written.text + after
                    yield Item(
                        text, len(before), len(before) + len(written.text), kind, f"{name} / {written.form}"
                    )
    for template in NOTHING:
        for _ in range(each):
            yield Item(template.format(**reference(rng)), 0, 0, None, "nothing")


class Score:
    """Counts by form."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self.exact: Counter[str] = Counter()
        self.right: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()

    def add(self, item: Item) -> None:
        spans = detect(item.text)
        if item.kind is not None:
            self.asked[item.form] += 1
            own = [s for s in spans if s.kind == item.kind and s.start < item.end and s.end > item.start]
            self.found[item.form] += any(
                s.start <= item.start + 1 and s.end >= item.end - 1 for s in own
            ) or _covers(own, item)
            self.exact[item.form] += any((s.start, s.end) == (item.start, item.end) for s in own)
        for span in spans:
            is_right = item.kind is not None and span.start < item.end and span.end > item.start
            # The card that stands beside an expiry date is one, too.
            is_right = is_right or ("expiry" in item.form and span.kind == "card_number")
            (self.right if is_right else self.wrong)[span.kind] += 1

    def recall(self, name: str) -> float:
        asked = sum(n for form, n in self.asked.items() if form.split(" / ")[0] == name)
        return sum(n for form, n in self.found.items() if form.split(" / ")[0] == name) / asked

    def precision(self, kind: str) -> float:
        total = self.right[kind] + self.wrong[kind]
        return self.right[kind] / total if total else 1.0


def _covers(spans: Sequence[object], item: Item) -> bool:
    covered = {place for span in spans for place in range(span.start, span.end)}  # pyright: ignore
    wanted = [p for p in range(item.start, item.end) if item.text[p].isalnum()]
    return sum(p in covered for p in wanted) >= 0.9 * len(wanted)


def report(score: Score) -> dict[str, float]:
    """A table by form, and the figures by kind."""
    figures: dict[str, float] = {}
    for form in sorted(score.asked):
        recall, exact = score.found[form] / score.asked[form], score.exact[form] / score.asked[form]
        print(f"  {form:44} asked {score.asked[form]:6} recall {recall:6.3f} exact {exact:6.3f}")
    for name, (kind, _, _) in KINDS.items():
        figures[f"recall.{name}"] = score.recall(name)
        figures[f"precision.{kind}"] = score.precision(kind)
    checked = [name for name, (_, _, is_checked) in KINDS.items() if is_checked]
    figures["recall.checksummed"] = min(figures[f"recall.{name}"] for name in checked)
    figures["precision.all"] = sum(score.right.values()) / (
        sum(score.right.values()) + sum(score.wrong.values())
    )
    return figures


def texts_of(data: Path) -> Iterator[tuple[str, list[str]]]:
    """Real texts without personal data, where they are."""
    readers: dict[str, Callable[[], list[str]]] = {
        "banking77_train/train.csv": lambda: _column(data / "banking77_train/train.csv", "text"),
        "clinc150_train/data_full_train_val.json": lambda: _clinc(
            data / "clinc150_train/data_full_train_val.json"
        ),
        "cfpb_narratives/complaints.csv": lambda: _column(
            data / "cfpb_narratives/complaints.csv", "Consumer complaint narrative"
        ),
    }
    for name, read in readers.items():
        if (data / name).exists():
            yield name.split("/")[0], read()
        else:
            print(f"SKIPPED: no {data / name}")


def _column(path: Path, column: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as rows:
        return [row[column] for row in csv.DictReader(rows)]


def _clinc(path: Path) -> list[str]:
    parts = json.loads(path.read_text(encoding="utf-8"))
    return [text for part in parts.values() for text, _ in part]


def real(data: Path) -> dict[str, float]:
    """What is found in texts that hold nothing; vectors; card prefixes."""
    figures: dict[str, float] = {}
    for name, texts in texts_of(data):
        hits = Counter(span.kind for text in texts for span in detect(text))
        destroyed = sum(len(mask_text(text).destroyed) for text in texts)
        figures[f"hits_per_10000.{name}"] = 10_000 * sum(hits.values()) / len(texts)
        figures[f"destroyed_per_10000.{name}"] = 10_000 * destroyed / len(texts)
        print(f"  {name}: {len(texts)} texts, found {dict(hits)}")
    return figures | _vectors(data) | _prefixes(data)


def _vectors(data: Path) -> dict[str, float]:
    figures: dict[str, float] = {}
    path = data / "pii_zh_validators/vectors.json"
    if not path.exists():
        print(f"SKIPPED: no {path}")
        return figures
    vectors = json.loads(path.read_text(encoding="utf-8"))
    for name, frame in {
        "mainland_id": "身份证{}",
        "mainland_mobile": "{}",
        "bank_card_luhn": "{}",
        "hk_id": "香港身份证 {}",
        "tw_id": "{}",
    }.items():
        valid, invalid = vectors[name]["valid"], vectors[name]["invalid"]
        kind = {"mainland_mobile": "mobile", "bank_card_luhn": "card_number"}.get(name, "id_number")
        hit = sum(any(s.kind == kind for s in detect(frame.format(v))) for v in valid)
        wrong = sum(any(s.kind == kind for s in detect(frame.format(v))) for v in invalid)
        print(f"  vectors {name}: {hit} of {len(valid)} valid found, {wrong} of {len(invalid)} invalid")
        figures[f"vectors.{name}"] = hit / len(valid)
    return figures | _presidio(data / "pii_presidio/vectors.jsonl")


def _presidio(path: Path) -> dict[str, float]:
    kinds = {"CREDIT_CARD": "card_number", "IBAN": "account", "EMAIL": "email", "IP": "ip_address"}
    asked, found = Counter[str](), Counter[str]()
    if not path.exists():
        print(f"SKIPPED: no {path}")
        return {}
    for line in path.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if case["entity_file"] in kinds:
            text = next(v for v in case.values() if isinstance(v, str))
            places = case.get("expected_res") or case.get("expected_positions") or []
            spans = [(s.start, s.end) for s in detect(text) if s.kind == kinds[case["entity_file"]]]
            asked[case["entity_file"]] += len(places)
            found[case["entity_file"]] += sum(
                any(s[0] <= p[0] and s[1] >= p[1] for s in spans) for p in places
            )
    return {f"presidio.{name}": found[name] / asked[name] for name in asked if asked[name]}


def _prefixes(data: Path) -> dict[str, float]:
    path = data / "unionpay_bin/bin.csv"
    if not path.exists():
        print(f"SKIPPED: no {path}")
        return {}
    with path.open(encoding="utf-8", newline="") as rows:
        known = [
            scheme_of(row["bin"].ljust(int(row["length"]), "0")) is not None for row in csv.DictReader(rows)
        ]
    return {"card_prefixes_known": sum(known) / len(known)}


def speed(data: Path) -> dict[str, float]:
    """MB/s of UTF-8, on one core, of messages of the usual length; the best of three."""
    chinese = "您好，我于10月15日在商户刷卡消费后发现账单多扣了一笔手续费，金额128.50元，联系客服多次未得到解决，请尽快核实处理并退回我的款项。订单号20241015123456789，工单一直没有更新，我非常不满意，要求给出书面说明。"
    english = "Hello, I paid 128.50 at a shop on 15 October and was charged twice. I called support several times and nobody helped. Please check order 20241015123456789 and return my money. "
    sets = {"zh": [chinese * 3] * 1500, "en": [english * 4] * 3000}
    sets["mixed"] = [text for pair in zip(sets["zh"], sets["en"], strict=False) for text in pair]
    path = data / "cfpb_narratives/complaints.csv"
    if path.exists():
        sets["complaints"] = _column(path, "Consumer complaint narrative")
    figures: dict[str, float] = {}
    table, pattern = {code: code + 32 for code in range(65, 91)}, re.compile("[0-9][0-9 -]{10,}")
    for name, texts in sets.items():
        size = sum(len(text.encode()) for text in texts) / 1e6
        floor = _best(lambda texts=texts: [pattern.findall(text.translate(table)) for text in texts])
        cost = _best(lambda texts=texts: [detect(text) for text in texts])
        figures[f"megabytes_per_second.{name}"] = size / cost
        figures[f"floor_megabytes_per_second.{name}"] = size / floor
        figures[f"times_floor.{name}"] = cost / floor
    return figures


def _best(work: Callable[[], object]) -> float:
    times: list[float] = []
    for _ in range(3):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)


def missed(figures: dict[str, float]) -> list[str]:
    goals = {
        "recall.checksummed": figures["recall.checksummed"] >= GOAL_RECALL,
        "precision.all": figures["precision.all"] >= GOAL_PRECISION,
        "speed": figures["megabytes_per_second.mixed"] >= GOAL_MEGABYTES
        or figures["times_floor.mixed"] <= GOAL_TIMES_FLOOR,
    }
    return [name for name, is_met in goals.items() if not is_met]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--each", type=int, default=30, help="values per template set and form")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--check", action="store_true", help="exit 1 where a goal is missed")
    asked = parser.parse_args()
    score = Score()
    for item in items(asked.each, random.Random(asked.seed)):
        score.add(item)
    figures = report(score) | real(asked.data) | speed(asked.data)
    wrong: dict[str, int] = defaultdict(int, score.wrong)
    print(f"  found where nothing is: {dict(wrong)}")
    for name, figure in figures.items():
        print(f"{name} {figure:.4f}")
    failures = missed(figures)
    if failures:
        print(f"MISSED: {', '.join(failures)}")
    return 1 if asked.check and failures else 0


if __name__ == "__main__":
    sys.exit(main())
