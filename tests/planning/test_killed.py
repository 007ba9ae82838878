"""A run that is killed at any write is taken up, and ends as if nothing had happened."""

import os
import signal

import pytest

from lst_workbench.planning import make_plan
from lst_workbench.runs import disk


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "tables").iterdir())}


@pytest.fixture(scope="module")
def whole(village, village_scenario, tmp_path_factory):
    """Tables of a run that nobody killed, and how many files it wrote."""
    folder, writes, before = tmp_path_factory.mktemp("whole") / "run", [], disk.write_whole
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            disk, "write_whole", lambda path, *rest, **named: (writes.append(path), before(path, *rest, **named))
        )
        make_plan(village, village_scenario, folder)
    return contents(folder), len(writes)


def kill_at(write, half, village, village_scenario, folder):
    """Plan in a child process that kills itself at one of its writes: before the file has its name, or after."""
    child = os.fork()
    if child:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        return
    try:
        before, left = disk.write_whole, [write]

        def dying(path, fill, **named):
            left[0] -= 1
            if left[0] == 0 and half:
                fill(path.with_name(f".{path.name}{disk.TEMPORARY}"))
                os.kill(os.getpid(), signal.SIGKILL)
            before(path, fill, **named)
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        disk.write_whole = dying
        make_plan(village, village_scenario, folder)
    finally:
        os._exit(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("half", [True, False], ids=["half-written", "written"])
@pytest.mark.parametrize("share", [0.1, 0.35, 0.6, 0.8, 0.95])
def test_a_killed_run_is_taken_up_to_the_identical_result(share, half, whole, village, village_scenario, tmp_path):
    tables, writes = whole
    kill_at(int(share * writes), half, village, village_scenario, tmp_path / "run")
    result = make_plan(village, village_scenario, tmp_path / "run")
    assert result.meta["state"] == "complete"
    assert contents(tmp_path / "run") == tables


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_run_may_be_killed_at_every_write_in_turn(whole, village, village_scenario, tmp_path):
    tables, writes = whole
    for write in range(1, writes, 2):
        kill_at(write, write % 4 == 1, village, village_scenario, tmp_path / f"run-{write}" / "run")
        make_plan(village, village_scenario, tmp_path / f"run-{write}" / "run")
        assert contents(tmp_path / f"run-{write}" / "run") == tables, write
