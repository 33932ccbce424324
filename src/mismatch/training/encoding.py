"""The static encoder, and two more that each know half of its articles.

What an encoder measures of the articles that it was trained on is better than what it will measure
of others. So that they can still teach what comes after it, two encoders are trained on half of
them each, and each measures the other half (cross-fitting: Chernozhukov et al. 2018,
"Double/debiased machine learning", def. 3.1).
"""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mismatch.encoders import IDEOGRAPHS, StaticEncoder
from mismatch.evidence import EvidenceReader
from mismatch.training import contrastive, vocabulary
from mismatch.training.corpora import Row, body_digest
from mismatch.training.fitting import fit_background
from mismatch.training.measuring import Measured, Words, joined, measure_words

log = logging.getLogger(__name__)

DIMENSION = 256
LEAST_MET = 20  # times, for a piece that MiniLM, an English model, cannot have placed well
IDEOGRAPH = re.compile(f"[{IDEOGRAPHS}]")
HALF_STEPS = 600  # of training on half of the articles
HALF_ROWS = {"en_us_politics": 10_000, "en_reuters_1987": 2000, "*": 900}  # measured of each half
FEWEST = 6  # articles of a corpus in a half, for swaps among them

Corpora = dict[str, list[Row]]


class Start(NamedTuple):
    """What training starts from: word pieces, their frequencies and their first vectors."""

    pieces: list[str]
    idf: NDArray[np.float32]
    vectors: NDArray[np.float32]


def train_encoder(corpora: Corpora, work: Path, seed: int) -> StaticEncoder:
    """The static encoder, from the checkpoint of the work folder where there is one."""
    log.info("reading %d articles", sum(map(len, corpora.values())))
    articles = _as_words(corpora)
    if not (work / "first_vectors.npz").exists():
        pieces = vocabulary.learn_pieces(articles, seed)
        idf = vocabulary.inverse_document_frequencies(articles, pieces)
        log.info("vocabulary of %d pieces", len(pieces))
        vectors = vocabulary.first_vectors(pieces, idf, DIMENSION, seed)
        write_start(Start(pieces, idf, vectors), work)
    return _train(articles, read_start(work), contrastive.Recipe(seed=seed), work)


def cross_fitted(corpora: Corpora, work: Path, seed: int) -> tuple[Measured, list[Words]]:
    """Pairs of the encoder's articles, each as an encoder measures it that was trained on others.

    Needs what `train_encoder` left in the work folder.
    """
    start, measured = read_start(work), []
    for half in (0, 1):
        own, others = (
            {name: [row for row in rows if _half_of(row) == side] for name, rows in corpora.items()}
            for side in (half, 1 - half)
        )
        folder = work / f"half{half}"
        folder.mkdir(exist_ok=True)
        recipe = contrastive.Recipe(steps=HALF_STEPS, seed=seed)
        encoder = _train(_as_words(own), start, recipe, folder)
        reader = EvidenceReader(encoder, fit_background(encoder, own, seed), None)
        enough = {name: rows for name, rows in others.items() if len(rows) >= FEWEST}
        measured.append(measure_words(enough, reader, HALF_ROWS, seed))
        log.info("half %d measured the other: %d pairs", half, len(measured[-1][1]))
    return joined(measured)


def _half_of(row: Row) -> int:
    return int(body_digest(row)[:12], 16) % 2


def _as_words(corpora: Corpora) -> list[vocabulary.Words]:
    return list(vocabulary.as_words(row for rows in corpora.values() for row in rows))


def write_start(start: Start, work: Path) -> None:
    """Leave it in the work folder, for `read_start`."""
    words = json.dumps(start.pieces, ensure_ascii=False)
    (work / "vocabulary.json").write_text(words, encoding="utf-8")
    np.savez(work / "first_vectors.npz", idf=start.idf, vectors=start.vectors)


def read_start(work: Path) -> Start:
    """What `train_encoder` left in the work folder."""
    stored = np.load(work / "first_vectors.npz")
    pieces = json.loads((work / "vocabulary.json").read_text(encoding="utf-8"))
    return Start(pieces, stored["idf"], stored["vectors"])


def _train(
    articles: list[vocabulary.Words], start: Start, recipe: contrastive.Recipe, folder: Path
) -> StaticEncoder:
    pieces, idf, vectors = start
    texts = contrastive.Pieces(articles, quantise(pieces, vectors, idf))
    log.info("%d texts of %d pieces", len(texts.start) - 1, len(texts.ids))
    articles.clear()  # gigabytes, of no use any more
    trained = contrastive.train(texts, vectors, recipe, folder)
    met = np.bincount(texts.ids, minlength=len(pieces))
    trained[[i for i, piece in enumerate(pieces) if says_nothing(piece, int(met[i]))]] = 0
    return quantise(pieces, trained, idf)


def says_nothing(piece: str, met: int) -> bool:
    """Whether a piece gets no vector: a letter of a foreign word, or hardly ever met in training.

    Words of a script that the corpora lack are spelt in single letters, which would make any two
    of them alike. English pieces keep the place that MiniLM gave them.
    """
    if piece.isascii():
        return False
    spelt = len(piece.removeprefix("##")) == 1 and not IDEOGRAPH.match(piece)
    return spelt or met < LEAST_MET


def quantise(
    pieces: list[str], vectors: NDArray[np.float32], idf: NDArray[np.float32]
) -> StaticEncoder:
    """The vectors as 8-bit integers with one scale a row."""
    scale = np.maximum(np.abs(vectors).max(axis=1) / 127, 1e-12).astype(np.float32)
    table = np.round(vectors / scale[:, None]).astype(np.int8)
    return StaticEncoder(pieces, table, scale, idf)
