"""From articles and their evidence to raw scores: by the fast evidence alone, or by reading too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mismatch.arrays import prefixed, unprefixed
from mismatch.artefact import Artefact
from mismatch.calibration import UNREAD
from mismatch.classifier import Array, Classifier
from mismatch.errors import UnfittedError
from mismatch.evidence import FEATURES, Evidence
from mismatch.reading import cosine_features, is_legible, pick, token_features
from mismatch.text import Article

if TYPE_CHECKING:
    from mismatch.calibration import Calibration
    from mismatch.reading_model import Reading


Mask = NDArray[np.bool_]


class Judge(Protocol):
    """Scores articles."""

    @property
    def features(self) -> tuple[str, ...]:
        """Names of what a verdict rests on."""
        ...

    @property
    def calibration(self) -> Calibration | None:
        """What the scores mean; None where nothing was fitted yet."""
        ...

    @property
    def classifier(self) -> Classifier | None:
        """What turns features into scores; None where nothing was fitted yet."""
        ...

    @property
    def checksum(self) -> str:
        """Tells judges apart; empty for one that was never saved."""
        ...

    def measure_all(self, articles: Sequence[Article], evidence: Sequence[Evidence]) -> Array:
        """Every feature of every pair, shape (n, k), whether it is needed or not."""
        ...

    def __call__(
        self, articles: Sequence[Article], evidence: Sequence[Evidence]
    ) -> tuple[Array, Array]:
        """Log-odds before calibration, shape (n,), and features (n, k), NaN where not measured."""
        ...


class FastJudge:
    """Judges by the fast evidence alone."""

    features = FEATURES

    def __init__(self, model: Artefact) -> None:
        self.classifier: Classifier = model.classifier
        self.calibration: Calibration = model.calibration
        self.checksum = model.checksum

    def __call__(
        self, articles: Sequence[Article], evidence: Sequence[Evidence]
    ) -> tuple[Array, Array]:
        """Scores and features, as `Judge` has them."""
        features = self.measure_all(articles, evidence)
        return self.classifier.scores(features), features

    def measure_all(self, articles: Sequence[Article], evidence: Sequence[Evidence]) -> Array:
        """Features, as `Judge` has them."""
        del articles  # their evidence says all
        return np.array([each.features for each in evidence])


@dataclass(frozen=True)
class Scale:
    """A rising map from one score to another: `scores` at the `knots`, linear in between."""

    knots: Array
    scores: Array

    def __call__(self, score: Array) -> Array:
        """Map scores, shape (n,)."""
        return np.interp(score, self.knots, self.scores)


@dataclass(frozen=True)
class Settling:
    """Which pairs the fast evidence settles, and what score they then get.

    `predictor` tells from the fast evidence what score reading would give. A pair is settled when
    that is below `genuine_below` or above `mismatch_above`. It then gets the mean score of such
    pairs: by `safe` at the one end, by `odd` at the other.
    """

    predictor: Classifier
    genuine_below: float
    mismatch_above: float
    safe: Scale
    odd: Scale

    def to_arrays(self) -> dict[str, Array]:
        """The fitted numbers by name, for a file."""
        arrays = prefixed("predictor", self.predictor.to_arrays())
        arrays["thresholds"] = np.array([self.genuine_below, self.mismatch_above])
        for name in ("safe", "odd"):
            scale = getattr(self, name)
            arrays |= {f"{name}.knots": scale.knots, f"{name}.scores": scale.scores}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: dict[str, Array]) -> Settling:
        """A rule from the arrays of a file.

        Raises
        ------
        KeyError
            If an array is missing.
        """
        below, above = arrays["thresholds"].tolist()
        predictor = Classifier.from_arrays(unprefixed("predictor", arrays))
        scales = (
            Scale(arrays[f"{name}.knots"], arrays[f"{name}.scores"]) for name in ("safe", "odd")
        )
        return cls(predictor, below, above, *scales)

    def settle(self, features: Array) -> tuple[Mask, Array]:
        """Which pairs need no reading, and the score they then get.

        Parameters
        ----------
        features : ndarray of shape (n, d)
            Fast evidence.
        """
        predicted = self.predictor.scores(features)
        is_odd = predicted > self.mismatch_above
        settled = is_odd | (predicted < self.genuine_below)
        return settled, np.where(is_odd, self.odd(predicted), self.safe(predicted))


class Texts(NamedTuple):
    """A headline and the passages of a body that are read with it."""

    headline: str
    passages: list[str]


class ReadingJudge:
    """Judges by the fast evidence and by what an encoder finds in a few passages.

    Parameters
    ----------
    fast : Artefact
        Gives the fast evidence and picks the passages.
    reading : Reading
        Encoder, classifier and calibration of what was read.
    sparing : bool
        Whether to leave unread what the fast evidence settles.
    """

    def __init__(self, fast: Artefact, reading: Reading, *, sparing: bool = False) -> None:
        self.fast, self.reading, self.sparing = fast, reading, sparing
        self.tokens = hasattr(reading.encoder, "read")
        self.features = reading.features

    @property
    def calibration(self) -> Calibration | None:
        """What the scores mean; None where nothing was fitted yet."""
        reading = self.reading
        return reading.sparing_calibration if self.sparing else reading.calibration

    @property
    def classifier(self) -> Classifier | None:
        """What was fitted to the fast evidence and the encoder's together."""
        return self.reading.classifier

    @property
    def checksum(self) -> str:
        """Of both models, and of the way they are used."""
        if not (self.fast.checksum and self.reading.checksum):
            return ""
        return f"{self.fast.checksum} {self.reading.checksum} {'sparing' * self.sparing}"

    def __call__(
        self, articles: Sequence[Article], evidence: Sequence[Evidence]
    ) -> tuple[Array, Array]:
        """Scores and features, as `Judge` has them."""
        if self.reading.classifier is None:
            raise UnfittedError
        known = np.array([each.features for each in evidence])
        scores = np.empty(len(articles))
        features = np.full((len(articles), len(self.features)), np.nan)
        features[:, : len(FEATURES)] = known
        settled = self._settled(articles, known, scores)
        rows = np.flatnonzero(~settled)
        if len(rows):
            texts = [self.pick(articles[row], evidence[row]) for row in rows.tolist()]
            features[rows, len(FEATURES) :] = self.measure(texts)
            scores[rows] = self.reading.classifier.scores(features[rows])
        return scores, features

    def _settled(self, articles: Sequence[Article], known: Array, scores: Array) -> Mask:
        """Which rows need no reading; their scores are filled in."""
        settling = self.reading.settling
        settled = np.zeros(len(articles), dtype=bool)
        if settling is None:
            return settled
        if self.sparing:
            settled, found = settling.settle(known)
            scores[settled] = found[settled]
        unread = np.array([not self.is_legible(article) for article in articles])
        scores[unread] = UNREAD + self.fast.classifier.scores(known[unread])
        settled |= unread
        return settled

    def measure_all(self, articles: Sequence[Article], evidence: Sequence[Evidence]) -> Array:
        """Features, as `Judge` has them."""
        known = np.array([each.features for each in evidence])
        return np.hstack([known, self.measure(list(map(self.pick, articles, evidence)))])

    def is_legible(self, article: Article) -> bool:
        """Whether the encoder reads the article's language; the fast model judges the others."""
        return is_legible(article, self.reading.encoder)

    def pick(self, article: Article, evidence: Evidence) -> Texts:
        """The texts of a pair that are to be read."""
        return Texts(article.headline, pick(article, self.fast.encoder, evidence.headline))

    def measure(self, pairs: Sequence[Texts]) -> Array:
        """Features of reading, shape (n, k): each distinct text is read once."""
        distinct = list(dict.fromkeys(text for pair in pairs for text in (pair[0], *pair[1])))
        if self.tokens:
            return self._measure_tokens(pairs, distinct)
        vectors = np.asarray(self.reading.encoder.encode(distinct), dtype=np.float32)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        unit = dict(zip(distinct, vectors, strict=True))
        return np.array(
            [cosine_features(unit[headline], [unit[p] for p in parts]) for headline, parts in pairs]
        )

    def _measure_tokens(self, pairs: Sequence[Texts], distinct: list[str]) -> Array:
        read = dict(zip(distinct, self.reading.encoder.read(distinct), strict=True))  # type: ignore[attr-defined]
        found = []
        for text, texts in pairs:
            headline, parts = read[text], [read[part] for part in texts]
            cosines = cosine_features(headline.vector, [part.vector for part in parts])
            tokens = [part.tokens for part in parts]
            answers = token_features(headline.tokens, headline.weights, tokens)
            joint = [reader(headline, parts) for reader in self.reading.joints]
            found.append(cosines + answers + joint)
        return np.array(found)
