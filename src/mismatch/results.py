"""What scoring gives back, as frozen pydantic models; a batch is plain arrays inside."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from mismatch.batch import ScoreBatch
from mismatch.text import Role

__all__ = ["Paragraph", "Reason", "Role", "Score", "ScoreBatch", "Word"]

MISSING = 0.3  # coverage below which nothing answers a word; nearly all chance cosines lie below


class Reason(StrEnum):
    """Why an article looks like a mismatch; :attr:`text` says it in a sentence.

    Examples
    --------
    >>> print(Reason.UNRELATED, "-", Reason.UNRELATED.text)
    unrelated - No paragraph of the body is about what the headline tells.
    """

    UNRELATED = "unrelated"
    FOREIGN_PARAGRAPHS = "foreign_paragraphs"
    BOILERPLATE_BODY = "boilerplate_body"
    GENERIC_TITLE = "generic_title"

    @property
    def text(self) -> str:
        """One plain sentence for a reader."""
        return _REASON_TEXTS[self]


_REASON_TEXTS = {
    Reason.UNRELATED: "No paragraph of the body is about what the headline tells.",
    Reason.FOREIGN_PARAGRAPHS: "Some paragraphs seem to come from another article.",
    Reason.BOILERPLATE_BODY: "The body is a page's furniture (notices, forms), not an article.",
    Reason.GENERIC_TITLE: "The title names a page or a section, not an article.",
}


def _well_formed(value: object) -> object:
    """Replace lone surrogates, which no JSON or HTML can carry; lengths and spans stay."""
    if not isinstance(value, str):
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in value)
    return value


def _cosine(value: float) -> float:
    """Let a float32 rounding error beyond 1 pass, and nothing more."""
    if abs(value) > 1 + 1e-5:
        raise ValueError(f"a cosine lies between -1 and 1, not at {value}")
    return max(-1.0, min(1.0, value))


Text = Annotated[str, BeforeValidator(_well_formed)]
Share = Annotated[float, Field(ge=0, le=1)]
OpenShare = Annotated[float, Field(gt=0, lt=1)]
Cosine = Annotated[float, AfterValidator(_cosine)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Span(_Frozen):
    """A piece of a text, and where in it the piece stands."""

    text: Text
    start: int = Field(ge=0)
    end: int = Field(ge=0)

    @model_validator(mode="after")
    def _span_holds_the_text(self) -> Self:
        if self.end - self.start != len(self.text):
            raise ValueError(f"span {self.start}:{self.end} does not hold {len(self.text)} letters")
        return self


class Paragraph(_Span):
    """One paragraph of a body.

    Attributes
    ----------
    text : str
        The paragraph as it stands in the body: ``body[start:end]``.
    start, end : int
        Span in the body, in characters.
    role : Role
        Content, or an echo of the title, or boilerplate. Only content is evidence.
    similarity : float or None
        Cosine with the headline, -1 to 1; None where the paragraph was not compared.
    foreign : bool
        Whether it seems to come from another article.

    Examples
    --------
    >>> Paragraph(text="Rain.", start=0, end=5, role="content", similarity=0.25).similarity
    0.25
    """

    role: Role
    similarity: Cosine | None = None
    foreign: bool = False


class Word(_Span):
    """One word of a headline, and how far the body answers it.

    Attributes
    ----------
    text : str
        The word as it stands in the headline: ``headline[start:end]``.
    start, end : int
        Span in the headline, in characters.
    coverage : float
        1 where a content paragraph holds the word or one that begins with the same five letters;
        otherwise the cosine with the nearest word of one, 0 to 1. Of a run of Chinese, Japanese,
        Thai or Lao, the mean over its pairs of letters.
    weight : float
        Share of the headline's inverse document frequencies, 0 to 1: how much the word tells.

    Examples
    --------
    >>> Word(text="Rain", start=0, end=4, coverage=1.0, weight=0.5).is_missing
    False
    """

    coverage: Share
    weight: Share

    @property
    def is_missing(self) -> bool:
        """Whether no content paragraph holds the word or one that is near to it."""
        return self.coverage < MISSING


def missing_words(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """Those of a headline's words that tell something and that nothing in the body answers."""
    enough = sum(word.weight for word in words) / max(len(words), 1) / 2
    return tuple(word for word in words if word.is_missing and word.weight >= enough)


class Score(_Frozen):
    """How well a headline fits its body.

    Printed, it says the verdict in a few lines; in a notebook it is a heat map of the paragraphs.
    ``model_dump_json`` and ``model_validate_json`` give back an equal score.

    Attributes
    ----------
    title, headline : str
        The title as given, and what of it was compared (without the site's name, say).
    probability : float
        Calibrated probability of a mismatch, 0 to 1, at the stated ``prior``.
    interval : (float, float)
        Lowest and highest probability that the calibration allows for, at ``prior``: narrow where
        it rests on many articles, wide where the article is unlike them (Venn-Abers).
    unfamiliar : str or None
        A sentence saying why the article lies outside what the calibration covers.
    is_mismatch : bool
        The decision at the stated ``false_alarm_rate``.
    p_value : float
        Share of genuine articles that look at least this odd, 0 to 1 (conformal).
    false_alarm_rate : float
        Share of genuine articles that the decision would flag.
    prior : float
        Share of mismatches that was assumed.
    log_odds : float
        Natural logarithm of the odds of a mismatch, at ``prior``: it tells apart what
        ``probability`` rounds to 0 or 1.
    mode : str
        Mode or model that scored.
    reasons : tuple of Reason
        Why it looks like a mismatch, the weightiest first; empty where it does not.
    paragraphs : tuple of Paragraph
        Every paragraph, in the body's order.
    words : tuple of Word
        The words of the headline, in its order (of the first hundred different ones).
    evidence : dict of str to float
        The features behind the probability, by name.
    """

    title: Text
    headline: Text
    probability: Share
    interval: tuple[Share, Share] = (0.0, 1.0)
    unfamiliar: str | None = None
    is_mismatch: bool
    p_value: Share
    false_alarm_rate: Share
    prior: OpenShare
    log_odds: float
    mode: str
    reasons: tuple[Reason, ...] = ()
    paragraphs: tuple[Paragraph, ...] = ()
    words: tuple[Word, ...] = ()
    evidence: dict[str, float] = Field(default_factory=dict)

    @property
    def missing_words(self) -> tuple[Word, ...]:
        """The words of the headline that nothing in the body answers.

        Those that tell little are left out: less than half of the mean weight.
        """
        return missing_words(self.words)

    @model_validator(mode="after")
    def _probability_lies_in_the_interval(self) -> Self:
        low, high = self.interval
        if not low <= self.probability <= high:
            raise ValueError(f"the interval {self.interval} does not hold {self.probability}")
        return self

    def __str__(self) -> str:
        from mismatch.display import score_to_text

        return score_to_text(self, paragraphs=6)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        yield "headline", self.headline if len(self.headline) <= 60 else self.headline[:59] + "…"
        yield "probability", round(self.probability, 4)
        yield "p_value", float(f"{self.p_value:.2g}")
        yield "is_mismatch", self.is_mismatch
        yield "reasons", [str(reason) for reason in self.reasons]

    def _repr_html_(self) -> str:
        from mismatch.display import score_to_html

        return score_to_html(self)
