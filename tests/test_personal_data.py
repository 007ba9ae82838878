"""Owners' names, phones and identity numbers beside past credit never leave it: planted ones are looked for."""

import logging
import zipfile

import pandas as pd
import pytest

from lst_workbench import cli
from lst_workbench.assumptions import data_folder
from lst_workbench.market import read_credit, read_market, read_payments, write_market
from lst_workbench.runs import read_run
from lst_workbench.ui.credit import CreditState
from lst_workbench.ui.credit.panel import CreditPanel
from lst_workbench.views import credit_cards

PLANTED = {
    "legal_person_name_zh": "王小明", "contact_phone": "13812345678", "owner_id_number": "341021199001011234",
    "owner_name": "欧阳秘密", "owner_phone": "13912345678", "identity_number": "341004198001011234",
    "店主姓名": "Secret Owner", "手机号码": "13898765432",
}  # fmt: skip


@pytest.fixture(scope="module")
def planted_market(tmp_path_factory):
    """The sample market with personal columns beside its past credit and its payments."""
    folder = tmp_path_factory.mktemp("planted") / "market"
    market = read_market(data_folder() / "sample")
    history = read_credit(market)
    write_market(market, folder)
    history.assign(**PLANTED).to_parquet(folder / "credit.parquet")
    read_payments(market).assign(**PLANTED).to_parquet(folder / "credit_payments.parquet")
    return folder


def leaks(content: bytes) -> list[str]:
    return [word for word in (*PLANTED, *PLANTED.values()) if word.encode() in content]


def texts_of(widget):
    """Every text that a widget and its children would send to a browser."""
    yield repr(widget.get_state())
    for child in getattr(widget, "children", ()):
        yield from texts_of(child)


def test_planted_persons_reach_no_file_output_or_log(planted_market, tmp_path, monkeypatch, capsys, caplog):
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.DEBUG)
    words = ["credit", str(planted_market), "--out", "tables", "--csv", "limits.csv", "--excel", "limits.xlsx"]
    words += ["--test-lift", "0.5"]
    with pytest.raises(SystemExit) as ended:
        cli.run(words)
    said = capsys.readouterr()
    assert ended.value.code in (0, None), said.err
    assert not leaks((said.out + said.err + caplog.text).encode())
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 25
    for path in files:
        assert not leaks(path.read_bytes()), path
        if path.suffix == ".parquet":
            assert not leaks(pd.read_parquet(path).to_csv().encode()), path
    with zipfile.ZipFile(tmp_path / "limits.xlsx") as book:
        for name in book.namelist():
            assert not leaks(book.read(name)), name
    run = read_run(tmp_path / "tables")
    assert run.meta["state"] == "complete" and run.certificate.gap < 2e-3
    assert run.kpis()["settled"] == 1.0
    assert len(run.tables["rolls"]) and len(run.tables["drift"]) and len(run.tables["limit_test"])


def test_planted_persons_reach_no_page(planted_market):
    state = CreditState(planted_market)
    page = CreditPanel(state)
    for lang in ("zh", "en"):
        state.lang = lang
        assert not leaks("".join(texts_of(page)).encode())
    assert not leaks(credit_cards.files(state.study, state.decision, "en").encode())
    for frame in (state.study.history, state.study.applications, state.study.stores, *state.watched.values()):
        assert not leaks(frame.to_csv().encode())
    assert state.offered == ("capital", "expected_loss", "tail_loss", "cut", "city")


def test_the_search_would_find_what_is_planted(planted_market):
    there = pd.read_parquet(planted_market / "credit.parquet").to_csv().encode()
    assert set(leaks(there)) == {*PLANTED, *PLANTED.values()}


def test_a_fault_of_past_credit_quotes_no_person(planted_market, tmp_path, capsys):
    history = pd.read_parquet(planted_market / "credit.parquet")
    market = read_market(planted_market)
    write_market(market, tmp_path / "market")
    history["order_rmb_month"] = PLANTED["owner_phone"] + "x"
    history.to_parquet(tmp_path / "market" / "credit.parquet")
    with pytest.raises(SystemExit) as ended:
        cli.run(["credit", str(tmp_path / "market")])
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert not leaks((said.out + said.err).encode())
