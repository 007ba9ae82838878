"""What a monitor remembers beside its books: gains, open cards, answers, ids seen and movements."""

from dataclasses import dataclass

import numpy as np

from lst_workbench.inventory._monitor_kernels import keep_ids, keep_log
from lst_workbench.inventory.monitor_tables import LOG

ROOM = 1 << 16


@dataclass
class Memory:
    """All that events change beside the books; ids and movements reach back as far as events are taken.

    ``marks`` holds the clock (ms), movements logged, ids seen, and the next store to sweep.
    """

    gains: np.ndarray
    open_kind: np.ndarray
    open_line: np.ndarray
    open_number: np.ndarray
    open_value: np.ndarray
    tally: np.ndarray
    seen_id: np.ndarray
    seen_at: np.ndarray
    log: np.ndarray
    marks: np.ndarray

    @classmethod
    def blank(cls, stores: int, lines: int, cards: int, counts: int) -> "Memory":
        """Remember nothing yet."""
        kind, line, number = np.zeros((3, stores, cards), np.int64)
        gains, tally = np.zeros((lines, cards), np.float32), np.zeros((cards, counts))
        seen_id, seen_at = np.zeros((2, ROOM), np.int64)
        log, marks = np.zeros(ROOM, LOG), np.zeros(4, np.int64)
        return cls(gains, kind, line, number, np.zeros((stores, cards)), tally, seen_id, seen_at, log, marks)

    def make_room(self, count: int, lines: np.ndarray, oldest: int) -> None:
        """Make sure that `count` more events fit."""
        if 2 * (self.marks[2] + count) > len(self.seen_id) or self.marks[1] + count > len(self.log):
            self.forget(lines, oldest)
        while 4 * (self.marks[2] + count) > len(self.seen_id):
            self.forget(lines, oldest, 2 * len(self.seen_id))
        while 2 * (self.marks[1] + count) > len(self.log):
            self.log = np.concatenate([self.log, np.zeros(len(self.log), LOG)])

    def forget(self, lines: np.ndarray, oldest: int, cells: int = 0) -> None:
        """Forget ids and movements of events too old to be taken again."""
        seen_id, seen_at = np.zeros((2, cells or len(self.seen_id)), np.int64)
        self.marks[2] = keep_ids(self.seen_id, self.seen_at, oldest, seen_id, seen_at)
        self.seen_id, self.seen_at = seen_id, seen_at
        kept = np.zeros(len(self.log), LOG)
        self.marks[1] = keep_log(lines, self.log, oldest, kept)
        self.log = kept
