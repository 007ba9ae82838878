"""The command line: run a command, and say in one sentence what went wrong."""

import signal
import sys

FAULT, INTERRUPTED, BROKEN = 2, 130, 1
STOPPED_PLAN = "Stopped: finished stages are kept and the same command takes them up.\n"
STOPPED = "Stopped before it was done: the same command starts afresh.\n"


def run(arguments: list[str] | None = None) -> None:
    """Run the command line; errors are one sentence, exit code 2, and a traceback with ``--debug`` only."""
    given = sys.argv[1:] if arguments is None else arguments
    debug, words = "--debug" in given, [word for word in given if word != "--debug"]
    try:
        from lst_workbench.cli.commands import app  # here, so that a stop while it loads is caught

        code = app(words, standalone_mode=False)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        code = INTERRUPTED if type(error).__name__ == "Abort" else _fail(*_sentence(error), debug=debug)
    if code == INTERRUPTED:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not cut the sentence short
        sys.stderr.write(STOPPED_PLAN if words[:1] in (["plan"], ["demo"]) else STOPPED)
        code = FAULT
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
    from lst_workbench.cli.console import err

    if debug:
        err.print_exception()
    err.print(" ".join(sentence.split()), style="red", highlight=False, markup=False)
    return code
