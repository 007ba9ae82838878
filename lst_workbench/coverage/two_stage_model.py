"""Two-stage facility location as rows and columns: by paths where those are few, by flows where not."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from lst_workbench.coverage.pairs import Pairs
from lst_workbench.optim import ArrayModel

ROUNDING = 1e-9  # by which float64 sums may be off
PATHS = 60_000  # with more ways from a source over a site to a demand, flows are written down instead


@dataclass(frozen=True)
class TwoStageTask:
    """Demands are served by sites, sites by sources.

    Attributes
    ----------
    served : Pairs
        Sites of each demand; the weight is its quantity, the cost that of one unit.
    fed : Pairs
        Sources of each site, in the order of the sites of `served`; the cost is that of one unit.
    fixed, capacity : tuples of two ndarrays
        Of sites, and of sources.
    single_source, single_feed : bool
        Whether a demand has one site, and a site one source.
    """

    served: Pairs
    fed: Pairs
    fixed: tuple[np.ndarray, np.ndarray]
    capacity: tuple[np.ndarray, np.ndarray]
    single_source: bool
    single_feed: bool

    @property
    def paths(self) -> int:
        """Ways from a source over a site to a demand."""
        return int(np.diff(self.fed.starts)[self.served.site].sum())


@dataclass(frozen=True)
class Columns:
    """Where the variables stand: open sites, open sources, shares of pairs, feeds used, flows or paths."""

    sites: slice
    sources: slice
    pairs: slice
    feeds: slice
    ways: slice
    count: int


class _Rows:
    """Rows of a sparse matrix, gathered in blocks: each block has a row for every number in ``at``."""

    def __init__(self, columns: int) -> None:
        self.columns, self.count = columns, 0
        self.parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.limits: list[tuple[np.ndarray, np.ndarray]] = []

    def add(self, rows: int, lower: float, upper: float, *terms: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
        """Add rows; a term names row of the block, column and factor."""
        for at, column, factor in terms:
            self.parts.append((at + self.count, column, np.broadcast_to(factor, at.shape)))
        self.limits.append((np.full(rows, lower), np.full(rows, upper)))
        self.count += rows

    def matrix(self) -> sparse.csr_matrix:
        """All rows."""
        row, column, factor = (np.concatenate(part) for part in zip(*self.parts, strict=True))
        return sparse.csr_matrix((factor, (row, column)), shape=(self.count, self.columns))


def two_stage_model(task: TwoStageTask, by_paths: bool) -> tuple[ArrayModel, Columns]:
    """Write the model down.

    min Σ_j F_j Y_j + Σ_k G_k Z_k + Σ_ij q_i c_ij x_ij + Σ_jk d_jk v_jk, subject to

    - every demand whole:       Σ_j x_ij = 1;  x_ij ≤ Y_j
    - room in sites:            Σ_i q_i x_ij ≤ C_j Y_j
    - what goes out comes in:   Σ_k v_jk = Σ_i q_i x_ij
    - room in sources:          Σ_j v_jk ≤ B_k Z_k;  v_jk ≤ min(C_j, B_k) Z_k
    - room for everything:      Σ_j C_j Y_j ≥ Σ_i q_i;  Σ_k B_k Z_k ≥ Σ_i q_i
    - with a single feed:       v_jk ≤ min(C_j, B_k) u_jk;  Σ_k u_jk = Y_j;  u_jk ≤ Z_k

    Y, Z, u binary; x binary with a single source. By paths f_ijk, the share of i that comes from k over j takes the
    place of v: Σ_k f_ijk = x_ij;  Σ_j f_ijk ≤ Z_k;  f_ijk ≤ u_jk, which makes a tighter and longer program.
    """
    columns = _columns(task, by_paths)
    rows = _Rows(columns.count)
    _demand_rows(rows, task, columns)
    (_path_rows if by_paths else _flow_rows)(rows, task, columns)
    _room_rows(rows, task, columns)
    lower, upper = (np.concatenate(part) for part in zip(*rows.limits, strict=True))
    whole = np.zeros(columns.count, bool)
    for part in (columns.sites, columns.sources, columns.feeds):
        whole[part] = True
    whole[columns.pairs] = task.single_source
    most = np.ones(columns.count)
    if not by_paths:
        most[columns.ways] = np.inf
    zero = np.zeros(columns.count)
    return ArrayModel(_costs(task, columns, by_paths), rows.matrix(), lower, upper, zero, most, whole), columns


def _columns(task: TwoStageTask, by_paths: bool) -> Columns:
    sizes = [len(task.fixed[0]), len(task.fixed[1]), len(task.served.site)]
    sizes += [len(task.fed.site) if task.single_feed else 0, task.paths if by_paths else len(task.fed.site)]
    ends = np.cumsum([0, *sizes]).tolist()
    sites, sources, pairs, feeds, ways = (slice(a, b) for a, b in zip(ends[:-1], ends[1:], strict=True))
    return Columns(sites, sources, pairs, feeds, ways, ends[-1])


def _costs(task: TwoStageTask, columns: Columns, by_paths: bool) -> np.ndarray:
    served, cost = task.served, np.zeros(columns.count)
    cost[columns.sites], cost[columns.sources] = task.fixed
    quantity = served.weight[served.demand]
    cost[columns.pairs] = quantity * served.cost
    if by_paths:
        pair, lane = ways_of(task)
        cost[columns.ways] = quantity[pair] * task.fed.cost[lane]
    else:
        cost[columns.ways] = task.fed.cost
    return cost


def ways_of(task: TwoStageTask) -> tuple[np.ndarray, np.ndarray]:
    """Pair and feeding lane of each path."""
    lanes = np.diff(task.fed.starts)[task.served.site]
    pair = np.repeat(np.arange(len(task.served.site)), lanes)
    first = np.concatenate(([0], np.cumsum(lanes)))[:-1]
    return pair, task.fed.starts[task.served.site][pair] + np.arange(len(pair)) - first[pair]


def _demand_rows(rows: _Rows, task: TwoStageTask, columns: Columns) -> None:
    served = task.served
    pair, one = np.arange(len(served.site)), np.ones(len(served.site))
    x, y = columns.pairs.start + pair, columns.sites.start + served.site
    rows.add(served.demands, 1.0, 1.0, (served.demand, x, one))
    rows.add(len(pair), -np.inf, 0.0, (pair, x, one), (pair, y, -one))
    sites = np.arange(served.sites)
    room = (sites, columns.sites.start + sites, -_within(task)[0])
    rows.add(served.sites, -np.inf, 0.0, (served.site.astype(np.int64), x, served.weight[served.demand]), room)


def _feed_rows(rows: _Rows, task: TwoStageTask, columns: Columns) -> None:
    """One source for each open site."""
    fed = task.fed
    lane, one, sites = np.arange(len(fed.site)), np.ones(len(fed.site)), np.arange(task.served.sites)
    u = columns.feeds.start + lane
    rows.add(len(sites), 0.0, 0.0, (fed.demand, u, one), (sites, columns.sites.start + sites, -np.ones(len(sites))))
    rows.add(len(lane), -np.inf, 0.0, (lane, u, one), (lane, columns.sources.start + fed.site, -one))


def _flow_rows(rows: _Rows, task: TwoStageTask, columns: Columns) -> None:
    served, fed, room = task.served, task.fed, _within(task)
    lane, one = np.arange(len(fed.site)), np.ones(len(fed.site))
    v, z, sources = columns.ways.start + lane, columns.sources.start + fed.site, np.arange(len(room[1]))
    x = columns.pairs.start + np.arange(len(served.site))
    out = (served.site.astype(np.int64), x, -served.weight[served.demand])
    rows.add(served.sites, 0.0, 0.0, (fed.demand, v, one), out)
    open_sources = (sources, columns.sources.start + sources, -room[1])
    rows.add(len(sources), -np.inf, 0.0, (fed.site.astype(np.int64), v, one), open_sources)
    most = np.minimum(room[0][fed.demand], room[1][fed.site])
    rows.add(len(lane), -np.inf, 0.0, (lane, v, one), (lane, z, -most))
    if task.single_feed:
        _feed_rows(rows, task, columns)
        rows.add(len(lane), -np.inf, 0.0, (lane, v, one), (lane, columns.feeds.start + lane, -most))


def _path_rows(rows: _Rows, task: TwoStageTask, columns: Columns) -> None:
    served, fed, room = task.served, task.fed, _within(task)
    pair, lane = ways_of(task)
    f, one = columns.ways.start + np.arange(len(pair)), np.ones(len(pair))
    source, sources = fed.site[lane].astype(np.int64), np.arange(len(room[1]))
    pairs = np.arange(len(served.site))
    rows.add(len(pairs), 0.0, 0.0, (pair, f, one), (pairs, columns.pairs.start + pairs, -np.ones(len(pairs))))
    both, at = np.unique(served.demand[pair] * len(sources) + source, return_inverse=True)
    lines = np.arange(len(both))
    opened = (lines, columns.sources.start + both % len(sources), -np.ones(len(both)))
    rows.add(len(both), -np.inf, 0.0, (at.ravel(), f, one), opened)
    quantity = served.weight[served.demand][pair]
    rows.add(len(sources), -np.inf, 0.0, (source, f, quantity), (sources, columns.sources.start + sources, -room[1]))
    if task.single_feed:
        _feed_rows(rows, task, columns)
        ways = np.arange(len(pair))
        rows.add(len(ways), -np.inf, 0.0, (ways, f, one), (ways, columns.feeds.start + lane, -one))


def _room_rows(rows: _Rows, task: TwoStageTask, columns: Columns) -> None:
    """Room enough for everything in each stage: implied, and what HiGHS draws cover cuts from."""
    everything = float(task.served.weight.sum())
    for part, room in zip((columns.sites, columns.sources), _within(task), strict=True):
        at = np.arange(part.start, part.stop)
        rows.add(1, everything * (1.0 - ROUNDING), np.inf, (np.zeros(len(at), np.int64), at, room))


def _within(task: TwoStageTask) -> tuple[np.ndarray, np.ndarray]:
    """Capacities, none above all quantities together."""
    everything = float(task.served.weight.sum())
    return np.minimum(task.capacity[0], everything), np.minimum(task.capacity[1], everything)
