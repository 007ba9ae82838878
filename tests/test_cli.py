"""The command line: every command has its help, every bad input is one sentence, nothing is half-written."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from lst_workbench import cli
from lst_workbench.assumptions import data_folder
from lst_workbench.cli import pages
from lst_workbench.contracts import LstError
from lst_workbench.market import claimed
from lst_workbench.runs import RunWriter, disk, read_progress, read_run

COMMANDS = [
    *(["market", "build"], ["market", "import"], ["market", "check"], ["plan"], ["network"], ["compare"], ["explain"]),
    *(["assumptions"], ["serve"], ["lab"], ["demo"]),
    *(["demand", "catchments"], ["demand", "potentials"], ["demand", "forecast"], ["demand", "store"]),
    *(["report"], ["monitor"], ["cobranded"], ["beats"], ["credit"], ["range"], ["orders"], ["replan"], ["fairness"]),
]
SETS = ["field.reps=4000", "field.visits_day=40", "field.visits_per_signup=3", "capital.working_rmb=5e9"]
VILLAGE = [word for pair in SETS for word in ("--set", pair)]


@pytest.fixture
def lst(capsys, monkeypatch, tmp_path):
    """Call the command line in a folder of its own: exit code, what it printed, what it complained of."""
    monkeypatch.chdir(tmp_path)

    def call(*words):
        with pytest.raises(SystemExit) as ended:
            cli.run([str(word) for word in words])
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return call


def is_one_sentence(text):
    return (
        text.count("\n") == 1
        and text.rstrip().endswith((".", "?"))
        and "?." not in text
        and ",." not in text
        and "Traceback" not in text
    )


@pytest.fixture(scope="session")
def village_run(village_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "village"
    with pytest.raises(SystemExit):
        cli.run(["plan", str(village_folder), *VILLAGE, "--out", str(folder)])
    return folder


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(lst, command):
    code, said, _ = lst(*command, "--help")
    assert code == 0
    assert f"Example: lst {' '.join(command)}" in said


def test_help_shows_words_in_brackets(lst):
    """Brackets are markup in a help text: `[columns]` had vanished from it."""
    assert "[columns]" in lst("market", "import", "--help")[1]


def test_help_is_quick_because_it_imports_no_model():
    code = "import sys, lst_workbench.cli; print([m for m in ('pandas', 'numba', 'pandera', 'h3') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_plan_says_the_answer_and_where_it_lies(lst, village_folder, tmp_path):
    code, said, complaint = lst("plan", village_folder, *VILLAGE, "--out", tmp_path / "run")
    assert code == 0, complaint
    assert "stores into the system by August 2018" in said
    assert "An average order loses 22.70 RMB" in said
    assert f"Run: {tmp_path / 'run'}" in said
    assert read_run(tmp_path / "run").kpis()["signups_stores"] > 0


def test_plan_without_out_names_the_run_after_its_inputs(lst, village_folder):
    code, said, _ = lst("plan", village_folder, *VILLAGE)
    folder = Path(said.split("Run: ")[1].strip())
    assert code == 0 and folder.parent == Path("runs") and folder.name.startswith("village-base-")
    code, again, _ = lst("plan", village_folder, *VILLAGE)
    assert code == 0 and again == said, "the same inputs read the same run"


def test_plan_keeps_what_it_is_asked_and_refuses_contradictions(lst, village_folder, tmp_path):
    Path("left-out.csv").write_text("store_id\n2\n")
    words = [*VILLAGE, "--excluded", "left-out.csv"]
    code, said, complaint = lst("plan", village_folder, *words, "--at-most", "all=1", "--out", tmp_path / "asked")
    assert code == 0, complaint
    assert "Conditions: 1 store excluded; all 100.0%" in said and "All are met." in said
    _, text, _ = lst("explain", tmp_path / "asked", 2)
    assert "asked to leave it out" in text
    code, _, complaint = lst("plan", village_folder, *words, "--promised", "left-out.csv", "--at-least", "rural=much")
    assert code == 2 and is_one_sentence(complaint) and "rural=0.4" in complaint
    code, _, complaint = lst("plan", village_folder, *words, "--promised", "left-out.csv")
    assert code == 2 and is_one_sentence(complaint) and "store 2 is excluded too" in complaint


@pytest.mark.parametrize(("store_id", "said"), [(1, "has been in the system"), (2, "is signed in"), (11, "no front")])
def test_explain_gives_the_reason(lst, village_run, store_id, said):
    code, text, _ = lst("explain", village_run, store_id)
    assert code == 0 and said in text


def test_lists_and_questions_name_stores_by_the_analysts_own_ids(lst, village_folder, tmp_path):
    Path("shops.csv").write_text(
        "编号,lat,lon\nS-1,29.71,118.31\nS-2,29.72,118.32\nS-3,29.73,118.33\nS-3,29.74,118.34\n"
    )
    assert lst("market", "import", "shops.csv", "--out", tmp_path / "own")[0] == 0
    Path("left-out.csv").write_text("source_id\nS-2\n")
    code, said, complaint = lst("plan", tmp_path / "own", "--excluded", "left-out.csv", "--out", tmp_path / "run")
    assert code == 0 and "1 store excluded" in said, complaint
    assert "asked to leave it out" in lst("explain", tmp_path / "run", "S-2")[1]
    code, _, complaint = lst("explain", tmp_path / "run", "S-3")
    assert code == 2 and "2 stores have this id" in complaint and "#3, #4" in complaint
    assert lst("explain", tmp_path / "run", "#4")[0] == 0
    Path("left-out.csv").write_text("source_id\nS-3\nS-9\n")
    code, _, complaint = lst("plan", tmp_path / "own", "--excluded", "left-out.csv")
    assert code == 2 and is_one_sentence(complaint) and "of no store (first S-9)" in complaint
    assert "of several stores (first S-3)" in complaint


def test_compare_puts_runs_side_by_side(lst, village_run, village_folder, tmp_path):
    lst("plan", village_folder, *VILLAGE, "--set", "field.care_visits_month=0.4", "--out", tmp_path / "care")
    code, text, _ = lst("compare", village_run, tmp_path / "care")
    assert code == 0
    assert "Stores in system" in text and "(field.care_visits_month)" in text and "Stores that changed" in text
    assert "in_system_stores" not in text and "not_chosen" not in text
    code, text, _ = lst("market", "check", village_folder)
    assert code == 0 and "in range" in text and not re.search(r"\b(True|False|people_per_store)\b", text)


def test_assumptions_say_where_a_number_comes_from(lst):
    code, text, _ = lst("assumptions", "field.reps", "--scenario", "more-reps")
    assert code == 0
    for word in ("4,000 reps, said by scenario more-reps", "2,000 reps", "A, read in a source", "https://"):
        assert word in text
    code, text, _ = lst("assumptions", "--set", "order.aov_rmb=900")
    assert code == 0 and "900*" in text.replace(" ", "")


def broken_market(village_folder, folder, name, change):
    shutil.copytree(village_folder, folder)
    path = folder / f"{name}.parquet"
    if change is None:
        path.unlink()
        return folder
    frame = pd.read_parquet(path)
    changed = change(frame)
    if isinstance(changed, bytes):
        path.write_bytes(changed)
    else:
        changed.to_parquet(path)
    return folder


BAD_MARKETS = {
    "missing file": ("stores", None, "lacks stores.parquet"),
    "no table": ("stores", lambda t: b"PK not a table", "is not a Parquet file"),
    "wrong table": ("stores", lambda t: pd.DataFrame({"a": [1]}), "is missing"),
    "empty table": ("stores", lambda t: t.head(0), "no rows"),
    "duplicate ids": ("stores", lambda t: t.assign(store_id=7), "stores.parquet: store_id must be unique"),
    "text ids": ("stores", lambda t: t.assign(store_id="a"), "store_id must be whole numbers"),
    "infinite capacity": ("sites", lambda t: t.assign(capacity_m3_month=np.inf), "sites.parquet: column capacity_m3"),
    "one area": (
        "stores",
        lambda t: t.assign(area_m2=t["area_m2"].where(t["store_id"] != 3, -1)),
        "first in store_id 3",
    ),
    "NaN coordinates": ("stores", lambda t: t.assign(lat=np.nan), "lat must not be empty"),
    "swapped coordinates": ("stores", lambda t: t.rename(columns={"lat": "lon", "lon": "lat"}), "lat"),
    "negative area": ("stores", lambda t: t.assign(area_m2=-5.0), "area_m2 must be more than 0"),
    "negative capacity": ("sites", lambda t: t.assign(capacity_m3_month=-1.0), "capacity_m3_month must be at least 0"),
    "stranger in the system": ("participants", lambda t: t.assign(store_id=999), "999"),
}


@pytest.mark.parametrize("case", BAD_MARKETS)
def test_a_bad_market_is_one_sentence_and_leaves_nothing(lst, village_folder, tmp_path, case):
    name, change, said = BAD_MARKETS[case]
    market = broken_market(village_folder, tmp_path / "market", name, change)
    code, out, complaint = lst("plan", market, "--out", tmp_path / "run")
    assert code == 2 and said in complaint and is_one_sentence(complaint), complaint
    assert out == "" and not list(tmp_path.glob("run/tables/*"))


def test_swapped_coordinates_are_named_as_such(lst, village_folder, tmp_path):
    swap = {"lat": "lon", "lon": "lat"}
    market = broken_market(village_folder, tmp_path / "market", "stores", lambda t: t.rename(columns=swap))
    assert "swap" in lst("market", "check", market)[2]


BAD_WORDS = {
    "no market": (["plan", "nowhere"], "nowhere"),
    "no run": (["explain", "nowhere", "1"], "There is no run at nowhere"),
    "no such store": (["explain", "RUN", "999"], "has no such store; give its own id or its store_id"),
    "one run only": (["compare", "RUN"], "at least two runs"),
    "nobody's id": (["explain", "RUN", "one"], "store one has a fault: village has no such store"),
    "no folder": (["plan", "MARKET", "--out", ""], "--out has a fault: it is empty"),
    "market in use": (["market", "build", "--prefecture", "Huangshan", "--out", "OTHERS"], "--overwrite"),
    "far name": (["market", "build", "--prefecture", "Nowhere", "--out", "m"], "give a name in English or Chinese"),
    "no command": (["plane"], "No such command 'plane'"),
    "unknown scenario": (["plan", "MARKET", "--scenario", "bas"], "did you mean base?"),
    "unknown key": (["plan", "MARKET", "--set", "field.rep=2500"], "did you mean field.reps"),
    "out of range": (["plan", "MARKET", "--set", "field.reps=9"], "field.reps = 9 is out of range; give a value from"),
    "no number": (["plan", "MARKET", "--set", "field.reps=many"], "is not a number"),
    "no value": (["plan", "MARKET", "--set", "field.reps"], "is no KEY=VALUE"),
    "folder of others": (["plan", "MARKET", "--out", "OTHERS"], "is not empty and is no run folder"),
    "finished run": (["plan", "MARKET", "--out", "RUN"], "runs are never edited: give a new folder with --out"),
    "unknown figure": (["assumptions", "nothing.here"], "is not a known assumption"),
    "unknown place": (["market", "build", "--prefecture", "Huangshann", "--out", "m"], "Huangshan"),
}


@pytest.mark.parametrize("case", BAD_WORDS)
def test_bad_words_are_one_sentence(lst, village_folder, village_run, tmp_path, case):
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "diary.txt").write_text("dear")
    places = {"MARKET": village_folder, "RUN": village_run, "OTHERS": tmp_path / "others"}
    words, said = BAD_WORDS[case]
    code, out, complaint = lst(*[places.get(word, word) for word in words])
    assert code == 2 and said in complaint and is_one_sentence(complaint), complaint
    assert out == ""


def test_all_wrong_figures_are_named_at_once(lst, village_folder):
    _, _, complaint = lst("plan", village_folder, "--set", "a.b=1", "--set", "field.reps=9", "--set", "order.aov_rmb=x")
    assert "3 faults" in complaint and is_one_sentence(complaint)


def test_debug_shows_the_traceback(lst):
    code, _, complaint = lst("plan", "nowhere", "--debug")
    assert code == 2 and "Traceback" in complaint and "nowhere" in complaint


def test_a_fault_of_the_program_is_said_as_such(lst, monkeypatch):
    monkeypatch.setattr("lst_workbench.cli.plans.scenario_of", lambda name, sets: 1 / 0)
    code, _, complaint = lst("plan")
    assert code == 1 and "--debug shows where" in complaint and is_one_sentence(complaint)


def test_a_full_disk_is_one_sentence_and_the_plan_is_taken_up(lst, village_folder, tmp_path, monkeypatch):
    flush = disk._flush

    def full(path):
        if "waves" in path.name:
            raise OSError(28, os.strerror(28))
        flush(path)

    with monkeypatch.context() as patch:
        patch.setattr(disk, "_flush", full)
        code, _, complaint = lst("plan", village_folder, *VILLAGE, "--out", tmp_path / "run")
    assert code == 2 and "The disk is full" in complaint and is_one_sentence(complaint)
    assert not [path for path in (tmp_path / "run").rglob("*") if path.name.endswith(disk.TEMPORARY)]
    assert lst("plan", village_folder, *VILLAGE, "--out", tmp_path / "run")[0] == 0


def test_a_second_writer_is_one_sentence(lst, village_folder, tmp_path):
    with RunWriter(tmp_path / "run", {"seed": 1}, ["waves"]):
        code, _, complaint = lst("plan", village_folder, *VILLAGE, "--out", tmp_path / "run")
    assert code == 2 and f"Process {os.getpid()} on" in complaint and is_one_sentence(complaint)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill"])
def test_a_stopped_plan_is_taken_up_to_the_same_result(lst, village_run, village_folder, tmp_path, ending):
    folder = tmp_path / "run"
    words = [sys.executable, "-m", "lst_workbench.cli", "plan", str(village_folder), *VILLAGE, "--out", str(folder)]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # what a shell starts behind it ignores Ctrl-C
    )  # fmt: skip
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        progress = read_progress(folder)
        if progress and progress.done_share > 0:
            process.send_signal(ending)
            break
        time.sleep(0.002)
    _, complaint = process.communicate(timeout=60)
    if ending == signal.SIGINT:
        assert process.returncode == 2, complaint
        assert complaint.strip().endswith("the same command takes them up.") and "Traceback" not in complaint
        assert read_progress(folder).state == "cancelled"
    for table in folder.glob("tables/*"):
        pd.read_parquet(table)
    assert lst("plan", village_folder, *VILLAGE, "--out", folder)[0] == 0
    stopped, whole = read_run(folder), read_run(village_run)
    for name in whole.tables:
        pd.testing.assert_frame_equal(stopped.tables[name], whole.tables[name])


def test_report_writes_memo_and_workbook(lst, village_run, tmp_path):
    code, said, complaint = lst("report", village_run, "--out", tmp_path / "board", "--lang", "zh")
    assert code == 0, complaint
    assert f"Memo: {tmp_path / 'board' / 'village.html'}" in said
    page = (tmp_path / "board" / "village.html").read_text("utf-8")
    assert page.startswith("<!doctype html>") and "董事会备忘录" in page
    assert (tmp_path / "board" / "village.xlsx").stat().st_size > 5000
    code, _, complaint = lst("report", village_run, "--lang", "fr")
    assert code == 2 and "fr is no language of the memo" in complaint and is_one_sentence(complaint)


@pytest.mark.parametrize("moment", [0.05, 0.15, 0.3])
def test_a_stop_while_the_program_loads_is_one_sentence(tmp_path, moment):
    code = "import sys, threading, _thread; from lst_workbench.cli import run; "
    code += f"threading.Timer({moment}, _thread.interrupt_main).start(); run(['market', 'check', sys.argv[1]])"
    ended = subprocess.run([sys.executable, "-c", code, "nowhere"], capture_output=True, text=True, cwd=tmp_path)
    assert ended.returncode == 2 and "Traceback" not in ended.stderr, ended.stderr


def test_a_second_maker_of_a_market_is_refused(tmp_path):
    with claimed(tmp_path / "m"), pytest.raises(LstError, match="Another process"), claimed(tmp_path / "m"):
        pass
    assert not list(tmp_path.iterdir())


def test_demo_plans_the_sample_market(lst, tmp_path):
    code, said, complaint = lst("demo", "--no-serve", "--out", tmp_path / "demo")
    assert code == 0, complaint
    assert "stores into the system by August 2018" in said and f"Run: {tmp_path / 'demo'}" in said
    kpis = read_run(tmp_path / "demo").kpis()
    assert 700 < kpis["in_system_stores"] < 1300
    assert kpis["contribution_rmb_order"] < 0


def test_pages_show_the_market_of_the_newest_run(lst, village_folder, tmp_path, monkeypatch):
    served = []
    monkeypatch.setattr(pages, "_serve", lambda market, *rest: served.append(market))
    assert lst("serve", "--runs", tmp_path / "none")[0] == 0
    lst("plan", village_folder, "--out", tmp_path / "runs" / "own")
    lst("serve", "--runs", tmp_path / "runs")
    lst("serve", tmp_path, "--runs", tmp_path / "runs")
    assert served == [None, Path(village_folder).resolve(), tmp_path]


def test_demand_gives_tables_to_look_at_or_to_keep(lst, village_folder, tmp_path):
    code, said, _ = lst("demand", "catchments", str(village_folder))
    assert code == 0 and "12 rows" in said and "access to shops" in said
    code, said, _ = lst("demand", "potentials", str(village_folder), "--out", str(tmp_path / "tables"))
    assert code == 0 and "No tills" in said
    assert len(pd.read_parquet(tmp_path / "tables" / "potentials.parquet")) == 12


def test_demand_tells_a_store_in_words(lst, village_folder):
    code, said, _ = lst("demand", "store", "3", "--market", str(village_folder))
    assert code == 0 and "people shop here" in said and "What drives its potential" in said
    code, _, complained = lst("demand", "store", "99", "--market", str(village_folder))
    assert code == 2 and "has no such store" in complained


def test_demand_forecasts_a_plain_table_and_lists_what_it_left_out(lst, tmp_path):
    weeks = pd.date_range("2017-01-02", periods=60, freq="W-MON")
    sales = pd.DataFrame({"series_id": "tea", "period": weeks, "quantity": [4, 1, 5, 3, 2, 2] * 10})
    sales = pd.concat([sales, pd.DataFrame({"series_id": ["bad"], "period": ["soon"], "quantity": [1]})])
    sales.to_csv(tmp_path / "sales.csv", index=False)
    code, said, _ = lst("demand", "forecast", str(tmp_path / "sales.csv"), "--horizon", "4", "--backtest")
    assert code == 0 and "forecasts: 4 rows" in said and "bad" in said
    (tmp_path / "sales.parquet").write_text("no")
    code, _, complained = lst("demand", "forecast", str(tmp_path / "sales.parquet"))
    assert code == 2 and "Traceback" not in complained


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["serve", "nowhere"], "nowhere has a fault: it is not a folder"),
        (["serve", "--port", "99999"], "less than or equal to 65535"),
        (["plan", "--set", "rollout.months=1.5"], "must be whole; give 1 or 2"),
    ],
    ids=["no market", "no port", "half a month"],
)
def test_what_cannot_be_done_is_refused_before_it_starts(lst, words, said):
    code, _, complaint = lst(*words)
    assert code == 2 and said in complaint and is_one_sentence(complaint)


def test_cobranded_says_the_choice_and_why_not_a_store(lst, tmp_path):
    code, said, complaint = lst(
        "cobranded", "--out", tmp_path / "tmall", "--store", 341000003680, "--set", "rollout.draws=50"
    )
    assert code == 0, complaint
    assert "co-branded stores" in said and "with the press's" in said and "Chosen: place 1" in said
    assert read_run(tmp_path / "tmall").certificate.gap < 0.01
    code, _, complaint = lst("cobranded", "--out", tmp_path / "other", "--store", 7)
    assert code == 2 and is_one_sentence(complaint)


def test_beats_writes_the_lists_of_every_rep_a_layer_and_a_map(lst, tmp_path):
    assert lst("plan", "--out", tmp_path / "run", "--set", "rollout.draws=20")[0] == 0
    words = ["--out", tmp_path / "field", "--month", 2, "--holdout", 0.2]
    code, said, complaint = lst("beats", tmp_path / "run", *words)
    assert code == 0, complaint
    assert "reps with" in said and "held_out" in said
    lists = sorted(path.name for path in (tmp_path / "field" / "reps").iterdir())
    assert lists[:2] == ["rep-00001.csv", "rep-00001.xlsx"]
    page = (tmp_path / "field" / "beats.html").read_text("utf-8")
    assert "rep 1" in page and not re.search(r'<(script|link|img)[^>]+(src|href)="https?:', page)
    layer = gpd.read_file(tmp_path / "field" / "beats.gpkg", layer="visits")
    rows = pd.read_csv(tmp_path / "field" / "visits.csv")
    assert len(layer) == len(rows) and set(rows["purpose"]) == {"care", "sign_up"}
    lot = pd.read_csv(tmp_path / "field" / "holdouts.csv").set_index("place_id")["arm"]
    stores = pd.read_parquet(data_folder() / "sample" / "stores.parquet").set_index("store_id")["place_id"]
    signed = rows.loc[rows["purpose"] == "sign_up", "store_id"].map(stores).map(lot)
    assert len(signed) and (signed == "treated").all()
    code, _, complaint = lst("beats", tmp_path / "run", "--month", 99)
    assert code == 2 and is_one_sentence(complaint)


def test_network_writes_its_files(lst, tmp_path):
    code, text, _ = lst("network", "--promise", "0.6", "--out", tmp_path / "run", "--export", tmp_path / "files")
    assert code == 0 and "network.gpkg" in text
    names = {"sites.csv", "lanes.csv", "candidates.csv", "network.xlsx", "network.gpkg", "network.html"}
    assert {path.name for path in (tmp_path / "files").iterdir()} == names
    (tmp_path / "taken").write_text("a file")
    code, _, said = lst("network", "--promise", "0.6", "--out", tmp_path / "run", "--export", tmp_path / "taken")
    assert code == 2 and "choose another folder with --export" in said


def test_network_knows_rivers_and_own_roads(lst, tmp_path):
    (tmp_path / "river.csv").write_text("barrier_id,lat,lon\nriver,20,118.3\nriver,40,118.3\n")
    (tmp_path / "bridge.csv").write_text("barrier_id,lat,lon,extra_km\nriver,29.7,118.3,2\n")
    code, plain, _ = lst("network", "--existing", "keep", "--out", tmp_path / "plain")
    code, parted, _ = lst("network", "--existing", "keep", "--out", tmp_path / "run", "--barriers", "river.csv")
    bridge = ("--barriers", "river.csv", "--crossings", "bridge.csv")
    again, bridged, _ = lst("network", "--existing", "keep", "--out", tmp_path / "bridged", *bridge)
    share = [float(said.split("%")[0]) for said in (parted, bridged, plain)]
    assert code == again == 0 and share[0] < share[1] <= share[2]
    (tmp_path / "roads.csv").write_text("store_id,site_id,km\n1,2,far\n")
    for words in (["--distances", "roads.csv"], ["--barriers", "none.gpkg"], ["--crossings", "bridge.csv"]):
        code, _, complaint = lst("network", "--out", tmp_path / "bad", *words)
        assert code == 2 and is_one_sentence(complaint)


def test_a_plan_is_made_again_and_fairness_has_its_price(lst, village_run, tmp_path):
    waves = read_run(village_run).tables["waves"]
    first = waves["month"].min()
    due = waves[waves["month"] == first].assign(outcome="failed", month=f"{first:%Y-%m-%d}")
    due.to_csv(tmp_path / "signed.csv", index=False)
    code, said, _ = lst("replan", village_run, "--signed", "signed.csv", "--month", 1, "--out", "again")
    assert code == 0 and f"{len(due):,} failed" in said and "What changed, and why" in said
    assert not read_run(tmp_path / "again").tables["waves"]["store_id"].isin(due["store_id"]).any()
    due.drop(columns="outcome").to_csv(tmp_path / "signed.csv", index=False)
    code, _, complaint = lst("replan", village_run, "--signed", "signed.csv", "--month", 1, "--out", "wrong")
    assert code == 2 and is_one_sentence(complaint) and "column outcome is missing" in complaint
    code, said, _ = lst("fairness", village_run, "--group", "small", "--floor", 0.4)
    assert code == 0 and "What a floor costs" in said
    code, _, complaint = lst("fairness", village_run, "--group", "blue")
    assert code == 2 and is_one_sentence(complaint) and "group blue is not known" in complaint
