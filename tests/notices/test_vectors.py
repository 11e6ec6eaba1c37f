"""Signatures of the vendors: their published vectors, and the collection's where it is at hand."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bihuan.notices import robots, signatures
from bihuan.notices.robots import Robot, Secret

_VECTORS = Path(__file__).parents[3] / "shared" / "data" / "im_webhook_vectors" / "vectors.json"
_AT = datetime(2020, 9, 6, 2, 47, 53, tzinfo=UTC)


def test_dingtalk_robot() -> None:
    told = signatures.dingtalk(_AT, "this is secret")
    assert told == ("1599360473000", "hXZTWifRGHclNuZSKxoXc//sh51SWfVfRIhcdeKs63I=")
    robot = Robot(kind="dingtalk", secret=Secret(url="https://oapi.dingtalk.com/robot/send?access_token=x", key="this is secret"))  # fmt: skip
    url, _ = robots.message(robot, "t", "b", language="zh", at=_AT)
    assert "sign=hXZTWifRGHclNuZSKxoXc%2F%2Fsh51SWfVfRIhcdeKs63I%3D" in url
    asked = parse_qs(urlsplit(url).query)
    assert asked == {"access_token": ["x"], "timestamp": ["1599360473000"], "sign": [told[1]]}


def test_feishu_robot() -> None:
    told = signatures.feishu(_AT, "demo")
    assert told == ("1599360473", "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=")
    robot = Robot(kind="feishu", secret=Secret(url="https://open.feishu.cn/open-apis/bot/v2/hook/x", key="demo"))  # fmt: skip
    url, body = robots.message(robot, "t", "b", language="zh", at=_AT)
    assert url == "https://open.feishu.cn/open-apis/bot/v2/hook/x"
    assert (json.loads(body)["timestamp"], json.loads(body)["sign"]) == told


def test_milliseconds_are_whole_and_a_later_moment_signs_otherwise() -> None:
    later = _AT + timedelta(milliseconds=1)
    assert signatures.dingtalk(later, "s")[0] == "1599360473001"
    assert signatures.dingtalk(later, "s")[1] != signatures.dingtalk(_AT, "s")[1]


def test_callbacks_by_the_published_vectors() -> None:
    signature, stamp, nonce = "899cf89e464efb63f54ddac96b0a0a235f53aa78", "1714037059", "486452656"
    assert signatures.callback_is_signed(signature, "AAAAA", stamp, nonce)
    for wrong in (("AAAAB", stamp, nonce), ("AAAAA", "1714037060", nonce), ("AAAAA", stamp, "486452657")):
        assert not signatures.callback_is_signed(signature, *wrong)


def test_feishu_events_are_signed_over_the_raw_body() -> None:
    body = b'{"encrypt": "x"}'
    signature = "6b9ef39d8b6e6bd1aba0e5ba4b6f9f6b"
    assert not signatures.feishu_event_is_signed(signature, "key", "1", "2", body=body)
    import hashlib

    signature = hashlib.sha256(b"12key" + body).hexdigest()
    assert signatures.feishu_event_is_signed(signature, "key", "1", "2", body=body)
    assert not signatures.feishu_event_is_signed(signature, "key", "1", "2", body=body + b" ")


def _collection() -> list[dict[str, Any]]:
    if not _VECTORS.exists():
        pytest.skip(f"no shared data: {_VECTORS}")
    told = json.loads(_VECTORS.read_text(encoding="utf-8"))
    return [*told["wecom_or_wechat_mp"], *told["dingtalk"]]


def test_callbacks_by_the_collection() -> None:
    tried = 0
    for one in _collection():
        signature = next((one[k] for k in ("msg_signature", "signature", "expect_msg_signature", "expect_signature") if k in one), None)  # fmt: skip
        encrypted = next((one[k] for k in ("echostr", "encrypt", "expect_encrypt") if k in one), "")
        assert signature is not None, one["case"]
        right = signatures.callback_is_signed(
            signature, one["token"], one["timestamp"], one["nonce"], encrypted=encrypted
        )
        assert right == one.get("expect_valid", True), one["case"]
        tried += 1
    assert tried == 7
