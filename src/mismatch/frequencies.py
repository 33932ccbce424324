"""How rare words are in articles of one's own, not in general.

In a feed that follows one war, 'beheading' stands in every tenth article and tells them apart no
better than 'minister' does elsewhere. What a word weighs is therefore learnt anew from the bodies
that a detector is fitted to, on top of what the encoder's own articles said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mismatch.artefact import Artefact
from mismatch.encoders import StaticEncoder
from mismatch.evidence import words_of
from mismatch.text import Article, read

__all__ = ["FEWEST", "adapted", "count", "measure_apart"]

FEWEST = 500  # bodies from which it is tried
SHIPPED = 1000.0  # articles that the encoder's own frequencies count as, beside those bodies
FOLDS = 4


def count(articles: Iterable[Article]) -> Counter[str]:
    """How many articles hold each word, in their content."""
    holding: Counter[str] = Counter()
    for article in articles:
        holding.update({word for paragraph in words_of(article) for word in paragraph})
    return holding


def adapted(encoder: StaticEncoder, holding: Mapping[str, int], articles: int) -> StaticEncoder:
    """The same vectors, with inverse document frequencies that count some articles as well.

    ``log((SHIPPED + articles) / (SHIPPED * exp(-idf) + held - 1))``: the shipped share of articles
    that hold a word, and the share of these, as if all were one collection.

    Parameters
    ----------
    encoder : StaticEncoder
    holding : mapping of str to int
        How many of the articles hold each word. A word of one article counts as of none: whether
        another will hold it, that one cannot tell.
    articles : int
        Their number.
    """

    def mixed(idf: NDArray[np.float64], held: NDArray[np.float64]) -> NDArray[np.float32]:
        among = SHIPPED * np.exp(-idf) + np.maximum(held - 1, 0)
        shared: NDArray[np.float64] = np.log((SHIPPED + articles) / among)
        return shared.astype(np.float32)

    rarest = float(encoder.idf.max())
    held = np.array([holding.get(piece, 0) for piece in encoder.vocabulary], dtype=np.float64)
    known = encoder.lexicon.pieces
    others = [word for word, number in holding.items() if number > 1 and word not in known]
    others = sorted({*others, *encoder.beyond})
    before = np.array([encoder.beyond.get(word, rarest) for word in others])
    beyond = mixed(before, np.array([holding.get(word, 0) for word in others], dtype=np.float64))
    return StaticEncoder(
        encoder.vocabulary,
        encoder.table,
        encoder.scale,
        mixed(encoder.idf.astype(np.float64), held),
        dict(zip(others, beyond.tolist(), strict=True)),
    )


def measure_apart(
    fast: Artefact, pairs: Sequence[tuple[str, str]]
) -> tuple[Artefact, NDArray[np.float64]]:
    """The fast model with word frequencies of the bodies of pairs, and the pairs' evidence.

    The evidence, a row of `FEATURES` a pair, is measured with frequencies of other bodies only, as
    a new article's will be.
    """
    title_of = dict(reversed([(body, title) for title, body in pairs]))
    folds = [list(title_of)[fold::FOLDS] for fold in range(FOLDS)]
    holding = [count(read(title_of[body], body) for body in fold) for fold in folds]
    total = sum(holding, Counter())
    features = [np.empty(0)] * len(pairs)
    for fold, held in zip(folds, holding, strict=True):
        encoder = adapted(fast.encoder, total - held, len(title_of) - len(fold))
        measure = replace(fast, encoder=encoder).reader()
        inside = set(fold)
        for row, (title, body) in enumerate(pairs):
            if body in inside:
                features[row] = measure(read(title, body)).features
    encoder = adapted(fast.encoder, total, len(title_of))
    return replace(fast, encoder=encoder), np.array(features)
