"""Names that are alike: compared letter by letter, pair by pair."""

import numba
import numpy as np

DIGITS = (ord("0"), ord("9"))
NUMERALS = tuple(ord(letter) for letter in "一二三四五六七八九十")


@numba.njit(cache=True, nogil=True)
def names_alike(
    letters: np.ndarray, length: np.ndarray, a: np.ndarray, b: np.ndarray, least: np.ndarray, alike: np.ndarray
) -> None:
    """Say of each pair of names whether one begins or ends with the other, or they differ by one letter.

    Parameters
    ----------
    letters : ndarray of uint32, shape (names, most)
        Code points.
    length : ndarray of int64
        Letters of each name; none has no likeness.
    a, b : ndarray of int
        The pairs, as rows of `letters`.
    least : ndarray of int64, shape (3,)
        Letters that the shorter must have: to be a part of the longer, to lack one letter, to have another letter.
    alike : ndarray of bool
        Filled in. A numeral that is added or another tells branches apart: those are not alike.
    """
    for pair in range(len(a)):
        i, j = a[pair], b[pair]
        if length[i] > length[j]:
            i, j = j, i
        n, m = length[i], length[j]
        if n == 0:
            continue
        x, y = letters[i], letters[j]
        front = 0
        while front < n and x[front] == y[front]:
            front += 1
        back = 0
        while back < n - front and x[n - 1 - back] == y[m - 1 - back]:
            back += 1
        for at in range(front, m - back):  # what the longer has for itself
            if _numeral(y[at]):
                break
        else:
            if n == m:
                other = front < n and _numeral(x[front])
                alike[pair] = front == n or (n >= least[2] and front + back >= n - 1 and not other)
            elif front + back >= n:
                within = front == n or back == n
                alike[pair] = (within and n >= least[0] and 2 * n >= m) or (n >= least[1] and m == n + 1)


@numba.njit(cache=True, nogil=True)
def _numeral(letter: int) -> bool:
    if DIGITS[0] <= letter <= DIGITS[1]:
        return True
    for other in NUMERALS:  # noqa: SIM110 - numba knows no generators
        if letter == other:
            return True
    return False
