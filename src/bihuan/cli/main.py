"""`bihuan`: the commands."""

import sys

import click

from bihuan.cli import (
    admin,
    demo,
    evidence,
    importing,
    oidc,
    packs,
    persons,
    portal,
    retention,
    roles,
    serving,
    sla,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="bihuan")
def main() -> None:
    """闭环 Bihuan:支付、信用卡与消费金融的工单台。The ticket desk of payment, card and consumer finance."""


for _command in (
    *serving.COMMANDS,
    *admin.COMMANDS,
    *packs.COMMANDS,
    *importing.COMMANDS,
    *evidence.COMMANDS,
    *persons.COMMANDS,
    *retention.COMMANDS,
    *oidc.COMMANDS,
    *portal.COMMANDS,
    *roles.COMMANDS,
    *sla.COMMANDS,
    *demo.COMMANDS,
):
    main.add_command(_command)


if __name__ == "__main__":
    sys.exit(main())
