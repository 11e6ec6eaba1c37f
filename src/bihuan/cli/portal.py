"""`bihuan portal`: links for customers, and the end of what came of them, from the command line."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import click

from bihuan import customers, identity, tickets
from bihuan.cli.context import data_option, say, settings_of, with_desk
from bihuan.core.actor import desk_actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.ids import clean_number
from bihuan.core.problems import Problem
from bihuan.core.settings import Settings
from bihuan.customers import LinkWish, NewCustomer

Command = Callable[..., Any]


class NoSuchCustomer(Problem):
    """No customer is on record by this number."""

    status = 404
    zh = "没有此编号的客户。"


class NoSuchTicket(Problem):
    """No ticket of a known customer has this number."""

    status = 404
    zh = "没有此工单，或工单尚未关联客户。"


@click.group()
def portal() -> None:
    """客户门户。The customers' portal."""


def _whose(command: Command) -> Command:
    """Options that say whose portal."""
    for option in (
        click.option("--ticket", "number", help="工单号 / a ticket's number"),
        click.option("--customer-ref", help="客户在本机构的编号 / the customer's number at the institution"),
        click.option(
            "--tenant",
            metavar="CODE",
            help="租户代码，只有一个租户时可省略 / tenant code, where there are several",
        ),
        data_option,
    ):
        command = option(command)
    return command


@portal.command("link")
@_whose
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="服务端口，未设 BIHUAN_PUBLIC_URL 时用 / where serve listens",
)
@click.option(
    "--minutes", type=click.IntRange(1, 14 * 24 * 60), help="有效分钟数，缺省 72 小时 / how long it lives"
)
def portal_link(
    data: str | None, tenant: str | None, customer_ref: str | None, number: str | None, **more: int | None
) -> None:
    """为客户生成一次性门户链接，只打印链接。A link that opens once; prints just the link."""
    _one_of(customer_ref, number)
    settings = settings_of(data=data, port=more["port"])

    async def act(desk: Desk) -> str:
        async with desk.database.work(await _tenant(desk, tenant)) as work:
            customer_id, ticket_id = await _whom(work, customer_ref, number)
            wish = LinkWish(customer_id=customer_id, ticket_id=ticket_id, minutes=more["minutes"])
            return await link(work, settings, wish)

    click.echo(with_desk(settings, act))
    say("此链接只能打开一次", "this link opens once")


@portal.command("end")
@_whose
def portal_end(data: str | None, tenant: str | None, customer_ref: str | None, number: str | None) -> None:
    """结束客户的门户会话，并作废尚未使用的链接。End a customer's sessions and the links nobody has used."""
    _one_of(customer_ref, number)

    async def act(desk: Desk) -> None:
        async with desk.database.work(await _tenant(desk, tenant)) as work:
            customer_id, _ = await _whom(work, customer_ref, number)
            await customers.end_portal(work, desk_actor(work.tenant_id), customer_id)

    with_desk(settings_of(data=data), act)
    say("会话与链接均已失效", "sessions and links have ended")


def _one_of(customer_ref: str | None, number: str | None) -> None:
    if (customer_ref is None) == (number is None):
        raise click.UsageError("--customer-ref | --ticket")


async def _tenant(desk: Desk, code: str | None) -> UUID:
    return (await (identity.find_tenant(desk, code) if code else identity.find_only_tenant(desk))).id


async def link(work: Work, settings: Settings, wish: LinkWish) -> str:
    """Make a link; it begins with the public address, or with where `serve` listens."""
    found = await customers.find(work, wish.customer_id)
    if found is None:
        raise NoSuchCustomer
    made = await customers.make_link(work, desk_actor(work.tenant_id), wish)
    base = settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
    return f"{base}/portal/#k={made.key}"


async def by_ref(work: Work, ref: str) -> UUID | None:
    """The customer whom the institution knows by this number."""
    match = await (await customers.look_up(work, NewCustomer(external_ref=ref))).match()
    return None if match.new else match.id


async def _whom(work: Work, ref: str | None, number: str | None) -> tuple[UUID, UUID | None]:
    if ref is not None:
        customer_id = await by_ref(work, ref)
        if customer_id is None:
            raise NoSuchCustomer
        return customer_id, None
    ticket = await tickets.ticket_of_number(work, desk_actor(work.tenant_id), clean_number(number or ""))
    if ticket is None or ticket.customer_id is None:
        raise NoSuchTicket
    return ticket.customer_id, ticket.id


COMMANDS: tuple[click.Command, ...] = (portal,)
