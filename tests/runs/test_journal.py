"""Decisions and comments: only ever appended."""

import os

import pytest

from lst_workbench.contracts import InputError, LstError
from lst_workbench.runs import RunWriter, StageOutput, add_to_journal, read_journal


@pytest.fixture
def run_folder(tmp_path):
    with RunWriter(tmp_path, {"seed": 7}, ["nothing"]) as writer:
        writer.stage("nothing", lambda tables, figures: StageOutput({}), {}, {})
        writer.finish()
    return tmp_path


def test_entries_are_appended_and_read_in_order(run_folder):
    assert read_journal(run_folder).empty
    add_to_journal(run_folder, "Plan of record.", kind="approved", author="Lin")
    first = (run_folder / "decisions.jsonl").read_bytes()
    add_to_journal(run_folder, "老板要求先拜访", store_id=5, author="Wang")
    assert (run_folder / "decisions.jsonl").read_bytes().startswith(first)
    journal = read_journal(run_folder)
    assert journal["text"].tolist() == ["Plan of record.", "老板要求先拜访"]
    assert journal["kind"].tolist() == ["approved", "comment"]
    assert journal["author"].tolist() == ["Lin", "Wang"]


def test_an_empty_comment_and_a_folder_that_is_no_run_are_refused(run_folder, tmp_path):
    with pytest.raises(InputError, match="is empty; write what was decided"):
        add_to_journal(run_folder, "  ")
    with pytest.raises(LstError, match="There is no run"):
        add_to_journal(tmp_path / "nowhere", "x")


def test_a_full_disk_leaves_no_half_line(run_folder, monkeypatch):
    add_to_journal(run_folder, "first", author="Lin")
    before = (run_folder / "decisions.jsonl").read_bytes()

    def full(handle):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LstError, match="disk is full"):
        add_to_journal(run_folder, "second", author="Lin")
    assert (run_folder / "decisions.jsonl").read_bytes() == before
