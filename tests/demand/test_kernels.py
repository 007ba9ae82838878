"""Single-series kernels against published formulas, written out slowly, and against another library's answers."""

import numpy as np
import pytest

from lst_workbench.demand import _kernels as kernels

SERIES = {
    "lumpy": [0, 0, 3, 0, 0, 0, 7, 0, 1, 0, 0, 0, 0, 12, 0, 0, 2, 0, 0, 5],
    "smooth": [12, 15, 11, 14, 13, 17, 16, 12, 18, 15, 14, 19],
    "sells first": [4, 0, 0, 0, 6, 0, 0, 1],
    "one sale": [0, 0, 5, 0],
}
# statsforecast 2.1.1: SimpleExponentialSmoothing(.1), (.3), CrostonSBA(), TSB(.1, .05), TSB(.2, .1), one step ahead
STATSFORECAST = {
    "lumpy": [1.54287241269103, 2.1577087470403544, 1.1911896814604197, 0.8094682064677229, 1.3523013706377338],
    "smooth": [14.262101115130003, 16.029169286309997, 13.548996059373502, 14.262101115130003, 15.389320867840006],
    "sells first": [2.450587600000001, 1.2468171999999997, 2.5074829931972786, 3.06987945884375, 2.422452468000001],
    "one sale": [0.45, 1.0499999999999998, 1.5833333333333333, 0.2375, 0.45000000000000007],
}
CASES = [(kernels.ses, 0.1), (kernels.ses, 0.3), (kernels.sba, 0.1), (kernels.tsb, 0.1, 0.05), (kernels.tsb, 0.2, 0.1)]


def level(kernel, y, *constants, ends=None):
    y = np.asarray(y, float)
    ends = np.array([len(y)] if ends is None else ends)
    out = [np.zeros((len(ends), 1)) for _ in range(2 if kernel is kernels.holt else 1)]
    kernel(y[:, None], *constants, ends, *out)
    return out[0][:, 0]


@pytest.mark.parametrize("name", SERIES)
def test_equals_statsforecast(name):
    found = [level(case[0], SERIES[name], *case[1:])[0] for case in CASES]
    np.testing.assert_allclose(found, STATSFORECAST[name], rtol=1e-10)


@pytest.mark.parametrize("case", CASES)
def test_nothing_sold_gives_nothing(case):
    assert level(case[0], np.zeros(6), *case[1:])[0] == 0


@pytest.mark.parametrize("case", [*CASES, (kernels.discounted_mean, 0.1), (kernels.holt, 0.2, 0.1)])
def test_unknown_periods_pass_no_time_and_ends_are_independent(case):
    y = np.array(SERIES["lumpy"], float)
    holes = np.insert(y, [0, 4, 9, 20], np.nan)
    np.testing.assert_allclose(level(case[0], holes, *case[1:]), level(case[0], y, *case[1:]))
    both = level(case[0], y, *case[1:], ends=[7, 20])
    alone = [level(case[0], y[:7], *case[1:])[0], level(case[0], y, *case[1:])[0]]
    np.testing.assert_allclose(both, alone)


def test_discounted_mean_and_damped_trend_by_their_definitions():
    y = np.array(SERIES["smooth"], float)
    weight = 0.9 ** np.arange(len(y))[::-1]
    assert level(kernels.discounted_mean, y, 0.1)[0] == pytest.approx((weight @ y) / weight.sum())
    assert level(kernels.discounted_mean, y, 0.0)[0] == pytest.approx(y.mean())
    state, slope = y[0], 0.0
    for value in y[1:]:
        before = state + 0.9 * slope
        state, slope = before + 0.3 * (value - before), 0.9 * slope + 0.3 * 0.2 * (value - before)
    out = np.zeros((2, 1, 1))
    kernels.holt(y[:, None], 0.3, 0.2, np.array([len(y)]), out[0], out[1])
    np.testing.assert_allclose(out[:, 0, 0], [state, slope])


def test_series_side_by_side_are_forecast_as_each_alone():
    rng = np.random.default_rng(1)
    count, ends = 2 * kernels.SIDE_BY_SIDE + 5, np.array([9, 20])
    quantity = rng.poisson(0.8, (count, 20)).astype(np.float32)
    quantity[rng.random(quantity.shape) < 0.2] = np.nan
    index, pool = rng.uniform(0.5, 2, (3, 20)).astype(np.float32), rng.integers(0, 3, count)
    kind = np.array([kernels.SES, kernels.SBA, kernels.TSB, kernels.MEAN, kernels.HOLT])
    constants = (kind, np.full(5, 0.1), np.full(5, 0.05), ends)
    rows = rng.permutation(count)
    together = np.zeros((2, count, 5, 2))
    kernels.levels(quantity, rows, index, pool, *constants, *together)
    for i, row in enumerate(rows):
        alone = np.zeros((2, 1, 5, 2))
        kernels.levels(quantity, np.array([row]), index, pool, *constants, *alone)
        np.testing.assert_array_equal(together[:, i], alone[:, 0])


def test_statistics_begin_at_the_first_sale():
    y = np.array([[0, 0, 4, 0, np.nan, 2, 0, 0, 0]], np.float32)
    out = np.zeros((1, 2, kernels.STATISTICS))
    kernels.describe(y, np.array([0]), np.ones((1, 9)), np.array([0]), np.array([4, 9]), out)
    last = dict(zip(["known", "often", "cv2", "mean", "deviation", "since", "gap", "scale"], out[0, 1], strict=True))
    sold = np.array([4, 0, 2, 0, 0, 0.0])
    assert last["known"] == 6 and last["often"] == pytest.approx(2 / 6) and last["since"] == 3 and last["gap"] == 2
    assert last["mean"] == pytest.approx(1.0) and last["deviation"] == pytest.approx(sold.std())
    assert last["cv2"] == pytest.approx(np.var([4, 2]) / 9) and last["scale"] == pytest.approx(
        np.sqrt((np.diff(sold) ** 2).mean())
    )
    assert out[0, 0, kernels.KNOWN] == 2
