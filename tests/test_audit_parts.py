"""The parts of an audit, each against a slow or known answer."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mismatch.auditing.discovery import discover
from mismatch.auditing.groups import find_repeats, unusual_groups
from mismatch.auditing.shifts import Shift, best_path

SHARES = st.lists(st.floats(0, 1), max_size=40)


@given(SHARES, st.floats(0.01, 0.5))
def test_discoveries_are_the_largest_set(genuine, fdr):
    q = np.array(genuine, dtype=float)
    flags = discover(q, fdr)
    sizes = [k for k in range(1, len(q) + 1) if np.sort(q)[:k].mean() <= fdr - 1e-12]
    assert flags.sum() >= max(sizes, default=0)
    if flags.any() and len(set(genuine)) == len(genuine):
        assert q[flags].mean() <= fdr + 1e-12


def test_its_rate_holds_where_probabilities_do():
    rng = np.random.default_rng(0)
    rates, found = [], []
    for _ in range(200):
        odd = rng.random(5_000) < 0.03
        x = rng.normal(np.where(odd, 2.5, -2.5), 1)
        genuine = 1 / (1 + np.exp(5 * x) * 0.03 / 0.97)
        flags = discover(genuine, 0.05)
        rates.append((flags & ~odd).sum() / max(1, flags.sum()))
        found.append(flags[odd].mean())
    assert 0.045 < np.mean(rates) < 0.055
    assert np.mean(found) > 0.95


@given(
    st.integers(1, 6).flatmap(
        lambda n: st.lists(
            st.lists(st.integers(-3, 3), min_size=3, max_size=3), min_size=n, max_size=n
        )
    )
)
def test_best_path_is_the_best_of_all(evidence):
    array, cost = np.array(evidence, dtype=float), 1.5

    def worth(path):
        changes = sum(a != b for a, b in itertools.pairwise([0, *path, 0]))
        return sum(array[row, state] for row, state in enumerate(path)) - cost * changes

    best = max(map(worth, itertools.product(range(3), repeat=len(array))))
    assert worth(best_path(array, 0, cost).tolist()) == pytest.approx(best)


@pytest.mark.parametrize(
    ("shift", "bodies"), [(Shift(3, 9, 2), range(3, 7)), (Shift(3, 9, -1), range(4, 9))]
)
def test_bodies_of_a_shift(shift, bodies):
    assert shift.bodies == bodies


def test_repeats_need_different_companions():
    assert find_repeats(["a", "A ", None, ""], ["x", "x", "y", "z"]) == []
    [repeat] = find_repeats(["a", "b", "A "], ["x", "y", "z"])
    assert (repeat.text, repeat.rows, repeat.others) == ("a", (0, 2), 2)


def test_an_outlet_with_many_mismatches_is_named_and_chance_is_not():
    rng = np.random.default_rng(0)
    values = ["good", "fine", "bad", None] * 500
    flagged = rng.random(2000) < 0.02
    everything = np.ones(2000, dtype=bool)
    assert unusual_groups("source", values, flagged, everything) == []
    flagged[2:400:4] = True
    [group] = unusual_groups("source", values, flagged, everything)
    assert (group.value, group.rows) == ("bad", 500)
    assert group.p_value < 1e-6
    assert str(group).startswith("source 'bad': ")
