"""What a transformer finds in the passages that the fast evidence picks out.

An article is cut into passages of about `LONG` characters. The first is read, and the few that hold
the headline's words or come nearest to it, to the static encoder; what is measured of them stands
beside the fast evidence, as a second named feature vector.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from mismatch.encoders import StaticEncoder
from mismatch.text import Article, words

Vectors = NDArray[np.float32]
Floats = NDArray[np.float64]

SHORT, LONG = 220, 420  # characters of a passage: it takes in paragraphs up to the first,
# and is cut after the second
MOST_PASSAGES = 400  # of an article that are looked at
READ = 4  # passages a pair that the transformer reads
MISSING = 3.0  # of the headline's words that no passage before holds, beside a cosine

COSINES = ("read_best", "read_second", "read_lead", "read_mean")
"""Cosines of headline and passages, of any encoder: best, second best, first, mean."""

TOKENS = (
    "answered_best",
    "answered_lead",
    "answered_all",
    "answered_least",
    "answered_low",
    "unanswered",
    "weightiest_answered",
)
"""How well the passages answer the headline's tokens, of an encoder that gives token vectors.

A token's answer is its best cosine with a token of a passage. Weighted means of the answers: in the
best passage, in the first, over all; then the answers below which `LOW_SHARES` of the weight lie,
how far the answers fall short of `ANSWERED`, and the least of the weightiest tokens' answers.
"""

JOINT = ("joint", "joint_written")
"""What the joint readers say: log-odds, not calibrated, that the headline belongs elsewhere.

The first learnt it from swapped headlines, the second from headlines written for the purpose too.
"""

LOW_SHARES = (0.1, 0.25)
ANSWERED = 0.5  # cosine
WEIGHTIEST = 3  # tokens


LEGIBLE = 0.65  # share of an article's words that the encoder's vocabulary has whole: English has
LOOKED_UP = 120  # words


def reading_features(*, tokens: bool, joints: int) -> tuple[str, ...]:
    """Names of what is measured of passages read: with token vectors, and with joint readers."""
    return (*COSINES, *(TOKENS if tokens else ()), *JOINT[:joints])


def is_legible(article: Article, encoder: object) -> bool:
    """Whether an article is in a language that the encoder reads; all are, if it does not say.

    A vocabulary spells any word somehow. One that it must spell in pieces it has hardly ever met.
    """
    vocabulary = getattr(encoder, "words", None)
    if vocabulary is None:
        return True
    body = (word for block in article.content for word in block.words)
    words = [*islice(article.headline_words, LOOKED_UP), *islice(body, LOOKED_UP)]
    return sum(word in vocabulary for word in words) >= LEGIBLE * len(words)


def passages(article: Article) -> list[str]:
    """The content, cut into passages; a heading goes with what follows it."""
    found: list[str] = []
    held = ""
    for block in article.content:
        held = f"{held} {block.text}" if held else block.text
        if len(held) >= SHORT:
            found.extend(_cut(held))
            held = ""
            if len(found) > MOST_PASSAGES:
                return found[:MOST_PASSAGES]
    if held:
        found.append(held)
    return found


def _cut(text: str) -> Iterator[str]:
    while len(text) > LONG:
        place = text.rfind(". ", SHORT, LONG) + 1 or text.rfind(" ", SHORT, LONG) + 1 or LONG
        yield text[:place].strip()
        text = text[place:]
    if text.strip():
        yield text.strip()


def pick(
    article: Article, encoder: StaticEncoder, headline: Vectors, most: int = READ
) -> list[str]:
    """The first passage, then one by one those that add most, in the order in which they do.

    What a passage adds is its cosine with the headline's static vector and, `MISSING` times as
    heavy, the share of the headline's words (by inverse document frequency) that it holds and those
    before it do not. So a name that stands anywhere in the article is read where it stands.
    """
    every = passages(article)
    if len(every) <= most:
        return every
    wanted = list(dict.fromkeys(article.headline_words))
    holds = np.array([[word in held for word in wanted] for held in map(_word_set, every)])
    missing = np.array(list(map(encoder.lexicon.idf_of, wanted)))
    missing *= MISSING / max(missing.sum(), 1e-9)
    near = encoder.encode(every) @ headline
    chosen = [0]
    while len(chosen) < most:
        missing[holds[chosen[-1]]] = 0
        near[chosen[-1]] = -np.inf
        chosen.append(int(np.argmax(near + holds @ missing)))
    return [every[place] for place in chosen]


def _word_set(text: str) -> set[str]:
    return set(words(text))


def cosine_features(headline: Vectors, read: Sequence[Vectors]) -> list[float]:
    """`COSINES` of the unit vector of a headline (d,) and those of its passages."""
    cosines = np.array(read) @ headline
    ranked = np.sort(cosines)[::-1]
    second = ranked[min(1, len(ranked) - 1)]
    return [float(ranked[0]), float(second), float(cosines[0]), float(cosines.mean())]


def token_features(headline: Vectors, weights: Vectors, read: Sequence[Vectors]) -> list[float]:
    """`TOKENS` of the token vectors of a headline (t, d), their weights (t,), and of passages."""
    answers = np.array([(headline @ tokens.T).max(axis=1) for tokens in read])
    each = (answers * weights).sum(axis=1)  # a BLAS product so small may warn of what it never read
    best = answers.max(axis=0)
    order = np.argsort(best, kind="stable")
    low = np.searchsorted(np.cumsum(weights[order]), LOW_SHARES).clip(max=len(order) - 1)
    least, lower = best[order[low]].tolist()
    unanswered = (weights * np.maximum(ANSWERED - best, 0)).sum()
    weightiest = best[np.argsort(weights, kind="stable")[-WEIGHTIEST:]].min()
    return [
        *(float(value) for value in (each.max(), each[0], (best * weights).sum())),
        *(least, lower, float(unanswered), float(weightiest)),
    ]
