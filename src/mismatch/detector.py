"""The detector: a model, the operating point it decides at, and the way through the rooms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from mismatch import artefact
from mismatch.batch import ScoreBatch
from mismatch.cache import Raw
from mismatch.classifier import probability
from mismatch.errors import InputError
from mismatch.evidence import FEATURES, Evidence, EvidenceReader
from mismatch.results import Paragraph, Reason, Score
from mismatch.stream import cut, is_missing, score_rows
from mismatch.text import Article, Role, read, reads_like_furniture

if TYPE_CHECKING:
    from mismatch.artefact import Artefact

Floats = NDArray[np.float64]

MODES = ("fast",)


class Detector:
    """Tells whether headlines belong to their bodies.

    Parameters
    ----------
    mode : str
        The shipped model to use; ``"fast"`` is the only one.
    prior : float
        Share of mismatches to assume in probabilities, strictly between 0 and 1.
    false_alarm_rate : float
        Share of genuine articles that decisions may flag, between 0 and 1.

    Raises
    ------
    ValueError
        If the mode is unknown, or a share lies outside its range, or the false-alarm rate is lower
        than the model's reference articles can support.

    Examples
    --------
    >>> detector = Detector(false_alarm_rate=0.01)
    >>> detector.score("Ferry to Skellen stops for the winter",
    ...     "The ferry to Skellen makes its last crossing on Sunday. Winter storms have made the "
    ...     "route unsafe, the operator said, and boats will return in April.").is_mismatch
    False
    """

    def __init__(
        self, mode: str = "fast", *, prior: float = 0.5, false_alarm_rate: float = 0.005
    ) -> None:
        if mode not in MODES:
            raise ValueError(f"mode must be one of {', '.join(MODES)}, not {mode!r}")
        self._set_up(_shipped(mode), mode, prior, false_alarm_rate)

    @classmethod
    def load(cls, path: str | Path, *, prior: float = 0.5, false_alarm_rate: float = 0.005) -> Self:
        """Read a detector from an artefact folder, such as ``make train`` writes.

        Raises
        ------
        ArtefactError
            If the folder is no model, is damaged, or has a format this release cannot read.
        """
        detector = cls.__new__(cls)
        folder = Path(path)
        detector._set_up(artefact.load(folder), folder.name, prior, false_alarm_rate)
        return detector

    def _set_up(self, model: Artefact, mode: str, prior: float, false_alarm_rate: float) -> None:
        if not 0 < prior < 1:
            raise ValueError(f"prior must lie strictly between 0 and 1, not at {prior!r}")
        if not 0 <= false_alarm_rate <= 1:
            raise ValueError(f"false_alarm_rate must lie in 0 to 1, not at {false_alarm_rate!r}")
        if false_alarm_rate < model.calibration.smallest_rate:
            raise ValueError(
                f"false_alarm_rate {false_alarm_rate!r} is finer than the model's "
                f"{len(model.calibration.genuine):,} reference articles can tell: the smallest "
                f"is {model.calibration.smallest_rate:.2g}"
            )
        self.mode = mode
        self.prior = prior
        self.false_alarm_rate = false_alarm_rate
        self._model = model
        self._measure = EvidenceReader(model.encoder, model.background)

    def __repr__(self) -> str:
        return (
            f"Detector(mode={self.mode!r}, prior={self.prior!r}, "
            f"false_alarm_rate={self.false_alarm_rate!r})"
        )

    def score(self, title: str, body: str) -> Score:
        """Score one article in full.

        Parameters
        ----------
        title, body : str
            The headline and the text under it.

        Returns
        -------
        Score
            Probability, p-value, decision, paragraphs with similarities and roles, reasons.

        Raises
        ------
        TypeError
            If `title` or `body` is not a string.
        InputError
            If the title or the body is empty, or the body has no content paragraph.
        """
        _check_string("title", title)
        _check_string("body", body)
        article = read(title, body)
        if fault := find_fault(article):
            raise fault
        return self._explain(article, body, self._measure(article))

    def score_batch(
        self,
        titles: Sequence[str],
        bodies: Sequence[str],
        *,
        progress: bool | None = None,
        workers: int | None = None,
    ) -> ScoreBatch:
        """Score many articles.

        Parameters
        ----------
        titles, bodies : sequences of str
            One headline and one body an article; None or NaN counts as missing.
        progress : bool, optional
            Whether to show a progress bar; by default on long work where someone may look on.
        workers : int, optional
            Processes to score in; by default one for each core on long work. The scores are the
            same, to the last bit.

        Returns
        -------
        ScoreBatch
            Arrays in input order. An article that cannot be scored keeps its row, with NaN and
            its problem named.

        Raises
        ------
        TypeError
            If a title or body is neither a string nor missing; names the argument and the row.
        ValueError
            If the lengths differ.
        """
        headlines, texts = _as_texts("titles", titles), _as_texts("bodies", bodies)
        if len(headlines) != len(texts):
            raise ValueError(
                f"titles and bodies differ in length: {len(headlines):,} and {len(texts):,}"
            )
        chunks = cut(zip(headlines, texts, strict=True))
        scores, problem, _ = score_rows(
            self, chunks, len(headlines), workers=workers, progress=progress
        )
        return ScoreBatch(
            *self.decide(scores),
            problem=problem,
            explain=lambda row: self.score(str(headlines[row]), str(texts[row])),
        )

    def raw(self, title: str, body: str) -> Raw:
        """Score one pair before calibration, prior and false-alarm rate; what a cache keeps.

        Examples
        --------
        >>> Detector().raw("", "It rained.")
        Raw(score=nan, problem='title is empty', reasons=None)
        """
        article = read(title, body)
        if fault := find_fault(article):
            return Raw(np.nan, fault.fault)
        evidence = self._measure(article)
        score = self._model.classifier.scores(evidence.features[None])
        if not self.is_flagged(score)[0]:
            return Raw(float(score[0]))
        foreign = self._model.foreign(article, evidence)
        reasons = find_reasons(article, is_mismatch=True, foreign=foreign)
        return Raw(float(score[0]), None, ",".join(reasons))

    def decide(self, scores: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Probability of a mismatch, p-value and decision for raw scores, shape (n,) each."""
        calibration = self._model.calibration
        p_value = np.where(np.isnan(scores), np.nan, calibration.p_values(scores))
        likely = probability(calibration.at_prior(scores, self.prior))
        return likely, p_value, p_value <= self.false_alarm_rate

    def is_flagged(self, scores: Floats) -> NDArray[np.bool_]:
        """Decide on raw scores, shape (n,)."""
        return self._model.calibration.p_values(scores) <= self.false_alarm_rate

    @property
    def checksum(self) -> str:
        """Tells models apart; empty for one that was never saved."""
        return self._model.checksum

    def _explain(self, article: Article, body: str, evidence: Evidence) -> Score:
        model = self._model
        scores = model.classifier.scores(evidence.features[None])
        log_odds = model.calibration.at_prior(scores, self.prior)
        p_value = float(model.calibration.p_values(scores)[0])
        is_mismatch = p_value <= self.false_alarm_rate
        foreign = model.foreign(article, evidence)
        return Score(
            title=article.title,
            headline=article.headline,
            probability=float(probability(log_odds)[0]),
            is_mismatch=is_mismatch,
            p_value=p_value,
            false_alarm_rate=self.false_alarm_rate,
            prior=self.prior,
            log_odds=float(log_odds[0]),
            mode=self.mode,
            reasons=tuple(find_reasons(article, is_mismatch=is_mismatch, foreign=foreign)),
            paragraphs=tuple(_paragraphs(article, body, evidence, foreign)),
            evidence=dict(zip(FEATURES, evidence.features.tolist(), strict=True)),
        )


def find_fault(article: Article) -> InputError | None:
    """Why an article cannot be scored, or None."""
    if not article.headline_words:
        return InputError("title", "is empty" if not article.title.strip() else "has no word")
    if not article.blocks:
        return InputError("body", "is empty")
    if not article.content:
        return InputError(
            "body", "has no content paragraph: it is boilerplate or repeats the title"
        )
    return None


def find_reasons(
    article: Article, *, is_mismatch: bool, foreign: NDArray[np.bool_]
) -> Iterator[Reason]:
    """What makes an article odd, the weightiest first."""
    if article.generic:
        yield Reason.GENERIC_TITLE
    elif is_mismatch:
        yield Reason.UNRELATED
    words = [word for block in article.blocks for word in block.words]
    furniture = sum(len(b.words) for b in article.blocks if b.role is Role.BOILERPLATE)
    if furniture * 2 > len(words) or (is_mismatch and reads_like_furniture(words)):
        yield Reason.BOILERPLATE_BODY
    if foreign.any():
        yield Reason.FOREIGN_PARAGRAPHS


def _paragraphs(
    article: Article, body: str, evidence: Evidence, foreign: NDArray[np.bool_]
) -> Iterator[Paragraph]:
    measured = iter(zip(evidence.similarities.tolist(), foreign.tolist(), strict=True))
    for block in article.blocks:
        similarity, is_foreign = next(measured) if block.role is Role.CONTENT else (None, False)
        yield Paragraph(
            text=body[block.start : block.end],
            start=block.start,
            end=block.end,
            role=block.role,
            similarity=similarity,
            foreign=is_foreign,
        )


@lru_cache(maxsize=len(MODES))
def _shipped(mode: str) -> Artefact:
    return artefact.load(artefact.shipped(mode))


def _check_string(argument: str, value: object, row: int | None = None) -> None:
    if not isinstance(value, str):
        where = "" if row is None else f" (row {row})"
        raise TypeError(f"{argument} must be a string{where}, not {type(value).__name__}")


def _as_texts(argument: str, values: Sequence[Any]) -> list[str | None]:
    """A list of strings and None from any sequence of strings and missing values."""
    if isinstance(values, str):
        raise TypeError(f"{argument} must be a sequence of strings, not one string")
    texts = list(values)
    for row, value in enumerate(texts):
        if is_missing(value):
            texts[row] = None
        else:
            _check_string(argument, value, row)
    return texts
