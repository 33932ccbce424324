"""Why a score is what it is: faults, reasons, and the paragraphs as a reader sees them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mismatch.deep_sets import COVERAGE, PREFIX, SHARE
from mismatch.errors import InputError
from mismatch.evidence import Evidence, headline_terms, terms
from mismatch.results import Paragraph, Reason, Word
from mismatch.text import Article, Role, reads_like_furniture, word_spans


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


def paragraphs_of(
    article: Article, body: str, evidence: Evidence, foreign: NDArray[np.bool_]
) -> Iterator[Paragraph]:
    """The paragraphs of a body, content with its similarity to the headline."""
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


def words_of(article: Article, evidence: Evidence) -> Iterator[Word]:
    """The words of a headline as it is written, each with how far the body answers it."""
    headline = article.headline
    place = {term: row for row, term in enumerate(headline_terms(article))}
    covered = evidence.words[:, [PREFIX, COVERAGE]].max(axis=1).tolist()
    shares = evidence.words[:, SHARE].tolist()
    for word, (start, end) in zip(article.headline_words, word_spans(headline), strict=True):
        rows = [place[term] for term in terms([word]) if term in place]
        if rows:
            yield Word(
                text=headline[start:end],
                start=start,
                end=end,
                coverage=min(sum(covered[row] for row in rows) / len(rows), 1.0),
                weight=min(sum(shares[row] for row in rows), 1.0),
            )
