"""`bihuan`: the commands. One is imported when it is asked for: `bihuan serve` needs little of what `bihuan demo` does."""

import importlib
import sys

import click

#: Each command and the module whose COMMANDS has it, in the order that the help tells them.
WHERE = {
    "serve": "serving",
    "db": "admin",
    "keys": "admin",
    "tenant": "admin",
    "user": "admin",
    "token": "admin",
    "settings": "admin",
    "openapi": "admin",
    "doctor": "admin",
    "packs": "packs",
    "import": "importing",
    "evidence": "evidence",
    "person-keys": "persons",
    "person": "persons",
    "retention": "retention",
    "oidc": "oidc",
    "portal": "portal",
    "roles": "roles",
    "sla": "sla",
    "demo": "demo",
}


class _Commands(click.Group):
    """The commands of `WHERE`, imported on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        return list(WHERE)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in WHERE:
            return None
        module = importlib.import_module(f"bihuan.cli.{WHERE[cmd_name]}")
        commands: tuple[click.Command, ...] = module.COMMANDS
        return next(one for one in commands if one.name == cmd_name)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="bihuan")
def main() -> None:
    """闭环 Bihuan：支付、信用卡与消费金融的工单台。The ticket desk of payment, card and consumer finance."""


if __name__ == "__main__":
    sys.exit(main())
