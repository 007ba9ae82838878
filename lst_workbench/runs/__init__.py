"""Run folders: write, read, lock, resume, compare, explain. Nothing else writes results."""

from lst_workbench.runs.compare import Comparison, compare_runs
from lst_workbench.runs.explain import Explanation, explain_store
from lst_workbench.runs.fingerprint import fingerprint_of, fingerprint_of_table
from lst_workbench.runs.journal import add_to_journal, read_journal
from lst_workbench.runs.lock import CONDITIONS_FILE, LOG_FILE, SCENARIO_FILE, claim_folder, queue_in
from lst_workbench.runs.progress import Progress, State, read_progress, write_progress
from lst_workbench.runs.result import PlanResult, StoredTables, read_at_work, read_run
from lst_workbench.runs.windows import pieces, where, write_pieces
from lst_workbench.runs.writer import RunWriter, StageOutput, say_of

__all__ = [
    "CONDITIONS_FILE",
    "LOG_FILE",
    "SCENARIO_FILE",
    "Comparison",
    "Explanation",
    "PlanResult",
    "Progress",
    "RunWriter",
    "StageOutput",
    "State",
    "StoredTables",
    "add_to_journal",
    "claim_folder",
    "compare_runs",
    "explain_store",
    "fingerprint_of",
    "fingerprint_of_table",
    "pieces",
    "queue_in",
    "read_journal",
    "read_progress",
    "read_at_work",
    "read_run",
    "say_of",
    "where",
    "write_pieces",
    "write_progress",
]
