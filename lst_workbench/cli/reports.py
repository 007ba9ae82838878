"""lst report: a run as a board memo and a workbook."""

from pathlib import Path
from typing import Annotated

import typer

from lst_workbench.cli.console import RunMarket, out, run_and_market

app = typer.Typer()


@app.command(epilog="Example: lst report runs/base --lang zh --out reports")
def report(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
    to: Annotated[
        Path | None, typer.Option("--out", help="Folder for the two files; the run's name names them.")
    ] = None,
    lang: Annotated[str, typer.Option(help="Language of the memo: en or zh.")] = "en",
    market: RunMarket = None,
) -> None:
    """Write a self-contained HTML board memo and an Excel workbook of a run."""
    from lst_workbench.assumptions import load_register
    from lst_workbench.contracts import InputError
    from lst_workbench.ui.theme import stylesheet
    from lst_workbench.views.downloads import report_bytes
    from lst_workbench.views.memo import memo_html
    from lst_workbench.views.messages import LANGUAGES

    if lang not in LANGUAGES:
        raise InputError("--lang", [f"{lang} is no language of the memo; give {' or '.join(LANGUAGES)}"])
    result, known = run_and_market(run_folder, market)
    register, folder = load_register(), to or Path.cwd()
    folder.mkdir(parents=True, exist_ok=True)
    memo, book = folder / f"{run_folder.resolve().name}.html", folder / f"{run_folder.resolve().name}.xlsx"
    memo.write_text(memo_html(result, known, register, lang, stylesheet()), encoding="utf-8")
    book.write_bytes(report_bytes(result, known, register))
    out.print(f"Memo: {memo}", highlight=False)
    out.print(f"Workbook: {book}", highlight=False)
