"""Run folders: whole or not at all, resumed, reused, refused."""

import errno
import json
import os
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from lst_workbench.contracts import InputError, LstError
from lst_workbench.optim import Certificate, Status
from lst_workbench.runs import RunWriter, StageOutput, disk, read_progress, read_run

IDENTITY = {"seed": 7, "scenario": {"name": "base", "figures": {"field.reps": 2000.0}}, "market": {"fingerprint": "m"}}
STAGES = ["doubling", "adding"]
NUMBERS = pd.DataFrame({"n": [1, 2, 3]})


class Work:
    """Two stages that count how often they are made."""

    def __init__(self):
        self.made = []

    def double(self, tables, figures):
        self.made.append("doubling")
        return StageOutput({"doubled": tables["numbers"] * figures["factor"]})

    def add(self, tables, figures):
        self.made.append("adding")
        total = pd.DataFrame({"total": [tables["doubled"]["n"].sum() + figures["plus"]]})
        return StageOutput(
            {"total": total}, Certificate(1.0, 2.0, Status.FEASIBLE, 0.1, True), [{"key": "said", "n": 1}]
        )

    def run(self, path, *, identity=IDENTITY, factor=2, plus=0, numbers=NUMBERS, progress=None):
        with RunWriter(path, identity, STAGES, progress) as writer:
            doubled = writer.stage("doubling", self.double, {"numbers": numbers}, {"factor": factor})
            total = writer.stage("adding", self.add, {"doubled": doubled["doubled"]}, {"plus": plus})
            assert total["total"] is not None
            return writer.finish()


@pytest.fixture
def work():
    return Work()


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def whole_tables(folder: Path) -> bool:
    """Whether every Parquet file reads and no temporary file is left."""
    for path in folder.rglob("*.parquet"):
        pd.read_parquet(path)
    return not [p for p in folder.rglob("*") if p.name.endswith(disk.TEMPORARY)]


def test_a_run_is_a_folder_that_reads_back(tmp_path, work):
    result = work.run(tmp_path / "run")
    again = read_run(tmp_path / "run")
    for run in (result, again):
        assert run.tables["total"]["total"].tolist() == [12]
        assert set(run.tables) == {"doubled", "total"}
        assert run.certificate.gap == 0.5
        assert run.notes == [{"key": "said", "n": 1}]
    record = tomllib.loads((tmp_path / "run" / "run.toml").read_text())
    assert record["state"] == "complete"
    assert record["scenario"]["figures"]["field.reps"] == 2000.0
    stage = record["stages"]["adding"]
    assert stage["tables"]["total"]["rows"] == 1
    assert stage["gap"] == 0.5 and stage["status"] == "feasible" and stage["seconds"] >= 0
    assert stage["peak_memory_mb"] > 1


def test_memory_and_folder_hold_the_same_tables(tmp_path, work):
    stored, kept = work.run(tmp_path / "run"), work.run(None)
    assert kept.path is None
    for name in stored.tables:
        pd.testing.assert_frame_equal(stored.tables[name], kept.tables[name])


def test_the_same_inputs_are_read_not_made_again(tmp_path, work):
    work.run(tmp_path)
    before = files(tmp_path)
    assert work.run(tmp_path).tables["total"]["total"].tolist() == [12]
    assert work.made == STAGES
    after = files(tmp_path)
    assert {k: v for k, v in after.items() if k != "progress.json"} == {
        k: v for k, v in before.items() if k != "progress.json"
    }


def test_a_finished_run_is_never_edited(tmp_path, work):
    work.run(tmp_path)
    before = files(tmp_path)
    other = {**IDENTITY, "scenario": {"name": "base", "figures": {"field.reps": 3000.0}}}
    with pytest.raises(LstError, match=r"field\.reps 2000\.0 there, 3000\.0 here.*new folder with --out"):
        work.run(tmp_path, identity=other)
    assert files(tmp_path) == before


def stop_at_adding(work, path, error):
    def broken(tables, figures):
        raise error

    with pytest.raises(type(error)), RunWriter(path, IDENTITY, STAGES) as writer:
        doubled = writer.stage("doubling", work.double, {"numbers": NUMBERS}, {"factor": 2})
        writer.stage("adding", broken, {"doubled": doubled["doubled"]}, {"plus": 0})


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (KeyboardInterrupt(), "cancelled"),
        (LstError("Warehouses are missing."), "failed"),
        (ZeroDivisionError(), "failed"),
    ],
)
def test_a_stopped_run_says_so_and_is_taken_up(tmp_path, work, error, state):
    stop_at_adding(work, tmp_path, error)
    progress = read_progress(tmp_path)
    assert progress.state == state and progress.stage == "adding" and progress.done_share == 0.5
    if isinstance(error, LstError):
        assert progress.error == "Warehouses are missing."
    assert whole_tables(tmp_path)
    with pytest.raises(LstError, match="not finished"):
        read_run(tmp_path)
    assert work.run(tmp_path).tables["total"]["total"].tolist() == [12]
    assert work.made == STAGES, "doubling was finished before the stop and must not be made twice"
    assert read_progress(tmp_path).state == "done"


def test_only_stages_whose_inputs_changed_are_made_again(tmp_path, work):
    stop_at_adding(work, tmp_path, LstError("x"))
    work.run(tmp_path, plus=5, identity={**IDENTITY, "seed": 8})
    assert work.made == ["doubling", "adding"]
    other = tmp_path / "other"
    stop_at_adding(work, other, LstError("x"))
    work.made.clear()
    result = work.run(other, factor=3, identity={**IDENTITY, "seed": 8})
    assert work.made == ["doubling", "adding"]
    assert result.tables["total"]["total"].tolist() == [18]


def test_changed_values_in_an_input_table_are_seen(tmp_path, work):
    stop_at_adding(work, tmp_path, LstError("x"))
    result = work.run(tmp_path, numbers=pd.DataFrame({"n": [1, 2, 4]}))
    assert result.tables["total"]["total"].tolist() == [14]


@pytest.mark.parametrize("refused", ["doubled.parquet", "total.parquet", "run.toml"])
def test_a_full_disk_leaves_nothing_half_written(tmp_path, work, monkeypatch, refused):
    folder = tmp_path / "run"
    flush = disk._flush
    armed = {"on": refused != "run.toml"}

    def full(path):
        if armed["on"] and refused in path.name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        flush(path)
        armed["on"] |= path.name.startswith(".doubled")

    monkeypatch.setattr(disk, "_flush", full)
    with pytest.raises(LstError, match="The disk is full while writing .*free some space"):
        work.run(folder)
    assert whole_tables(folder)
    assert read_progress(folder).state == "failed"
    assert "disk is full" in read_progress(folder).error
    monkeypatch.setattr(disk, "_flush", flush)
    assert work.run(folder).tables["total"]["total"].tolist() == [12]


def test_a_folder_that_holds_something_else_is_refused(tmp_path, work):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(LstError, match=r"not empty and is no run folder \(thesis.txt\)"):
        work.run(tmp_path)
    assert files(tmp_path) == {"thesis.txt": b"years of work"}


def test_a_file_in_the_way_is_named(tmp_path, work):
    (tmp_path / "file").write_text("")
    with pytest.raises(LstError, match="could not be written"):
        work.run(tmp_path / "file" / "run")


def test_a_second_writer_is_refused_and_named(tmp_path, work):
    code = textwrap.dedent(
        f"""
        import sys
        from pathlib import Path
        from lst_workbench.runs import RunWriter
        with RunWriter(Path({str(tmp_path)!r}), {IDENTITY!r}, ["doubling", "adding"]):
            print("writing", flush=True)
            sys.stdin.read()
        """
    )
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"writing\n"
        with pytest.raises(LstError, match=rf"Process {holder.pid} on .* is writing to"):
            work.run(tmp_path)
    finally:
        holder.kill()
        holder.wait()
    assert read_progress(tmp_path).as_seen_now().state == "failed"
    assert work.run(tmp_path).tables["total"]["total"].tolist() == [12], "a dead writer's lock is none"


def test_a_kill_at_any_moment_is_taken_up_to_the_same_result(tmp_path, work):
    """Kill after each step that touches the disk, then resume: the tables are those of an undisturbed run."""
    undisturbed = work.run(tmp_path / "whole")
    for step in range(1, 40):
        folder = tmp_path / f"killed-{step}"
        code = textwrap.dedent(
            f"""
            import os
            from pathlib import Path
            from lst_workbench.runs import disk
            left = {step}
            def counted(act):
                def acting(*args, **kwargs):
                    global left
                    left -= 1
                    if left == 0:
                        os._exit(9)
                    return act(*args, **kwargs)
                return acting
            disk._flush = counted(disk._flush)
            Path.replace = counted(Path.replace)
            Work().run(Path({str(folder)!r}))
            """
        )
        ended = os.waitstatus_to_exitcode(_forked(code))
        resumed = work.run(folder)
        assert whole_tables(folder)
        for name in undisturbed.tables:
            pd.testing.assert_frame_equal(resumed.tables[name], undisturbed.tables[name])
        if ended == 0:
            break
    assert step > 12, "the kill did not reach the run"
    assert ended == 0, "a run without a kill was never reached"


def _forked(code: str) -> int:
    """Run `code` in a copy of this process: importing pandas forty times would take minutes."""
    child = os.fork()
    if child == 0:
        try:
            exec(compile(code, "child", "exec"), {"Work": Work})
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1]


def test_contract_tables_are_checked_and_keep_their_words(tmp_path):
    curve = pd.DataFrame({"month": ["2017-09-01"], "signups": [1], "in_system": [1], "active": [0], "gmv_rmb": [1]})
    with (
        pytest.raises(InputError, match="contribution_rmb is missing"),
        RunWriter(tmp_path / "a", IDENTITY, ["curve"]) as writer,
    ):
        writer.stage("curve", lambda tables, figures: StageOutput({"curve": curve}), {}, {})
    decisions = pd.DataFrame(
        {
            **{"store_id": [1], "status": ["signed"], "month": [pd.Timestamp("2017-09-01")], "territory_id": [1]},
            **{"site_id": [None], "best_month": [pd.NaT]},
            **dict.fromkeys(["distance_km", "value", "visits_price", "volume_price", "capital_price", "margin"], [1.0]),
        }
    )
    with RunWriter(tmp_path / "b", IDENTITY, ["decisions"]) as writer:
        made = writer.stage("decisions", lambda tables, figures: StageOutput({"decisions": decisions}), {}, {})
        writer.finish()
    read = read_run(tmp_path / "b").tables["decisions"]
    pd.testing.assert_frame_equal(read, made["decisions"])
    assert list(read["status"].cat.categories) == ["participant", "signed", "not_chosen", "uncovered"]


def test_progress_is_told_in_stages(work):
    seen = []
    work.run(None, progress=seen.append)
    assert [(p.state, p.stage, p.done_share) for p in seen[1:]] == [
        ("running", "doubling", 0.0),
        ("running", "adding", 0.5),
        ("done", "", 1.0),
    ]
    assert seen[1].message_key == "stage.doubling" and seen[-1].message_key == "run.done"


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "There is no run at"), ("", "has format None"), ("not toml", "damaged"), ("format = 99", "has format 99")],
)
def test_what_is_no_run_is_said_in_a_sentence(tmp_path, text, said):
    folder = tmp_path / "run"
    if text is not None:
        folder.mkdir()
        (folder / "run.toml").write_text(text)
    with pytest.raises(LstError, match=said):
        read_run(folder)


def test_a_run_whose_table_was_lost_or_spoilt_says_so(tmp_path, work):
    work.run(tmp_path)
    (tmp_path / "tables" / "total.parquet").write_bytes(b"spoilt")
    with pytest.raises(LstError, match=r"total\.parquet could not be read"):
        read_run(tmp_path).tables["total"]
    with pytest.raises(LstError, match="lost or changed files"):
        work.run(tmp_path)


def test_progress_of_another_process_with_the_same_number_is_not_taken_for_ours(tmp_path, work):
    work.run(tmp_path)
    entry = json.loads((tmp_path / "progress.json").read_text())
    entry |= {"state": "running", "process_started": entry["process_started"] - 1000}
    (tmp_path / "progress.json").write_text(json.dumps(entry))
    assert read_progress(tmp_path).process() is None
    assert read_progress(tmp_path).as_seen_now().state == "failed"


def test_only_runs_of_the_same_code_share_their_stages(tmp_path, work, monkeypatch):
    def run(name):
        with RunWriter(tmp_path / name, IDENTITY, STAGES, share=True) as writer:
            doubled = writer.stage("doubling", work.double, {"numbers": NUMBERS}, {"factor": 2})
            writer.stage("adding", work.add, {"doubled": doubled["doubled"]}, {"plus": 0})
            return writer.finish()

    run("first")
    again = run("second")
    assert work.made == ["doubling", "adding"]
    assert again.meta["stages"]["adding"]["shared_with"] == "first" and again.certificate.value == 1.0
    assert (tmp_path / "second/tables/doubled.parquet").samefile(tmp_path / "first/tables/doubled.parquet")
    (tmp_path / "first/tables/doubled.parquet").unlink()
    (tmp_path / "second/tables/doubled.parquet").write_bytes(b"cut")
    run("third")
    assert work.made == ["doubling", "adding", "doubling"], "files that are not whole are not shared"
    monkeypatch.setattr("lst_workbench.runs.writer.code_fingerprint", lambda: "other code")
    monkeypatch.setattr("lst_workbench.runs.reuse.code_fingerprint", lambda: "other code")
    run("fourth")
    assert work.made == ["doubling", "adding", "doubling", "doubling", "adding"]
