"""Single-source location: prices of demands and knapsacks of sites for a bound, repairs for a value, a tree between."""

import time
from dataclasses import dataclass

import numpy as np

from lst_workbench.coverage._kernels import FREE, NONE, OPEN, SHUT
from lst_workbench.coverage._source_kernels import climb_sources, forced_nets, repaired
from lst_workbench.coverage.pairs import Pairs
from lst_workbench.optim import Certificate, Status

SCALES = (1, 10, 100, 1_000)  # that may make quantities whole
MOST_STEPS = 100_000_000  # of all knapsacks together: demands x sites x units of room
ROUNDS, ITERATIONS, PATIENCE = 12, 60, 12
NODE_STEP, NODE_ITERATIONS, NODE_PATIENCE = 0.3, 25, 6
KICKS, MOST_KICKED, NEAR_SHUT = 3_000, 2, 0.05  # sites shut and opened by a kick; weight of a site prices never name
ASTRAY, KICKS_ASTRAY = 0.02, 400  # how much dearer the next kick may set out; kicks until it is from the best again
TURN = 32  # nodes after which the one of least bound is next
ROUNDING = 1e-9


@dataclass(frozen=True)
class _Node:
    """Part of the choices: what each site must do, pairs that are out, prices, and a bound."""

    state: np.ndarray
    banned: np.ndarray
    price: np.ndarray
    bound: float
    site_often: np.ndarray
    pair_often: np.ndarray
    branched: tuple[int, int] | None = None


class SourceTask:
    """Demands and sites with sizes and room in whole units.

    Parameters
    ----------
    pairs : Pairs
        Lists of the demands; weights are quantities.
    fixed_cost, capacity : ndarray
        Of each site.
    scale : int
        Units in a unit of quantity.
    """

    def __init__(self, pairs: Pairs, fixed_cost: np.ndarray, capacity: np.ndarray, scale: int) -> None:
        self.pairs, self.fixed = pairs, fixed_cost
        units = np.round(pairs.weight * scale).astype(np.int64)
        most = np.minimum(np.floor(capacity * scale * (1 + ROUNDING) + ROUNDING), units.sum()).astype(np.int64)
        step = int(np.gcd.reduce(units))
        self.size, self.room = units // step, most // step
        self.order = np.lexsort((pairs.demand, pairs.site))
        self.demand, self.site = pairs.demand[self.order], pairs.site[self.order].astype(np.int64)
        self.cost = (pairs.cost * pairs.weight[pairs.demand])[self.order]
        self.starts = np.searchsorted(self.site, np.arange(pairs.sites + 1))
        self.way = np.full((pairs.demands, pairs.sites), np.inf)
        self.way[self.demand, self.site] = self.cost
        near = np.abs(self.cost - np.round(self.cost)) <= 1e-7 * np.maximum(1.0, np.abs(self.cost))
        self.whole = bool(near.all() and (fixed_cost == np.round(fixed_cost)).all())
        self.most = float(fixed_cost.sum() + np.where(np.isfinite(self.way), self.way, 0.0).max(axis=1).sum())

    def least(self, state: np.ndarray) -> int:
        """Fewest sites with room for all; more than there are when there is no such number."""
        room = np.sort(self.room[state != SHUT])[::-1]
        return int(np.searchsorted(np.cumsum(room), self.size.sum())) + 1

    def moved_to(self, source: np.ndarray, usable: np.ndarray, coming: np.ndarray) -> np.ndarray:
        """Take demands off sites that are not usable; new sites take whom they serve cheaper, as far as room goes."""
        other, rows = np.where(usable[source], source, NONE), np.arange(len(source))
        for site in coming:
            gain = self.way[rows, source] - self.way[:, site]
            ranked = np.argsort(-gain, kind="stable")
            fits = (np.cumsum(self.size[ranked]) <= self.room[site]) & (gain[ranked] > 0)
            other[ranked[fits]] = site
        return other


class _Search:
    """The best sites and sources known, and what still counts as better."""

    def __init__(self, task: SourceTask, deadline: float, gap: float) -> None:
        self.task, self.deadline, self.gap = task, deadline, gap
        self.source, self.value = np.full(task.pairs.demands, NONE), np.inf
        self.raised, self.times = np.zeros((2, len(task.room))), np.zeros((2, len(task.room)))  # by opening, shutting

    @property
    def late(self) -> bool:
        return time.perf_counter() > self.deadline

    @property
    def cutoff(self) -> float:
        """Whatever costs more is no better: a whole unit less, or `gap` less; all there is where nothing is known."""
        if self.value == np.inf:
            return self.task.most * (1 + ROUNDING)
        return self.value - max(self.unit, self.share) + ROUNDING * abs(self.value)

    @property
    def unit(self) -> float:
        """Least amount by which a better answer is better, where all costs are whole."""
        return 1 - 1e-5 if self.task.whole else 0.0

    @property
    def share(self) -> float:
        """Amount below the value at which a bound is near enough."""
        return self.value * self.gap / (1 + self.gap)

    def bounded(self, node: _Node, step: float, patience: int, iterations: int) -> tuple[_Node, float]:
        """Raise a node's prices, try what they name, and rule out sites and pairs."""
        task, least = self.task, self.task.least(node.state)
        price, net = node.price.copy(), np.empty(len(task.room))
        site_often, pair_often = node.site_often.copy(), node.pair_often.copy()
        taken = np.zeros(len(task.cost), bool)
        target = 1.01 * max(node.bound, 0.0) + 1.0 if self.value == np.inf else 1.002 * self.value
        bound, step = climb_sources(
            task.starts, task.demand, task.cost, task.size[task.demand], task.room, task.fixed, node.state, node.banned,
            least, price, site_often, pair_often, net, taken, step, patience, iterations, target, self.cutoff,
        )  # fmt: skip
        state, banned = node.state, node.banned
        if bound <= self.cutoff:
            self.try_pairs(taken, node.state != SHUT)
            self.try_pairs(pair_often > 0.5, node.state != SHUT)
            state, banned = self._ruled_out(node, price, net, bound, least)
        return _Node(state, banned, price, max(bound, node.bound), site_often, pair_often), step

    def try_pairs(self, taken: np.ndarray, usable: np.ndarray) -> None:
        """Give each demand the cheapest pair taken, mend the rest, and keep the outcome where it is the best."""
        task = self.task
        pair = np.flatnonzero(taken)
        pair = pair[np.argsort(-task.cost[pair], kind="stable")]
        for allowed in (usable, np.isin(np.arange(len(usable)), task.site[pair]) & usable):
            source = np.full(len(task.size), NONE)
            source[task.demand[pair]] = task.site[pair]
            self.mended(source, allowed)

    def mended(self, source: np.ndarray, usable: np.ndarray) -> float:
        """Mend an answer in place, and keep it where it is the best; its cost."""
        task = self.task
        value = float(repaired(task.way, task.size, task.room, task.fixed, usable, source))
        if value < self.value - ROUNDING * abs(value):
            self.source, self.value = source.copy(), value
        return value

    def learn(self, node: _Node, bound: float) -> None:
        """Remember how much the choice that made a node raised the bound."""
        if node.branched is not None:
            site, choice = node.branched
            self.raised[choice - OPEN, site] += max(0.0, bound - node.bound)
            self.times[choice - OPEN, site] += 1

    def telling(self, node: _Node, free: np.ndarray) -> int:
        """Free site whose choice, either way, is expected to raise the bound most."""
        mean = self.raised.sum(axis=1) / np.maximum(self.times.sum(axis=1), 1)
        each = np.where(self.times > 0, self.raised / np.maximum(self.times, 1), mean[:, None])[:, free]
        often = np.clip(node.site_often[free], 0.02, 0.98)
        return int(free[np.argmax((each[0] + 1e-9) * (1 - often) * (each[1] + 1e-9) * often)])

    def _ruled_out(
        self, node: _Node, price: np.ndarray, net: np.ndarray, bound: float, least: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Shut sites and take out pairs that no better answer has; open sites that every better answer has."""
        task, cutoff, state = self.task, self.cutoff, node.state.copy()
        named = state == OPEN
        free = np.flatnonzero(state == FREE)
        free = free[np.argsort(net[free], kind="stable")]
        many = min(max(int((net[free] < 0).sum()), least - int(named.sum())), len(free))
        named[free[:many]] = True
        instead = max(0.0, net[free[many - 1]]) if many else 0.0  # more than 0: named for the number alone
        following = net[free[many]] if many < len(free) else np.inf
        net = np.where(node.state == SHUT, 0.0, net)  # which is not named and stays shut
        opening = np.where(named, 0.0, net - instead)
        tight = named.sum() <= least
        shutting = (following if tight else 0.0) - net
        state[(node.state == FREE) & (bound + opening > cutoff)] = SHUT
        state[(node.state == FREE) & named & (bound + shutting > cutoff)] = OPEN
        forced = np.empty(len(task.cost))
        margin = price[task.demand] - task.cost
        sizes = task.size[task.demand]
        forced_nets(task.starts, sizes, task.room, task.fixed, node.state, node.banned, margin, forced)
        left = ~node.banned & (state[task.site] != SHUT)
        extra = opening[task.site[left]] + forced[left] - net[task.site[left]]
        banned = ~left
        banned[left] = bound + extra > cutoff
        return state, banned


def solve_single_source(
    task: SourceTask, time_limit_s: float | None, gap: float
) -> tuple[np.ndarray, np.ndarray, Certificate]:
    """Serve each demand from one site (Holmberg, Rönnqvist and Yuan, 1999).

    Returns
    -------
    opened : ndarray of bool
        Open sites.
    share : ndarray
        1 for the pair of each demand, else 0.
    certificate : Certificate
        How good that is.
    """
    started = time.perf_counter()
    search = _Search(task, started + (np.inf if time_limit_s is None else time_limit_s), gap)
    bound = _branch(search, _root(search))
    return _answer(search, bound, time.perf_counter() - started)


def whole_scale(pairs: Pairs, capacity: np.ndarray) -> int:
    """Factor that makes all quantities whole; 0 where none does or knapsacks would be too large."""
    for scale in SCALES:
        units = np.round(pairs.weight * scale)
        if (np.abs(pairs.weight * scale - units) <= ROUNDING * units).all():
            room = np.minimum(capacity * scale, units.sum()).sum() / np.gcd.reduce(units.astype(np.int64))
            return scale if room * pairs.demands <= MOST_STEPS else 0
    return 0


def _root(search: _Search) -> _Node:
    """Raise the prices of all choices in rounds."""
    task = search.task
    spread = task.fixed / np.maximum(task.room, 1)
    price = np.where(np.isfinite(task.way), task.way + spread * task.size[:, None], np.inf).min(axis=1)
    banned = (task.size[task.demand] > task.room[task.site]) | (task.room[task.site] == 0)
    halves = np.full(len(task.room), 0.5), np.full(len(task.cost), 0.5)
    state = np.where(task.room > 0, FREE, SHUT).astype(np.int8)
    node, step = _Node(state, banned, price, -np.inf, *halves), 1.0
    for _ in range(ROUNDS):
        node, step = search.bounded(node, step, PATIENCE, ITERATIONS)
        if node.bound > search.cutoff or step < 2e-3 or search.late:
            break
    if node.bound <= search.cutoff:
        _kicked(search, node.site_often)
    return node


def _kicked(search: _Search, often: np.ndarray) -> None:
    """Shut and open a few sites by lot, mend who is served from where, and go on from what costs little more."""
    task, random = search.task, np.random.default_rng(0)
    source, value = search.source, search.value
    for done in range(KICKS):
        if search.value == np.inf or search.late or not 0 < len(np.unique(source)) < int((task.room > 0).sum()):
            return
        if done % KICKS_ASTRAY == 0:
            source, value = search.source, search.value
        usable = np.isin(np.arange(len(task.room)), source)
        shut, others = np.flatnonzero(usable), np.flatnonzero(~usable & (task.room > 0))
        leaving = random.choice(shut, min(int(random.integers(0, MOST_KICKED + 1)), len(shut)), replace=False)
        likely = often[others] + NEAR_SHUT
        many = min(int(random.integers(0 if len(leaving) else 1, MOST_KICKED + 1)), len(others))
        coming = random.choice(others, many, replace=False, p=likely / likely.sum())
        usable[leaving], usable[coming] = False, True
        other = task.moved_to(source, usable, coming)
        if (cost := search.mended(other, usable)) < value * (1 + ASTRAY):
            source, value = other, cost


def _branch(search: _Search, root: _Node) -> float:
    """Go through the tree depth first; returns the bound: the cutoff, or the least of the nodes left.

    Now and then the node of least bound is next, so that the bound rises and other values are found.
    """
    stack, done = [root], 0
    while stack:
        if search.late:
            return min(min(node.bound for node in stack), search.cutoff)
        done += 1
        if done % TURN == 0:
            stack.append(stack.pop(min(range(len(stack)), key=lambda at: stack[at].bound)))
        node = stack.pop()
        if node.bound > search.cutoff or _hopeless(search.task, node):
            continue
        before = node
        node, _ = search.bounded(node, NODE_STEP, NODE_PATIENCE, NODE_ITERATIONS)
        search.learn(before, node.bound)
        if node.bound <= search.cutoff and not _hopeless(search.task, node):
            stack.extend(_children(search, node))
    return search.cutoff


def _hopeless(task: SourceTask, node: _Node) -> bool:
    """Whether room or pairs left cannot serve everybody."""
    served = np.bincount(task.demand[~node.banned], minlength=len(task.size))
    return bool((served == 0).any() or task.room[node.state != SHUT].sum() < task.size.sum())


def _children(search: _Search, node: _Node) -> list[_Node]:
    """Split a node at the site, else at the pair, whose choice is expected to tell most; the likelier one last."""
    task = search.task
    free = np.flatnonzero(node.state == FREE)
    if len(free):
        chosen = search.telling(node, free)
        choices = (SHUT, OPEN) if node.site_often[chosen] > 0.5 else (OPEN, SHUT)
        return [_site_child(task, node, chosen, choice) for choice in choices]
    many = np.bincount(task.demand[~node.banned], minlength=len(task.size)) > 1
    open_pairs = np.flatnonzero(~node.banned & many[task.demand])
    if not len(open_pairs):
        search.try_pairs(~node.banned, node.state == OPEN)
        return []
    often = node.pair_often[open_pairs]
    chosen = open_pairs[int(np.argmax(task.size[task.demand[open_pairs]] * np.minimum(often, 1 - often)))]
    out, alone = node.banned.copy(), node.banned | (task.demand == task.demand[chosen])
    out[chosen], alone[chosen] = True, node.banned[chosen]
    kept = (node.price, node.bound, node.site_often, node.pair_often)
    return [_Node(node.state, banned, *kept) for banned in (out, alone)]


def _site_child(task: SourceTask, node: _Node, site: int, choice: int) -> _Node:
    state = node.state.copy()
    state[site] = choice
    banned = node.banned | (task.site == site) if choice == SHUT else node.banned
    return _Node(state, banned, node.price, node.bound, node.site_often, node.pair_often, (site, choice))


def _answer(search: _Search, bound: float, seconds: float) -> tuple[np.ndarray, np.ndarray, Certificate]:
    """Open the sites that serve, and say how good that is."""
    task = search.task
    share, opened = np.zeros(len(task.cost)), np.zeros(len(task.room), bool)
    proven = bound >= search.cutoff - 2 * ROUNDING * abs(search.cutoff)
    if search.value == np.inf:
        status = Status.INFEASIBLE if proven else Status.TIME_LIMIT
        return opened, share, Certificate(np.inf, min(bound, np.inf), status, seconds, maximise=False)
    opened[search.source] = True
    share[task.order] = search.source[task.demand] == task.site
    value = float(task.fixed[opened].sum() + task.way[np.arange(len(task.size)), search.source].sum())
    exact = search.share <= search.unit
    status = Status.TIME_LIMIT if not proven else Status.OPTIMAL if exact else Status.WITHIN_GAP
    bound = value if status is Status.OPTIMAL else min(bound, value)
    return opened, share, Certificate(value, bound, status, seconds, maximise=False)
