"""What `calibrate` and `fit` make of feeds that nothing was trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from metrics import calibration_error
from mismatch.calibration import Calibration
from mismatch.classifier import Classifier
from mismatch.feed import articles_needed, calibrate_to
from mismatch.refit import refit
from mismatch.training.corpora import NEWS
from raw_scores import SECOND, Scored
from trust_measures import (
    LEVELS,
    by_chance,
    covered,
    heading,
    log_loss,
    losses_of,
    row,
    stated_by,
)

Floats = NDArray[np.float64]

ARTICLES = 1_000
SPLITS = 20
MANY_SPLITS = 200  # which show an excess of a hundredth of a level
RATE = 0.005
PLANTED = 0.02
FEWEST = 250  # articles of a feed
LEAST_SOURCE = 100  # and of an outlet, which is calibrated for its p-values only
DRAWS = {50: 20, 200: 20, 2_000: 5}  # by the number of pairs that `fit` is given
HELD_OUT = 150  # pairs that a fit is held against, at least


def calibrating(calibration: Calibration, feeds: Scored) -> None:
    """Probabilities and decisions of feeds before and after `calibrate`."""
    heading(
        f"After `calibrate` with {ARTICLES:,} articles of a feed (six tenths of a smaller one), on "
        f"the others; means of {SPLITS} random splits",
        "feed", "articles", "pairs", "ECE before", "ECE after", "by chance", "log loss before",
        "after", f"recall at {RATE:g} before", "after", "after, 2 % planted", "bins covered",
    )  # fmt: skip
    for name in feeds.corpora:
        feed = feeds.of(name, "genuine", "random")
        n = _articles(feed)
        if (feed.label == 0).sum() < FEWEST:
            continue
        second = feeds.of(name, SECOND).score
        found = np.mean(
            [_split(calibration, feed, second, n, seed) for seed in range(SPLITS)], axis=0
        )
        if n < articles_needed(RATE):
            found[6:8] = np.nan
        cells = [f"{x:.4f}" for x in found[:5]] + [f"{x:.3f}" for x in found[5:]]
        pairs = f"{len(feed.score) - 2 * n:,}"
        row(name, f"{n:,}", pairs, *("" if cell == "nan" else cell for cell in cells))


def _split(
    calibration: Calibration, feed: Scored, second: Floats, n: int, seed: int
) -> list[float]:
    rng = np.random.default_rng(seed)
    genuine, odd = (rng.permutation(np.flatnonzero(feed.label == label)) for label in (0, 1))
    planted = round(PLANTED * n)
    given, moved = feed.score[genuine[:n]], feed.score[odd[:n]]
    again = rng.permutation(second)[:n]
    own = calibrate_to(calibration, given, np.r_[moved, again])
    spoilt = calibrate_to(
        calibration, np.r_[given[: n - planted], moved[:planted]], np.r_[moved[planted:], again]
    )
    rest = feed.select(np.isin(np.arange(len(feed.score)), np.r_[genuine[n:], odd[n:]]))
    before, after = (stated_by(c, rest.score) for c in (calibration, own))
    new = feed.score[odd[n:]]
    familiar = rest.select(rest.unfamiliar == "")
    return [
        calibration_error(before, rest.label),
        calibration_error(after, rest.label),
        by_chance(after, draws=5),
        log_loss(before, rest.label),
        log_loss(after, rest.label),
        *((c.p_values(new) <= RATE).mean() for c in (calibration, own, spoilt)),
        float(np.mean(covered(own, familiar))) if len(familiar.score) >= HELD_OUT else np.nan,
    ]


def validity(calibration: Calibration, feeds: Scored) -> None:
    """Share of other genuine articles whose p-value is at most a level, after `calibrate`."""
    rows = []
    for name, feed in _feeds_and_outlets(feeds):
        n = _articles(feed)
        if n < articles_needed(0.05):
            continue
        shares, kept = [], []
        for seed in range(MANY_SPLITS):
            rng = np.random.default_rng(seed)
            genuine = rng.permutation(feed.score[feed.label == 0])
            odd = rng.permutation(feed.score[feed.label == 1])
            own = calibrate_to(calibration, genuine[:n], odd[:n])
            shares.append([(own.p_values(genuine[n:]) <= a).mean() for a in LEVELS])
            kept.append(len(own.genuine) / n)
        error = np.std(shares, axis=0, ddof=1) / np.sqrt(MANY_SPLITS)
        rows.append((name, n, np.mean(shares, axis=0), error, 1 - np.mean(kept)))
    # One chance in twenty that any cell of a table is marked where all hold (Bonferroni).
    most = norm.isf(0.05 / (len(rows) * len(LEVELS)))
    heading(
        f"P(p <= a) in %, after `calibrate` with {ARTICLES:,} articles (six tenths of fewer), "
        f"means of {MANY_SPLITS} splits ± standard error; * is above a by more than {most:.1f} of "
        "them, which one such table in twenty shows somewhere by chance",
        "feed or outlet", "articles", *(f"{a:g}" for a in LEVELS), "set aside",
    )  # fmt: skip
    valid = []
    for name, n, mean, error, aside in rows:
        marks = mean - most * error <= LEVELS
        valid.append(marks.all())
        cells = [
            f"{100 * m:.2f} ± {100 * e:.2f}{' *' * (not ok)}"
            for m, e, ok in zip(mean, error, marks.tolist(), strict=True)
        ]
        row(name, f"{n:,}", *cells, f"{100 * aside:.1f} %")
    print(f"\nvalid at every level: {sum(valid)} of {len(valid)}")


def _articles(feed: Scored) -> int:
    return min(ARTICLES, int(0.6 * (feed.label == 0).sum()))


def _feeds_and_outlets(feeds: Scored) -> Iterator[tuple[str, Scored]]:
    politics = feeds.of(NEWS, "genuine", "random")
    counts = Counter(politics.source[politics.label == 0].tolist())
    for outlet, count in counts.most_common():
        if count >= LEAST_SOURCE:
            yield outlet, politics.select(politics.source == outlet)
    for name in feeds.corpora:
        yield name, feeds.of(name, "genuine", "random")


def fitting(classifier: Classifier, calibration: Calibration, feeds: Scored) -> None:
    """Log loss and AUROC on other pairs of a feed, where `fit` was given some."""
    heading(
        "`fit` on pairs of a feed, on its others: change of log loss (below 0 is better) and of "
        "AUROC, means of draws ± standard error, that of log loss of the draws and of the articles "
        "together; * is worse by more than two of them",
        "feed", "log loss, AUROC before", *(f"{n:,} pairs ({k} draws)" for n, k in DRAWS.items()),
    )  # fmt: skip
    worse, means = dict.fromkeys(DRAWS, 0), {n: [] for n in DRAWS}
    for name in feeds.corpora:
        feed = feeds.of(name, "genuine", "random")
        feed = feed.select(~np.isnan(feed.features).any(axis=1))
        sizes = [n for n in DRAWS if len(feed.score) >= n + HELD_OUT]
        if not sizes:
            continue
        cells = []
        for n in sizes:
            draws = DRAWS[n]
            drawn = [_fit(classifier, calibration, feed, n, seed) for seed in range(draws)]
            losses, aurocs = map(np.array, zip(*drawn, strict=True))
            change, error = _mean_change(losses)
            auroc = aurocs.mean()
            is_worse = change > 2 * error
            worse[n] += is_worse
            means[n].append((change, auroc))
            told = f"{change:+.4f} ± {error:.4f}{' *' * is_worse}"
            cells.append(f"{told}, {auroc:+.4f} ± {aurocs.std(ddof=1) / np.sqrt(draws):.4f}")
        stated = stated_by(calibration, feed.score)
        before = f"{log_loss(stated, feed.label):.4f}, {roc_auc_score(feed.label, feed.score):.4f}"
        row(name, before, *cells, *[""] * (len(DRAWS) - len(sizes)))
    for n, found in means.items():
        if found:
            loss, auroc = np.mean(found, axis=0)
            print(
                f"\n{n:,} pairs: log loss {loss:+.4f}, AUROC {auroc:+.4f} on the average of "
                f"{len(found)} feeds; worse on {worse[n]}"
            )


def _mean_change(losses: Floats) -> tuple[float, float]:
    """Mean of the changes (draws, articles), NaN where an article was fitted to, and its error.

    Both are samples: the pairs that were fitted to, and the articles that these are held against.
    """
    of_draws = np.nanmean(losses, axis=1)
    of_articles = np.nanmean(losses, axis=0)
    of_articles = of_articles[~np.isnan(of_articles)]
    variance = sum(each.var(ddof=1) / len(each) for each in (of_draws, of_articles))
    return float(of_draws.mean()), float(np.sqrt(variance))


def _fit(
    classifier: Classifier, calibration: Calibration, feed: Scored, n: int, seed: int
) -> tuple[Floats, float]:
    article = np.cumsum(feed.label == 0) - 1  # its pairs lie together, the genuine one first
    articles = article.max() + 1
    chosen = np.random.default_rng(seed).permutation(articles)[: n // 2]
    own = np.isin(article, chosen)
    features = feed.features.astype(np.float64)
    found = refit(classifier, calibration, features[own], feed.label[own], false_alarm_rate=RATE)
    label = feed.label[~own]
    before = classifier.scores(features[~own])
    after = found.classifier.scores(features[~own])
    old, new = stated_by(calibration, before), stated_by(found.calibration, after)
    change = losses_of(new, label) - losses_of(old, label)
    of_articles = np.bincount(article[~own], change, articles) / np.bincount(article)
    of_articles[chosen] = np.nan
    return of_articles, float(roc_auc_score(label, after) - roc_auc_score(label, before))
