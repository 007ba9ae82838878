"""lst monitor: a kill at any moment costs nothing, whatever comes again counts once, and advice is written once."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from lst_workbench import cli
from lst_workbench.cli.event_files import Batch, FileSource, Ledger
from tests.inventory.shops import HOUR, OPENED, as_lines, events, tables

CLOCK = str(OPENED + 41 * HOUR)
LIVES = 4


@pytest.fixture
def shops(tmp_path):
    folder = tmp_path / "shops"
    folder.mkdir()
    for name, table in tables().items():
        table.to_csv(folder / f"{name}.csv", index=False)
    return folder


def command(shops, events, state, out, *more):
    words = [shops, events, "--state", state, "--out", out, "--since", iso(OPENED), "--clock", iso(float(CLOCK)), *more]
    return [str(word) for word in ("monitor", *words)]


def iso(seconds):
    return f"{np.datetime64(round(seconds), 's')}Z"


def run(words):
    with pytest.raises(SystemExit) as ended:
        cli.run(words)
    return ended.value.code


def _wait_for(path, seconds):
    end = time.monotonic() + seconds
    while not path.exists() and time.monotonic() < end:
        time.sleep(0.01)


def advice(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_folder_is_read_once_and_more_lines_are_taken_up_where_it_ended(shops, tmp_path, capsys):
    rows, folder, out = as_lines(events(200)), tmp_path / "events", tmp_path / "advice.jsonl"
    folder.mkdir()
    (folder / "a.jsonl").write_text("\n".join(rows[:90]) + "\n", "utf-8")
    (folder / "b.jsonl").write_text("\n".join(rows[80:150]) + "\n" + rows[150][:20], "utf-8")
    assert run(command(shops, folder, tmp_path / "state", out, "--once")) == 0
    assert "150 events applied, 10 came again, 0 refused" in " ".join(capsys.readouterr().err.split())
    with (folder / "b.jsonl").open("a", encoding="utf-8") as stream:
        stream.write("\n".join([rows[150][20:], *rows[151:]]) + "\n")
    assert run(command(shops, folder, tmp_path / "state", out, "--once")) == 0
    assert "200 events applied, 10 came again, 0 refused" in " ".join(capsys.readouterr().err.split())
    ids = [card["card_id"] for row in advice(out) for card in row.get("cards", [])]
    assert len(ids) > 0
    assert (tmp_path / "state" / "measured.csv").read_text("utf-8").startswith("kind,shown,accepted")


@pytest.mark.parametrize(
    ("tables_missing", "said"), [(True, "stock.csv or stock.parquet is missing"), (False, "no such")]
)
def test_what_cannot_be_read_is_one_sentence(shops, tmp_path, capsys, tables_missing, said):
    given, source = (tmp_path, "-") if tables_missing else (shops, tmp_path / "nothing.jsonl")
    assert run(command(given, source, tmp_path / "state", tmp_path / "out", "--once")) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_a_torn_journal_gives_its_whole_batches(tmp_path):
    ledger = Ledger(tmp_path)
    assert (ledger.last(), list(ledger.batches())) == (None, [])
    given = [Batch(1, ["a", "b"], {"f": 4}), Batch(2, [], {}, 100), Batch(3, ["c" * 50], {"f": 9})]
    for batch in given:
        ledger.add(batch)
    [journal] = tmp_path.glob("journal-*")
    whole = journal.read_bytes()
    for cut in range(len(whole)):
        journal.write_bytes(whole[:cut])
        kept = list(Ledger(tmp_path).batches())
        assert kept == given[: len(kept)]
        assert (len(kept) == 3) == (cut == len(whole))
    journal.write_bytes(whole)
    again = Ledger(tmp_path)
    assert list(again.batches()) == given
    again.checkpoint(lambda: {"x": np.arange(3)}, {"positions": {"f": 9}})
    arrays, notes = Ledger(tmp_path).last()
    assert arrays["x"].tolist() == [0, 1, 2]
    assert notes["positions"] == {"f": 9}
    assert list(Ledger(tmp_path).batches()) == []


def test_a_checkpoint_beside_the_events_holds_what_was_there_when_it_began(tmp_path):
    ledger, gate = Ledger(tmp_path), tmp_path / "gate"
    assert list(ledger.batches()) == []
    state = {"x": np.arange(3)}

    def slowly():
        _wait_for(gate, 60)
        return state

    early, later = Batch(1, ["a"]), Batch(2, ["b"])
    ledger.add(early)
    assert ledger.checkpoint_beside(slowly, {"positions": {"f": 1}})
    state["x"] = np.arange(9)
    ledger.add(later)
    assert not ledger.checkpoint_beside(dict, {"positions": {}})
    killed = Ledger(tmp_path)
    assert (killed.last(), list(killed.batches())) == (None, [early, later])
    gate.touch()
    _wait_for(tmp_path / "checkpoint.npz", 60)
    again = Ledger(tmp_path)
    arrays, notes = again.last()
    assert (arrays["x"].tolist(), notes["positions"]) == ([0, 1, 2], {"f": 1})
    assert list(again.batches()) == [later]


def test_a_file_that_shrank_is_read_again(tmp_path):
    path = tmp_path / "e.jsonl"
    path.write_text("a\nb\nc", "utf-8")
    source = FileSource(path, {})
    assert (source.read(0), source.read(0)) == (["a", "b"], [])
    path.write_text("d\n", "utf-8")
    assert source.read(0) == ["d"]


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
def test_kills_at_random_moments_leave_no_trace(shops, tmp_path, seed):
    rows, path = as_lines(events(4000, seed=seed)), tmp_path / "events.jsonl"
    path.write_text("\n".join(rows) + "\n", "utf-8")
    assert run(command(shops, path, tmp_path / "whole", tmp_path / "whole.jsonl", "--once")) == 0
    growing, out, state = tmp_path / "growing.jsonl", tmp_path / "torn.jsonl", tmp_path / "torn"
    growing.touch()
    rng, written = np.random.default_rng(seed), 0
    words = command(shops, growing, state, out, "--checkpoint-s", "0.05")
    for life in range(LIVES):
        child = subprocess.Popen([sys.executable, "-m", "lst_workbench.cli", *words], stderr=subprocess.DEVNULL)
        _wait_for(state / "checkpoint.npz", 60)
        end = time.monotonic() + rng.uniform(0.1, 3.0)
        goal = len(rows) * (life + 1) // LIVES
        while time.monotonic() < end:
            with growing.open("a", encoding="utf-8") as stream:
                stream.writelines(f"{line}\n" for line in rows[written : min(written + 25, goal)])
            written = min(written + 25, goal)
            time.sleep(0.01)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    with growing.open("a", encoding="utf-8") as stream:
        stream.writelines(f"{line}\n" for line in [*rows[written:], *rows[:500]])
    assert run(command(shops, growing, state, out, "--once")) == 0
    whole, torn = (Ledger(tmp_path / name).last() for name in ("whole", "torn"))
    assert whole[1]["counts"] == [len(rows), 0, 0]
    assert torn[1]["counts"] == [len(rows), 500, 0]
    lines = [arrays[0]["lines"] for arrays in (whole, torn)]
    for name in ("counted", "moved", "delivered", "price", "listed", "counted_at"):
        ours, theirs = (np.sort(part[name][part["item"] >= 0]) for part in lines)
        np.testing.assert_array_equal(ours, theirs)
    given = [card["card_id"] for row in advice(out) for card in row.get("cards", [])]
    numbers = {int(name.split(":")[1]) for name in given if name.startswith("1:")}
    assert numbers == set(range(1, max(numbers) + 1))
