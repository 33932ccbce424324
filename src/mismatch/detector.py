"""The detector: a model, the operating point it decides at, and the way through the rooms."""

from __future__ import annotations

import copyreg
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mismatch import storing
from mismatch.batch import ScoreBatch
from mismatch.cache import Raw
from mismatch.calibration import Calibration, probability
from mismatch.classifier import Classifier
from mismatch.encoders import Encoder, StaticEncoder, as_encoder
from mismatch.errors import UnfittedError
from mismatch.evidence import Evidence
from mismatch.explaining import find_fault, find_reasons, paragraphs_of, words_of
from mismatch.familiarity import Unfamiliar, find_unfamiliar
from mismatch.inputs import as_texts, check_lengths, check_string
from mismatch.judging import Judge, ReadingJudge
from mismatch.prior import AUTO, Prior, check_prior, find_prior
from mismatch.reading_model import Reading
from mismatch.results import Score, missing_words
from mismatch.shipped import MODES, judge_of, shipped_fast, shipped_reading
from mismatch.stream import cut, score_rows
from mismatch.text import Article, read

if TYPE_CHECKING:
    from mismatch.artefact import Artefact

Floats = NDArray[np.float64]


class Detector:
    """Tells whether headlines belong to their bodies.

    Parameters
    ----------
    mode : str
        ``"fast"`` scores by words and static vectors alone, at a millisecond an article;
        ``"accurate"`` reads a few passages of every article with a transformer as well; ``"auto"``
        reads only what the fast evidence leaves open.
    encoder : Encoder, str or path, optional
        Reads in the shipped transformer's place, and ``mode`` is not asked: any object with
        ``encode(list of str) -> (n, d)``, or the name or path of a sentence-transformers model;
        only a name is looked for on a model hub. Needs `fit` or `calibrate` before it scores.
    prior : float or "auto"
        Share of mismatches to assume in probabilities, strictly between 0 and 1; ``"auto"``
        estimates it from the articles of each batch or table.
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
        self,
        mode: str = "auto",
        *,
        encoder: Encoder | str | Path | None = None,
        prior: Prior = 0.5,
        false_alarm_rate: float = 0.005,
    ) -> None:
        if encoder is None:
            judge = judge_of(mode)
        else:
            judge, mode = ReadingJudge(shipped_fast(), Reading(as_encoder(encoder))), "encoder"
        self._set_up(shipped_fast(), judge, mode, prior, false_alarm_rate)

    @classmethod
    def load(cls, path: str | Path, *, encoder: Encoder | str | Path | None = None) -> Self:
        """Read a detector that `save` wrote, or a fast model such as ``make train`` writes.

        Parameters
        ----------
        path : path
            The folder.
        encoder : optional
            The encoder the detector was fitted to, where it is not one of the library's own.

        Raises
        ------
        ArtefactError
            If the folder is no model, is damaged, or has a format this release cannot read, or
            if its encoder is not given.
        """
        given = None if encoder is None else as_encoder(encoder)
        fast, judge, settings = storing.load(Path(path), given)
        detector = cls.__new__(cls)
        defaults = {"prior": 0.5, "false_alarm_rate": 0.005}
        detector._set_up(fast, judge, **(defaults | settings))
        return detector

    def save(self, path: str | Path) -> None:
        """Write everything to a folder: safetensors and JSON, with a format number; no pickle.

        An encoder that is not the library's own is not written: `load` wants it again.

        Raises
        ------
        UnfittedError
            If nothing was fitted to the encoder yet.
        """
        settings = {
            "mode": self.mode,
            "prior": self.prior,
            "false_alarm_rate": self.false_alarm_rate,
        }
        storing.save(Path(path), self._fast, self._judge, self.calibration, settings)

    def _set_up(
        self, fast: Artefact, judge: Judge, mode: str, prior: Prior, false_alarm_rate: float
    ) -> None:
        check_prior(prior)
        if not 0 <= false_alarm_rate <= 1:
            raise ValueError(f"false_alarm_rate must lie in 0 to 1, not at {false_alarm_rate!r}")
        self.mode = mode
        self.prior = prior
        self._fast = fast
        self._judge = judge
        self._calibration = judge.calibration
        self._measure = fast.reader()
        self._set_rate(false_alarm_rate)

    def _set_rate(self, false_alarm_rate: float) -> None:
        calibration = self._calibration
        if calibration is not None and false_alarm_rate < calibration.smallest_rate:
            raise ValueError(
                f"false_alarm_rate {false_alarm_rate!r} is finer than the model's "
                f"{len(calibration.genuine):,} reference articles can tell: the smallest "
                f"is {calibration.smallest_rate:.2g}"
            )
        self.false_alarm_rate = false_alarm_rate

    @property
    def calibration(self) -> Calibration:
        """What the scores mean.

        Raises
        ------
        UnfittedError
            If nothing was fitted to the encoder yet.
        """
        if self._calibration is None:
            raise UnfittedError
        return self._calibration

    @property
    def judge(self) -> Judge:
        """What gives raw scores."""
        return self._judge

    @property
    def fast(self) -> Artefact:
        """The fast model, which every mode rests on."""
        return self._fast

    @property
    def reads(self) -> bool:
        """Whether an encoder reads passages, beside the fast evidence."""
        return isinstance(self._judge, ReadingJudge)

    @property
    def encoder(self) -> StaticEncoder:
        """The static encoder of the fast evidence, which every mode rests on."""
        return self._fast.encoder

    def __reduce__(self) -> tuple[Any, ...]:
        if self._is_as_shipped():  # then another process reads the files itself
            rate = self.false_alarm_rate
            return partial(type(self), self.mode, prior=self.prior, false_alarm_rate=rate), ()
        return copyreg.__newobj__, (type(self),), self.__dict__  # type: ignore[attr-defined]

    def _is_as_shipped(self) -> bool:
        if self._fast is not shipped_fast() or self._calibration is not self._judge.calibration:
            return False
        if isinstance(self._judge, ReadingJudge):
            return self.mode in MODES and self._judge.reading is shipped_reading()
        return self._judge.classifier is self._fast.classifier

    @property
    def raw_key(self) -> tuple[object, ...]:
        """Equal for two living detectors only where `raw` gives the same of both."""
        of = self.mode if self._is_as_shipped() else id(self)
        return of, self.false_alarm_rate

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
        ValueError
            If the prior is ``"auto"``: one article does not tell it.
        """
        if self.prior == AUTO:
            raise ValueError("prior='auto' is estimated from many articles: use score_batch")
        return self._score(title, body, self.prior)

    def _score(self, title: str, body: str, prior: float) -> Score:
        check_string("title", title)
        check_string("body", body)
        article = read(title, body)
        if fault := find_fault(article):
            raise fault
        return self._explain(article, body, self._measure(article), prior)

    def score_batch(
        self,
        titles: Sequence[str],
        bodies: Sequence[str],
        *,
        progress: bool | None = None,
        workers: int | None = None,
        cache: str | Path | None = None,
    ) -> ScoreBatch:
        """Score many articles.

        Parameters
        ----------
        titles, bodies : sequences of str
            One headline and one body an article; None or NaN counts as missing.
        progress : bool, optional
            Whether to show a progress bar; by default on long work where someone may look on.
        workers : int, optional
            Processes to score in; by default one for each core on long work. Scores do not depend
            on it: the fast ones to the last bit, those of a transformer to about 1e-4.
        cache : path, optional
            A file that remembers scores, made where there is none: a run that was interrupted goes
            on where it stopped, and only what is new is scored.

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
        headlines, texts = as_texts("titles", titles), as_texts("bodies", bodies)
        check_lengths(titles=headlines, bodies=texts)
        chunks = cut(zip(headlines, texts, strict=True))
        scores, (problem, _, unfamiliar, _) = score_rows(
            self, chunks, len(headlines), workers=workers, cache=cache, progress=progress
        )
        prior = self.prior_of(scores)
        strange = unfamiliar.astype(bool)
        return ScoreBatch(
            *self.decide(scores, prior),
            problem=problem,
            interval=self.calibration.interval(scores, strange, prior),
            unfamiliar=np.array([u and Unfamiliar(u).text for u in unfamiliar], dtype=object),
            prior=prior,
            explain=lambda row: self._score(str(headlines[row]), str(texts[row]), prior),
        )

    def calibrate(
        self,
        titles: Sequence[str],
        bodies: Sequence[str],
        *,
        progress: bool | None = None,
        workers: int | None = None,
    ) -> Self:
        """Move probabilities, p-values and decisions to a feed of one's own.

        Parameters
        ----------
        titles, bodies : sequences of str
            Articles of the feed, unlabelled: genuine, but for 2 in 100 at most. How many a
            false-alarm rate takes, `mismatch.tuning.articles_needed` says; more are better.
        progress : bool, optional
            Whether to show a progress bar.
        workers : int, optional
            Processes to score in.

        Returns
        -------
        Detector
            A new one, with this one's options; this one stays as it is.

        Raises
        ------
        ValueError
            If fewer articles can be scored than the detector's false-alarm rate takes; the message
            has the number.

        Examples
        --------
        >>> from mismatch.tuning import articles_needed
        >>> articles_needed(Detector("fast").false_alarm_rate)
        206
        """
        from mismatch import tuning

        calibrated = tuning.calibrated(self, titles, bodies, progress=progress, workers=workers)
        return self._with(*calibrated)

    def fit(
        self,
        titles: Sequence[str],
        bodies: Sequence[str],
        labels: ArrayLike,
        *,
        penalty: float | None = None,
    ) -> Self:
        """Refit the classifier on labelled pairs of one's own, on top of what it is.

        With 500 bodies or more, how rare words are is learnt anew from them as well, where
        held-out pairs say that it pays.

        Parameters
        ----------
        titles, bodies : sequences of str
            Pairs of a headline and a body.
        labels : array_like of bool, or of 0 and 1
            Which are mismatches; at least five of each kind.
        penalty : float, optional
            How strongly the classifier is held to what it is; by default cross-validation says,
            so that a few pairs change little.

        Returns
        -------
        Detector
            A new one, with this one's options; this one stays as it is. Mode ``"auto"`` becomes
            ``"accurate"``: what may be left unread is not fitted.

        Raises
        ------
        InputError
            If a pair cannot be scored; names the row.
        ValueError
            If the lengths differ, a label is no truth value, or a kind has fewer than five pairs.
        """
        from mismatch import tuning

        return self._with(*tuning.fitted(self, titles, bodies, labels, penalty=penalty))

    def _with(self, fast: Artefact, judge: Judge, calibration: Calibration) -> Self:
        """A detector of the same options."""
        other = type(self).__new__(type(self))
        other.__dict__ |= self.__dict__
        other._fast, other._judge, other._calibration = fast, judge, calibration
        other._measure = fast.reader()
        if self.mode == "auto" and isinstance(judge, ReadingJudge) and not judge.sparing:
            other.mode = "accurate"
        other._set_rate(self.false_alarm_rate)
        return other

    def features(self, title: str, body: str) -> Floats:
        """What the classifier reads of one pair, shape (d,): every passage that is due is read.

        Raises
        ------
        InputError
            If the pair cannot be scored.
        """
        article = read(title, body)
        if fault := find_fault(article):
            raise fault
        features: Floats = self._judge.measure_all([article], [self._measure(article)])[0]
        return features

    @property
    def classifier(self) -> Classifier:
        """What turns features into raw scores.

        Raises
        ------
        UnfittedError
            If none was fitted to the encoder yet.
        """
        if self._judge.classifier is None:
            raise UnfittedError
        return self._judge.classifier

    def raw(self, pairs: Sequence[tuple[str, str]]) -> list[Raw]:
        """Score pairs before calibration, prior and false-alarm rate; what a cache keeps.

        Examples
        --------
        >>> Detector("fast").raw([("", "It rained.")])
        [Raw(score=nan, problem='title is empty', reasons=None, unfamiliar=None, missing=None)]
        """
        articles = [read(title, body) for title, body in pairs]
        faults = [find_fault(article) for article in articles]
        found = [Raw(np.nan, fault.fault if fault else None) for fault in faults]
        rows = [row for row, fault in enumerate(faults) if fault is None]
        if not rows:
            return found
        sound = [articles[row] for row in rows]
        evidence = [self._measure(article) for article in sound]
        scores, _ = self._judge(sound, evidence)
        flagged = self.is_flagged(scores).tolist()
        for row, score, is_mismatch, article, measured in zip(
            rows, scores.tolist(), flagged, sound, evidence, strict=True
        ):
            reasons = missing = None
            if is_mismatch:
                foreign = self._fast.foreign(article, measured)
                reasons = ",".join(find_reasons(article, is_mismatch=True, foreign=foreign))
                words = missing_words(tuple(words_of(article, measured)))
                missing = ",".join(word.text for word in words) or None
            unfamiliar = self._find_unfamiliar(article, measured)
            found[row] = Raw(score, None, reasons, unfamiliar, missing)
        return found

    def decide(
        self, scores: Floats, prior: float | None = None
    ) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Probability of a mismatch, p-value and decision for raw scores, shape (n,) each.

        `prior` is that of `prior_of`, where it is known already.
        """
        calibration = self.calibration
        assumed = self.prior_of(scores) if prior is None else prior
        p_value = np.where(np.isnan(scores), np.nan, calibration.p_values(scores))
        likely = probability(calibration.at_prior(scores, assumed))
        return likely, p_value, p_value <= self.false_alarm_rate

    def prior_of(self, scores: Floats) -> float:
        """The share of mismatches to assume: as set, or estimated from raw scores, shape (n,)."""
        return find_prior(self.prior, self.calibration.at_prior(scores, 0.5))

    def is_flagged(self, scores: Floats) -> NDArray[np.bool_]:
        """Decide on raw scores, shape (n,)."""
        return self.calibration.p_values(scores) <= self.false_alarm_rate

    @property
    def checksum(self) -> str:
        """Tells models apart; empty for one that was never saved."""
        return self._judge.checksum

    def _find_unfamiliar(self, article: Article, evidence: Evidence) -> Unfamiliar | None:
        classifier = self._fast.classifier
        standard = (evidence.features - classifier.mean) / classifier.scale
        known = self._fast.encoder.lexicon.pieces
        return find_unfamiliar(article, standard, classifier.clip, known)

    def _explain(self, article: Article, body: str, evidence: Evidence, prior: float) -> Score:
        calibration = self.calibration
        scores, features = self._judge([article], [evidence])
        likely, p_value, flagged = self.decide(scores, prior)
        is_mismatch = bool(flagged[0])
        unfamiliar = self._find_unfamiliar(article, evidence)
        strange = np.array([unfamiliar is not None])
        low, high = calibration.interval(scores, strange, prior)[0].tolist()
        foreign = self._fast.foreign(article, evidence)
        measured = zip(self._judge.features, features[0].tolist(), strict=True)
        return Score(
            title=article.title,
            headline=article.headline,
            probability=float(likely[0]),
            interval=(low, high),
            is_mismatch=is_mismatch,
            p_value=float(p_value[0]),
            false_alarm_rate=self.false_alarm_rate,
            prior=prior,
            log_odds=float(calibration.at_prior(scores, prior)[0]),
            mode=self.mode,
            unfamiliar=unfamiliar and unfamiliar.text,
            reasons=tuple(find_reasons(article, is_mismatch=is_mismatch, foreign=foreign)),
            paragraphs=tuple(paragraphs_of(article, body, evidence, foreign)),
            words=tuple(words_of(article, evidence)),
            evidence={name: value for name, value in measured if not np.isnan(value)},
        )
