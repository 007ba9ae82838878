"""A plan from prices: shares rounded to starts, gaps filled, territories rearranged while it pays."""

import numpy as np

from lst_workbench.rollout._kernels import Prices
from lst_workbench.rollout._moves import Room, insert, place, recreate, release, spread
from lst_workbench.rollout.dual import Dual
from lst_workbench.rollout.prices import FoundPrices
from lst_workbench.rollout.wave_inputs import WaveProblem
from lst_workbench.rollout.wave_params import WaveParams
from lst_workbench.rollout.wave_tables import loads_of, signed_by_target, stores_lacking, value_of

REGRETS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
OPEN = 0.06  # share of a store's worth: closer to nought than this, whether it starts is open
MONTHS_APART = 0.001  # the same between its two best months: when it starts is open
PHASE_ROUNDS = 4
SLOW, PATIENCE = 0.05, 2  # of what is left of the gap: a round that closes less is slow; so many in a row end a phase
MANY = 300_000  # stores: from here on a slow round costs more than it brings, so the search is shorter
FALL = 0.1  # of what is left of the gap: a round that loses more ends a search, which begins anew
NOISE = 0.02  # share of a store's worth by which the order of a trial is shaken
# What is open; how much of the price of shared capacities counts; noise.
PHASES = ((OPEN, 1.0, NOISE), (OPEN, 0.95, NOISE), (2 * OPEN, 0.0, NOISE), (2 * OPEN, 0.0, NOISE / 10))
ANEW = ((OPEN, 0.98, NOISE), *PHASES[1:])  # where room that is saved does not come to be used
WIDE = 0.5  # the same where a quota is short
STUCK = 0.01  # of the bound: a plan made from a former one that is further from it is made anew
SHARE_PASSES = 3  # a member of a share may fit once others have started
LENT = 4.0  # stores that shares may be off by while a plan is begun
TRIALS = 0.3  # trials a store and round; one where they are few
MENDING = 0.1  # the same where a quota is short, of the many stores that could mend it
FEW = 5_000  # open stores
WAITING = 2  # waiting stores that take part for each started one


def plan_at_prices(
    problem: WaveProblem, dual: Dual, found: FoundPrices, params: WaveParams, former: np.ndarray | None = None
) -> np.ndarray:
    """Find the month of start of each store (-1: none); every capacity is kept.

    The shares of the smoothed dual are rounded so that loads stay what they were; whoever fits starts, the surest
    first. Gaps are filled by those who lose least against their best month. Then territories are rearranged. Where a
    `former` plan is given its starts come before those of the shares; where that leads to a plan far from the bound,
    another is made without them, and the better one taken.
    """
    temperature, smooth_x = found.shares_at
    smooth, prices = dual.prices(smooth_x), dual.prices(found.x)
    stores, scale = dual.stores, dual.scale
    starts = np.full(len(scale), -1, np.int64)
    room = room_left(problem, starts)
    _, _, lead = dual.best_starts(smooth)
    wanted = spread(stores, scale, smooth, dual.largest, _row_prices(dual, smooth_x, room), temperature)
    worth, _, _ = dual.best_starts(prices)
    keep_promises(problem, worth, wanted, starts, prices, room)
    if former is not None:
        place(_ranked(worth / scale, former >= 0), former, starts, stores, room)
    order = _ranked(lead / scale, (wanted >= 0) & _useful(problem, smooth))
    lent = _lent(problem)
    room.spare[:] += lent
    for _ in range(1 if not len(problem.shares) else SHARE_PASSES):
        place(order, wanted, starts, stores, room)
    useful = _useful(problem, prices)
    for regret in REGRETS:
        candidates = _ranked(worth / scale, (starts < 0) & (worth > -regret * scale) & useful)
        insert(candidates, regret, worth, scale, starts, stores, prices, room)
    if lent.any():
        _keep_shares(problem, worth, starts)
    made = rearranged(problem, dual, found, starts, params)
    if former is None or value_of(problem, made) >= found.bound * (1 - STUCK - params.stickiness):
        return made
    anew = plan_at_prices(problem, dual, found, params)
    return max(made, anew, key=lambda plan: (-stores_lacking(problem, plan), value_of(problem, plan)))


def keep_promises(
    problem: WaveProblem, worth: np.ndarray, wanted: np.ndarray, starts: np.ndarray, prices: Prices, room: Room
) -> None:
    """Start promised stores before all others, those with the earliest end and the most visits first."""
    rows, stores = np.flatnonzero(problem.promised), problem.stores
    last = problem.n_months - 1 - problem.windows.open[:, ::-1].argmax(axis=1)
    rows = rows[np.lexsort((-stores.signup[rows], last[stores.group[rows]]))]
    place(rows, wanted, starts, stores, room)
    insert(rows, np.inf, worth, np.ones_like(worth), starts, stores, prices, room)


def rearranged(
    problem: WaveProblem, dual: Dual, found: FoundPrices, starts: np.ndarray, params: WaveParams
) -> np.ndarray:
    """Improve a plan: territories are taken apart piece by piece and put together again.

    At first what is saved of capacities that territories share counts as gain, later only value does; where value
    falls meanwhile, what is saved stays idle, and the search begins anew with less of it counted. Members of quotas
    that are short come first. Ends when the gap is small enough.
    """
    prices, stores, scale, first_starts, starts = dual.prices(found.x), dual.stores, dual.scale, starts, starts.copy()
    worth, _, lead = dual.best_starts(prices)
    undecided = (lead < MONTHS_APART * scale) | (worth < 0)
    useful = _useful(problem, prices)
    many = len(starts) >= MANY
    pace = Pace(min(PHASE_ROUNDS, max(1, params.rounds // len(PHASES))), value_of(problem, starts), many)
    for number in range(params.rounds):
        reach, shared, noise = pace.phases[pace.phase]
        room = room_left(problem, starts)
        is_open = useful & ((np.abs(worth) < reach * scale) | np.where(starts < 0, worth > 0, undecided))
        pools = [is_open]
        if (short := _short_groups(problem, room)).any():
            _release(problem, short, worth / scale, starts, room)
            nearby = np.unique(stores.territory[short[stores.group]])
            pools = [np.isin(stores.territory, nearby) & (np.abs(worth) < WIDE * scale), is_open]
        for pool in pools:
            rows, first = _shuffled(problem, pool, starts, worth / scale, number)
            few, trials = len(rows) <= FEW, TRIALS if pool is is_open else MENDING
            if few and number % 3 == 2:  # exchanges across territories
                rows, first = np.random.default_rng(number).permutation(rows), np.array([0, len(rows)])
            recreate(
                first, rows, worth, scale, starts, stores, prices, room,
                shared, dual.shortfall_price, noise, REGRETS[-3], 1.0 if few else trials, number,
            )  # fmt: skip
        value = value_of(problem, starts)
        good_enough = value >= found.bound * (1 - params.gap)
        if not pace.anew and pace.phase == 0 and pace.value - value > FALL * (found.bound - value):
            starts[:] = first_starts
            pace = Pace(pace.length, value_of(problem, starts), many, anew=True)
            continue
        pace.take(value, found.bound)
        kept = not (problem.promised & (starts < 0)).any()
        if (good_enough or pace.spent) and kept and not _short_groups(problem, room).any():
            break
    room = room_left(problem, starts)
    waiting = _ranked(worth / scale, (starts < 0) & np.isfinite(worth) & useful)
    insert(waiting, np.inf, worth, scale, starts, stores, prices, room)
    _give_way(problem, worth, starts)
    return starts


def _lent(problem: WaveProblem) -> np.ndarray:
    """Give room lent to shares while a plan is begun, where some have a floor and some a cap.

    Of the first stores of all, whoever is a member breaks the cap and whoever is none the floor.
    """
    targets = problem.targets
    shares = targets.share >= 0
    both = len(np.unique(targets.sense[shares])) == 2
    return np.where(shares & both, LENT * np.abs(targets.adds).max(axis=0, initial=0.0), 0.0)


def _keep_shares(problem: WaveProblem, worth: np.ndarray, starts: np.ndarray) -> None:
    """Stop the least useful stores that bring shares beyond their limits, until all hold; promised ones stay."""
    targets, group = problem.targets, problem.stores.group
    while True:
        spare = np.where(targets.share >= 0, (targets.limit - signed_by_target(problem, starts)) * targets.sense, 0.0)
        row = int(spare.argmin())
        takes = targets.adds[group, row] * targets.sense[row]
        counted = (starts >= 0) & (starts <= targets.month[row]) & (takes > 0) & ~problem.promised
        if spare[row] >= 0 or not counted.any():
            return
        starts[np.flatnonzero(counted)[worth[counted].argmin()]] = -1


def _give_way(problem: WaveProblem, worth: np.ndarray, starts: np.ndarray) -> None:
    """Stop members of a share that promises alone bring above its cap: the cap holds, and promises are reported."""
    targets, group = problem.targets, problem.stores.group
    for row in np.flatnonzero((targets.share >= 0) & (targets.sense > 0)).tolist():
        counted = (starts >= 0) & (starts <= targets.month[row]) & (targets.adds[group, row] > 0)
        members = np.flatnonzero(counted)
        for i in members[np.argsort(worth[members], kind="stable")].tolist():
            if signed_by_target(problem, starts)[row] <= 0:
                break
            starts[i] = -1


class Pace:
    """Which phase a search is in: the next one begins when a phase has had its rounds or gains next to nothing.

    Parameters
    ----------
    length : int
        Rounds of a phase, at most; the last one goes on.
    value : float
        Value before the search.
    many : bool
        Whether rounds are dear: the first phase has one, a slow one ends any, and the last phase is left out.
    anew : bool
        Whether the search began anew, with less of the saved room counted.
    """

    def __init__(self, length: int, value: float, many: bool, anew: bool = False) -> None:
        self.length, self.anew = length, anew
        self.phases = (ANEW if anew else PHASES)[: len(PHASES) - many]
        self.saving, self.patience = (1, 1) if many else (length, PATIENCE)
        self.value, self.phase, self.rounds, self.slow = value, 0, 0, 0

    @property
    def spent(self) -> bool:
        """Whether the last phase gains next to nothing."""
        return self.phase == len(self.phases) - 1 and self.slow >= self.patience

    def take(self, value: float, bound: float) -> None:
        """Count a round that ended at `value`."""
        gained, self.value = value - self.value, max(value, self.value)
        self.rounds, self.slow = self.rounds + 1, self.slow + 1 if gained < SLOW * (bound - value) else 0
        length = self.length if self.phase else self.saving
        if self.phase < len(self.phases) - 1 and (self.rounds >= length or self.slow >= self.patience):
            self.phase, self.rounds, self.slow = self.phase + 1, 0, 0


def _useful(problem: WaveProblem, prices: Prices) -> np.ndarray:
    """Tell which stores bring value or are paid for by a quota, share or promise."""
    wanted = np.asarray((prices.target < -problem.bonus).any(axis=1))
    return (problem.best_worth(problem.stores) > 0) | wanted[problem.stores.group]


def room_left(problem: WaveProblem, starts: np.ndarray) -> Room:
    """Room that a plan leaves."""
    targets = problem.targets
    visits, volume, capital = (
        capacity - used for capacity, used in zip(problem.room(), loads_of(problem, starts), strict=True)
    )
    group, row = np.nonzero(targets.adds)
    first = np.searchsorted(group, np.arange(targets.adds.shape[0] + 1))
    takes = targets.adds[group, row] * targets.sense[row]
    spare = (targets.limit - signed_by_target(problem, starts)) * targets.sense
    return Room(
        visits, volume, capital, spare, first, row, takes, targets.month, targets.sense, targets.share >= 0,
        targets.stores, problem.windows.promised, problem.windows.open,
    )  # fmt: skip


def _shuffled(
    problem: WaveProblem, among: np.ndarray, starts: np.ndarray, worth: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Positions in random order inside each territory, and where each territory begins.

    Of waiting stores only the best few for each started one take part.
    """
    started, waiting = np.flatnonzero(among & (starts >= 0)), np.flatnonzero(among & (starts < 0))
    most = 20 + WAITING * np.bincount(problem.stores.territory[started], minlength=len(problem.visits))
    waiting = waiting[np.lexsort((-worth[waiting], problem.stores.territory[waiting]))]
    territory = problem.stores.territory[waiting]
    rank = np.arange(len(waiting)) - np.searchsorted(territory, territory)
    rows = np.sort(np.append(started, waiting[rank < most[territory]]))
    territory = problem.stores.territory[rows]
    rows = rows[np.lexsort((np.random.default_rng(seed).random(len(rows)), territory))]
    return rows, np.searchsorted(territory, np.arange(len(problem.visits) + 1))


def _row_prices(dual: Dual, x: np.ndarray, room: Room) -> Room:
    """Prices of the rows, shaped as the room."""
    visits, volume, capital, targets = dual.split(x)
    return room._replace(visits=visits.copy(), volume=volume.copy(), capital=capital.copy(), spare=targets.copy())


def _ranked(key: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Positions where `among`, by `key`, highest first."""
    rows = np.flatnonzero(among)
    return rows[np.argsort(-key[rows], kind="stable")]


def _short_groups(problem: WaveProblem, room: Room) -> np.ndarray:
    """Find the groups of stores that a short quota counts."""
    short = (problem.targets.sense < 0) & (room.spare < 0)
    return np.asarray(problem.targets.member[:, short].any(axis=1))


def _release(problem: WaveProblem, short: np.ndarray, worth: np.ndarray, starts: np.ndarray, room: Room) -> None:
    """Where a limit on stores keeps members of a short quota out, stop the least useful stores it counts."""
    targets, group = problem.targets, problem.stores.group
    is_share = targets.share >= 0
    guarded = is_share | (targets.sense < 0) & ~targets.member[short].all(axis=0)  # others get as many back
    wanted = int(-room.spare[(targets.sense < 0) & (room.spare < 0) & ~is_share].sum())
    for row in np.flatnonzero((targets.sense > 0) & (room.spare < wanted) & ~is_share).tolist():
        if targets.member[short, row].any():
            counted = np.flatnonzero((starts >= 0) & targets.member[group, row] & ~short[group])
            order = counted[np.argsort(worth[counted], kind="stable")]
            release(order, row, wanted - int(room.spare[row]), guarded, starts, problem.stores, room)
