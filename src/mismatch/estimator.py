"""The detector as a scikit-learn classifier of labelled pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from mismatch.calibration import probability
from mismatch.detector import Detector
from mismatch.errors import ColumnError, InputError
from mismatch.inputs import check_lengths
from mismatch.prior import check_prior
from mismatch.stream import cut, score_rows

if TYPE_CHECKING:
    from sklearn.utils import Tags

__all__ = ["MismatchClassifier"]

Floats = NDArray[np.float64]


class MismatchClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Tells mismatched pairs of headline and body from genuine ones, after one's own labels.

    Fitting starts from the shipped classifier: a few pairs change little, thousands much.

    Parameters
    ----------
    mode : str
        The shipped model to start from, as in `Detector`.
    title, body : str
        Columns of the headline and the article, where X is a frame or a dict.
    prior : float, optional
        Share of mismatches that probabilities assume, strictly between 0 and 1; by default the
        share among the labels.
    penalty : float, optional
        How strongly the classifier is held to the shipped one; by default chosen by
        cross-validation.
    n_jobs : int, optional
        Processes to score in; one by default.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        The two labels; the second one, in sorted order, is the mismatch: True, 1, 'mismatch'.
    prior_ : float
        The share of mismatches that probabilities assume.
    detector_ : Detector
        The fitted detector.

    Notes
    -----
    X is a pandas or polars frame, a pyarrow table, a list of (headline, body) pairs, an array of
    shape (n, 2), or a dict of two lists.

    Examples
    --------
    >>> from sklearn.base import clone
    >>> clone(MismatchClassifier(prior=0.02)).get_params()["prior"]
    0.02
    """

    classes_: NDArray[Any]
    prior_: float
    detector_: Detector

    def __init__(
        self,
        mode: str = "fast",
        *,
        title: str = "title",
        body: str = "body",
        prior: float | None = None,
        penalty: float | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.mode = mode
        self.title = title
        self.body = body
        self.prior = prior
        self.penalty = penalty
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: ArrayLike) -> Self:  # noqa: N803 - scikit-learn's name
        """Fit to labelled pairs.

        Parameters
        ----------
        X : frame, list of pairs, array (n, 2) or dict of lists
        y : array_like of shape (n,)
            Two kinds of labels; that which sorts last is the mismatch.

        Raises
        ------
        InputError
            If a pair cannot be scored; names the row.
        ValueError
            If there are not two kinds of labels with five pairs each, or the lengths differ.
        """
        if self.prior is not None:
            check_prior(self.prior)
        labels = np.asarray(y)
        classes = np.unique(labels)
        if labels.ndim != 1 or len(classes) != 2:
            raise ValueError(f"y must hold two kinds of labels, one a pair, not {len(classes)}")
        titles, bodies = as_pairs(X, self.title, self.body)
        check_lengths(X=titles, y=labels)
        odd = labels == classes[1]
        self.detector_ = Detector(self.mode).fit(titles, bodies, odd, penalty=self.penalty)
        self.classes_ = classes
        self.prior_ = float(odd.mean()) if self.prior is None else self.prior
        return self

    def decision_function(self, X: Any) -> Floats:  # noqa: N803
        """Log-odds of a mismatch at `prior_`, shape (n,): above 0 a mismatch is the likelier.

        Raises
        ------
        InputError
            If a pair cannot be scored; names the row.
        """
        check_is_fitted(self, "detector_")
        titles, bodies = as_pairs(X, self.title, self.body)
        rows = cut(zip(titles, bodies, strict=True))
        scores, (problem, *_) = score_rows(
            self.detector_, rows, len(titles), workers=self.n_jobs or 1, progress=False
        )
        if np.isnan(scores).any():
            row = int(np.isnan(scores).argmax())
            argument, _, fault = str(problem[row]).partition(" ")
            raise InputError(argument, fault, row=row)
        return self.detector_.calibration.at_prior(scores, self.prior_)

    def predict_proba(self, X: Any) -> Floats:  # noqa: N803
        """Probability of each of `classes_`, shape (n, 2)."""
        odd = probability(self.decision_function(X))
        return np.column_stack([1 - odd, odd])

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """The likelier label of each pair, shape (n,)."""
        odds = self.decision_function(X)
        likely: NDArray[Any] = self.classes_[(odds > 0).astype(int)]
        return likely

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


def as_pairs(data: Any, title: str, body: str) -> tuple[list[Any], list[Any]]:
    """Headlines and bodies of whatever holds them.

    Raises
    ------
    ColumnError
        If a frame or dict lacks a column.
    TypeError
        If it holds no pairs.

    Examples
    --------
    >>> as_pairs([("Rain", "It rained."), ("Sun", "It shone.")], "title", "body")
    (['Rain', 'Sun'], ['It rained.', 'It shone.'])
    """
    if isinstance(data, Mapping):
        columns: Any = data
        names: Sequence[str] = list(data)
    elif isinstance(data, list | tuple | np.ndarray):
        for row, pair in enumerate(data):
            if isinstance(pair, str) or not hasattr(pair, "__len__") or len(pair) != 2:
                raise TypeError(f"X must hold pairs of headline and body (row {row})")
        return [pair[0] for pair in data], [pair[1] for pair in data]
    else:
        import narwhals as nw

        try:
            columns = nw.from_native(data, eager_only=True)
        except TypeError as error:
            kind = type(data).__name__
            raise TypeError(
                f"X must be a frame, a list of pairs or a dict of lists, not {kind}"
            ) from error
        names = columns.columns
    for name in (title, body):
        if name not in names:
            raise ColumnError(f"no column {name!r}; there are {', '.join(map(repr, names))}")
    titles, bodies = (
        values.to_list() if hasattr(values, "to_list") else list(values)
        for values in (columns[title], columns[body])
    )
    check_lengths(**{title: titles, body: bodies})
    return titles, bodies
