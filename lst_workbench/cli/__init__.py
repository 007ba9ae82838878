"""The command line: one module a group of commands, all put together here."""

import sys
from typing import Annotated

import typer

from lst_workbench import __version__
from lst_workbench.cli import demand, figures, markets, networks, pages, plans, reports
from lst_workbench.cli.console import err, out

FAULT, BROKEN = 2, 1
STOPPED, CLICK_STOPPED = -1, (130,)  # Ctrl-C as it reaches us, and as click tells it
RESUMED = {"plan", "demo"}
app = typer.Typer(
    name="lst",
    help="Plan the rollout of a network of small shops, from a list of shops to a plan that explains itself.",
    epilog="Example: lst demo --no-serve",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in (plans, networks, figures, pages, reports):
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


def run(arguments: list[str] | None = None) -> None:
    """Run the command line; errors and Ctrl-C are one sentence, exit code 2, and a traceback with ``--debug`` only."""
    given = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in given
    try:
        code = app([word for word in given if word != "--debug"], standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        code = STOPPED
    except Exception as error:
        code = _fail(*_sentence(error), debug=debug)
    if code in (STOPPED, *CLICK_STOPPED):
        kept = "; finished stages are kept and the same command takes them up" if RESUMED & set(given) else ""
        code = _fail(f"Stopped{kept}.")
    sys.exit(code or 0)


def _sentence(error: Exception) -> tuple[str, int]:
    from lst_workbench.contracts import LstError

    if isinstance(error, LstError):
        return str(error), FAULT
    if hasattr(error, "format_message"):  # what typer says of wrong words on the command line
        said = error.format_message().rstrip(".")
        return f"{said}: lst --help lists the commands, lst COMMAND --help their options.", FAULT
    if isinstance(error, OSError):
        return (
            f"{error.filename or 'A file'}: {error.strerror or error}; check the path and the space on the disk.",
            FAULT,
        )
    return f"A fault of the program ({type(error).__name__}: {error}); --debug shows where.", BROKEN


def _fail(sentence: str, code: int = FAULT, debug: bool = False) -> int:
    if debug:
        err.print_exception()
    err.print(" ".join(sentence.split()), style="red", highlight=False, markup=False)
    return code
