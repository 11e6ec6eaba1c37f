"""Pages without any script: the way to both apps, and the API's own page beside its OpenAPI document."""

import html
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import msgspec
from litestar import Response, get
from litestar.enums import MediaType

from bihuan.api import openapi
from bihuan.core.http import operations

_CSP = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}


@lru_cache(maxsize=2)
def document() -> bytes:
    """The OpenAPI document as JSON, indented: it is read by people too."""
    return msgspec.json.format(msgspec.json.encode(openapi.document(version("bihuan"))), indent=1)


def handlers() -> list[Any]:
    """The document, its page, and where everybody starts."""

    @get("/api/openapi.json", media_type="application/json")
    async def spec() -> Response[bytes]:
        return Response(content=document(), media_type="application/json")

    @get("/api", media_type=MediaType.HTML)
    async def page() -> Response[str]:
        return Response(content=_page(), media_type=MediaType.HTML, headers=_CSP)

    @get("/", media_type=MediaType.HTML)
    async def home() -> Response[str]:
        return Response(content=_HOME, media_type=MediaType.HTML, headers=_CSP)

    return [spec, page, home]


_HOME = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>闭环 Bihuan</title><style>
:root{color-scheme:light dark}body{font:16px/1.65 "Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;
max-width:40rem;margin:12vh auto;padding:0 1.25rem}h1{font-size:1.5rem;margin:0 0 1.5rem}ul{list-style:none;padding:0}
li{border-top:1px solid color-mix(in srgb,currentColor 18%,transparent);padding:.9rem 0}a{font-weight:600}
p{margin:.1rem 0 0}[lang=en]{opacity:.75;font-size:.92em}</style>
<h1>闭环 Bihuan</h1><ul>
<li><a href="/console/">工单台</a><p>受理、处理与回访，供坐席与主管使用。</p><p lang="en">Console: for agents and supervisors.</p>
<li><a href="/portal/">客户门户</a><p>查询进度、提交与补充材料，供客户使用。</p><p lang="en">Portal: for customers.</p>
<li><a href="/api">接口</a><p>OpenAPI 文档与说明。</p><p lang="en">API: the OpenAPI document and how to use it.</p>
</ul></html>"""


@lru_cache(maxsize=2)
def _page() -> str:
    rows = "".join(
        f"<tr><td><code>{o.method}</code></td><td><code>/api/v1{html.escape(o.path)}</code></td>"
        f"<td>{html.escape(o.zh)}</td><td lang=en>{html.escape(o.en)}</td><td><code>{o.permission or ''}</code></td></tr>"
        for o in operations()
    )
    return f"""<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>闭环 Bihuan API</title><style>
:root{{color-scheme:light dark}}body{{font:16px/1.7 "Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;
max-width:72rem;margin:2rem auto;padding:0 1rem}}table{{border-collapse:collapse;width:100%;font-size:.92rem}}
td,th{{text-align:left;padding:.35rem .6rem;border-bottom:1px solid color-mix(in srgb,currentColor 18%,transparent)}}
code{{font-family:"JetBrains Mono",ui-monospace,monospace;font-size:.9em}}div{{overflow-x:auto}}</style>
<h1>闭环 Bihuan · API</h1>
<p>接口文档:<a href="/api/openapi.json">OpenAPI 3.1</a> · 状态:<a href="/ready">/ready</a> · <a href="/metrics">/metrics</a></p>
<p>鉴权:<code>Authorization: Bearer 令牌</code>,或登录会话 Cookie 加 <code>X-CSRF-Token</code>。新建与发送请带
<code>Idempotency-Key</code>;改动请带所见的 <code>version</code>。</p>
<p lang="en">Send <code>Authorization: Bearer TOKEN</code>, or a session cookie with <code>X-CSRF-Token</code>. Give creates
and sends an <code>Idempotency-Key</code>, and changes the <code>version</code> you have seen.</p>
<div><table><tr><th>方法</th><th>地址</th><th>作用</th><th lang=en>What it does</th><th>权限</th></tr>{rows}</table></div></html>"""
