"""A plan made again mid-year against the plan before it, store by store."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Month
from lst_workbench.contracts.table import Table, column

CHANGES = ("done", "done_otherwise", "failed", "kept", "moved", "dropped", "added")
REASONS = ("as_planned", "outcome", "slipped", "freed", "room", "visits", "volume_m3", "capital_rmb", "target")


class WaveChanges(Table):
    """A plan made again mid-year against the plan before it, store by store."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    before: Series[Month] = column("Month in the plan before; empty for none.", "month", nullable=True)
    after: Series[Month] = column("Month it was or will be signed; empty for none.", "month", nullable=True)
    change: Series[str] = column(
        "done in its month, done_otherwise (another month, or not planned), failed, kept, moved, dropped or added.",
        "name",
        isin=CHANGES,
    )
    reason: Series[str] = column(
        "Why: as_planned, outcome (what happened), slipped (was due, not done), freed (others of its territory gave "
        "way), room, or what has become too dear for it: visits, volume_m3, capital_rmb, target.",
        "name",
        isin=REASONS,
    )
