"""The estimated share of mismatches is the planted one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mismatch.prior import estimate_prior, shift_log_odds


def calibrated(n, share, seed):
    """Log-odds, at even odds, of two normal classes: their likelihood ratio, so calibrated."""
    rng = np.random.default_rng(seed)
    odd = rng.random(n) < share
    x = rng.normal(np.where(odd, 1.5, -1.5), 1.0)
    return 3.0 * x  # log N(x; 1.5, 1) - log N(x; -1.5, 1)


@pytest.mark.parametrize("share", [0.003, 0.01, 0.05, 0.2, 0.5, 0.9])
def test_finds_a_planted_share(share):
    n = 40_000
    error = 5 * np.sqrt(share * (1 - share) / n)
    assert estimate_prior(calibrated(n, share, 1)) == pytest.approx(share, abs=error + 0.001)


def test_no_mismatch_and_nothing_but():
    assert estimate_prior(np.full(500, -8.0)) < 1e-3
    assert estimate_prior(np.full(500, 8.0)) > 1 - 1e-3


def test_another_prior_in_the_log_odds_gives_the_same_share():
    even = calibrated(5_000, 0.1, 2)
    low = shift_log_odds(even, old=0.5, new=0.02)
    assert estimate_prior(low, at=0.02) == pytest.approx(estimate_prior(even), abs=1e-6)


def test_missing_scores_are_left_out():
    even = calibrated(2_000, 0.1, 3)
    assert estimate_prior([*even, np.nan]) == estimate_prior(even)
    assert np.isnan(estimate_prior([np.nan]))
    assert np.isnan(estimate_prior([]))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_is_a_share_whatever_the_scores(log_odds):
    assert 0 <= estimate_prior(log_odds) <= 1


@pytest.mark.parametrize("prior", [0, 1, -0.1, float("nan")])
def test_refuses_what_is_no_share(prior):
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        shift_log_odds([0.0], old=prior, new=0.5)
