"""Credit as a run folder and on its page: whole, read again, and nobody named anywhere."""

import io
import logging
import zipfile

import pandas as pd
import pytest
from typer.testing import CliRunner

from lst_workbench.assumptions import data_folder, load_scenario
from lst_workbench.cli.commands import app
from lst_workbench.contracts import InputError
from lst_workbench.market import read_credit, read_market, read_payments, write_market
from lst_workbench.planning.credit_run import make_credit
from lst_workbench.runs import read_run
from lst_workbench.ui.credit import CreditState
from lst_workbench.views import credit_cards, credit_watch_cards

PLANTED = ("Wang Xiaoming", "王小明", "13812345678", "341021199001011234")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The sample market with past credit of its own, people's names, phones and identity numbers beside it."""
    path = tmp_path_factory.mktemp("credit") / "market"
    sample = read_market(data_folder() / "sample")
    write_market(sample, path)
    people = {"owner_name": PLANTED[0], "name_zh": PLANTED[1], "phone": PLANTED[2], "id_number": PLANTED[3]}
    read_credit(sample).assign(**people).to_parquet(path / "credit.parquet")
    read_payments(sample).assign(**people).to_parquet(path / "credit_payments.parquet")
    return path


def names_in(content: bytes) -> list[str]:
    return [name for name in PLANTED if name.encode() in content]


def test_nobody_is_named_in_run_files_exports_or_log(folder, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    args = ["credit", str(folder), "--out", str(tmp_path / "run"), "--test-lift", "0.5"]
    args += ["--csv", str(tmp_path / "limits.csv"), "--excel", str(tmp_path / "limits.xlsx")]
    done = CliRunner().invoke(app, args)
    assert done.exit_code == 0, done.output
    assert not names_in(done.output.encode()) and not names_in(caplog.text.encode())
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 25
    for path in files:
        content = path.read_bytes()
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(io.BytesIO(content)) as book:
                content = b"".join(book.read(name) for name in book.namelist())
        elif path.suffix == ".parquet":
            content = pd.read_parquet(path).to_csv().encode()
        assert not names_in(content), path
    run = read_run(tmp_path / "run")
    assert run.meta["state"] == "complete" and run.certificate.gap < 2e-3
    assert run.kpis()["settled"] == 1.0
    assert len(run.tables["rolls"]) and len(run.tables["drift"]) and len(run.tables["limit_test"])


def test_nobody_is_named_on_the_page(folder, tmp_path):
    state = CreditState(folder, tmp_path)
    shown = [
        credit_cards.warnings(state.watched["warnings"], "zh"), credit_cards.model_card(state.study, "en"),
        credit_cards.store_card(state.study, state.decision, state.store_id, "zh"),
        credit_cards.files(state.study, state.decision, "en"),
        credit_watch_cards.policies(*state.policies, "en"), credit_watch_cards.rolls(state.watched["rolls"], "zh"),
    ]  # fmt: skip
    assert not names_in("".join(shown).encode())
    assert not any("owner_name" in table for table in state.watched.values())
    assert state.offered == ("capital", "expected_loss", "tail_loss", "cut", "city")


@pytest.mark.slow
def test_the_plan_says_when_credit_starts():
    market = read_market(data_folder() / "sample")
    stores = market.stores["store_id"].iloc[::9]
    months = pd.date_range("2017-09-01", periods=6, freq="MS")
    waves = pd.DataFrame({"store_id": stores, "month": months[[k % 6 for k in range(len(stores))]]})
    run = make_credit(market, load_scenario("base"), plan=Plan({"waves": waves, "assignments": NO_SITES}))
    cash = run.tables["cash"]
    assert cash["stores_with_credit"].is_monotonic_increasing and cash["tied_up_rmb"].iloc[-1] > 0
    given = run.tables["credit_plan"].query("limit_rmb > 0")
    assert cash["limits_rmb"].iloc[-1] == pytest.approx(given["limit_rmb"].sum())


def test_bad_levers_leave_nothing_behind(tmp_path):
    market = read_market(data_folder() / "sample")
    with pytest.raises(InputError, match="city_share"):
        make_credit(market, load_scenario("base"), tmp_path / "run", levers={"city_share": 0.0})
    assert not (tmp_path / "run").exists()


NO_SITES = pd.DataFrame({"store_id": pd.Series(dtype="int64"), "site_id": pd.Series(dtype="int32")})


class Plan:
    """Tables of a plan, as `make_credit` reads them."""

    def __init__(self, tables):
        self.tables = tables
