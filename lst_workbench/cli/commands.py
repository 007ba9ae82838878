"""The commands, put together from one module a group."""

from typing import Annotated

import typer

from lst_workbench import __version__
from lst_workbench.cli import credit, demand, field, figures, markets, monitor, networks, pages, plans, ranges, reports
from lst_workbench.cli.console import out

app = typer.Typer(
    name="lst",
    help="Plan the rollout of a network of small shops, from a list of shops to a plan that explains itself.",
    epilog="Example: lst demo --no-serve",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in (plans, networks, credit, ranges, field, figures, pages, reports, monitor):
    app.add_typer(group.app)
app.add_typer(markets.app, name="market")
app.add_typer(demand.app, name="demand")


def _print_version(asked: bool) -> None:
    if asked:
        out.print(__version__, highlight=False)
        raise typer.Exit


@app.callback()
def main(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Plan the rollout of a network of small shops, from a list of shops to a plan that explains itself."""
