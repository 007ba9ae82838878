"""What a monitor remembers beside its books: gains, open cards, answers, ids seen and movements."""

from dataclasses import dataclass

import numpy as np

from lst_workbench.inventory._monitor_kernels import keep_ids, keep_log
from lst_workbench.inventory.monitor_tables import LOG

ROOM = 1 << 16
RESERVED = 1 << 24  # movements; memory that is only asked for takes no room until it is written
MOVED = 8  # cells of the former table of ids that are moved for each event
SAMPLE = 1 << 16  # cells of the table of ids that tell how many are too old


@dataclass
class Memory:
    """All that events change beside the books; ids and movements reach back as far as events are taken.

    ``marks`` holds the clock (ms), movements logged, ids in the table of ids, the next store to sweep, and how far the
    former table of ids (``past_id``) has been moved: one that is half full is moved bit by bit, so that no batch waits.
    """

    gains: np.ndarray
    open_kind: np.ndarray
    open_line: np.ndarray
    open_number: np.ndarray
    open_value: np.ndarray
    tally: np.ndarray
    seen_id: np.ndarray
    seen_at: np.ndarray
    past_id: np.ndarray
    past_at: np.ndarray
    log: np.ndarray
    marks: np.ndarray

    @classmethod
    def blank(cls, stores: int, lines: int, cards: int, counts: int) -> "Memory":
        """Remember nothing yet."""
        kind, line, number = np.zeros((3, stores, cards), np.int64)
        gains, tally = np.zeros((lines, cards), np.float32), np.zeros((cards, counts))
        seen_id, seen_at = np.zeros((2, ROOM), np.int64)
        past_id, past_at = np.zeros((2, 1), np.int64)
        log, marks = np.zeros(RESERVED, LOG), np.zeros(5, np.int64)
        value = np.zeros((stores, cards))
        return cls(gains, kind, line, number, value, tally, seen_id, seen_at, past_id, past_at, log, marks)

    @classmethod
    def taken_up(cls, stored: dict[str, np.ndarray]) -> "Memory":
        """Take up what `used` gave."""
        own = cls(**{name: value.copy() for name, value in stored.items()})
        own.log = _longer(own.log, max(RESERVED, 2 * len(own.log)))
        return own

    def used(self) -> dict[str, np.ndarray]:
        """Everything, without the room that movements have not taken."""
        return vars(self) | {"log": self.log[: self.marks[1]]}

    def make_room(self, count: int, lines: np.ndarray, oldest: int) -> None:
        """Make sure that `count` more events fit."""
        if 2 * (self.marks[2] + count) > len(self.seen_id):
            self._move_ids(len(self.past_id), oldest)
            self._renew_ids(count, oldest)
        self._move_ids(MOVED * count, oldest)
        if self.marks[1] + count > len(self.log):
            self._forget_movements(lines, oldest)
        if 2 * (self.marks[1] + count) > len(self.log):
            self.log = _longer(self.log, 2 * (len(self.log) + count))

    def forget(self, lines: np.ndarray, oldest: int) -> None:
        """Forget ids and movements of events too old to be taken again."""
        self._move_ids(len(self.past_id), oldest)
        self._begin_ids(len(self.seen_id))
        self._move_ids(len(self.past_id), oldest)
        self._forget_movements(lines, oldest)

    def _renew_ids(self, count: int, oldest: int) -> None:
        """Begin a table with room for `count` more than the ids that are not too old, as a sample tells."""
        some = self.seen_at[:SAMPLE][self.seen_id[:SAMPLE] != 0]
        staying = int(self.marks[2] * float((some >= oldest).mean())) if len(some) else 0
        cells = len(self.seen_id)
        while 3 * staying + 4 * count > cells:
            cells *= 2
        self._begin_ids(cells)

    def _begin_ids(self, cells: int) -> None:
        self.past_id, self.past_at = self.seen_id, self.seen_at
        self.seen_id, self.seen_at = np.zeros((2, cells), np.int64)
        self.marks[2] = self.marks[4] = 0

    def _move_ids(self, cells: int, oldest: int) -> None:
        """Move the next cells of the former table; an empty one takes its place when all are moved."""
        first = int(self.marks[4])
        last = min(first + cells, len(self.past_id))
        self.marks[2] += keep_ids(self.past_id, self.past_at, first, last, oldest, self.seen_id, self.seen_at)
        self.marks[4] = last
        if last == len(self.past_id) > 1:
            self.past_id, self.past_at = np.zeros((2, 1), np.int64)
            self.marks[4] = 0

    def _forget_movements(self, lines: np.ndarray, oldest: int) -> None:
        kept = np.zeros(len(self.log), LOG)
        self.marks[1] = keep_log(lines, self.log, oldest, kept)
        self.log = kept


def _longer(log: np.ndarray, length: int) -> np.ndarray:
    longer = np.zeros(length, LOG)
    longer[: len(log)] = log
    return longer
