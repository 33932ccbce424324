"""Rebuild every shipped number: ``python -m mismatch.training [--work DIR] [--out DIR]``."""

from __future__ import annotations

import argparse
import json
import logging
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mismatch import artefact, reading_model
from mismatch.encoders import IDEOGRAPHS, StaticEncoder
from mismatch.joint import Joint
from mismatch.judging import ReadingJudge
from mismatch.reading_model import Reading
from mismatch.training import (
    contrastive,
    finetuning,
    fitting,
    joint,
    passages,
    reading,
    vocabulary,
)
from mismatch.training.card import write_card, write_reading_card
from mismatch.training.corpora import Row, corpora_folder, read_stages
from mismatch.transformer import TransformerEncoder, dequantised, quantised

log = logging.getLogger("mismatch.training")
DIMENSION = 256
LEAST_MET = 20  # times, for a piece that MiniLM, an English model, cannot have placed well
IDEOGRAPH = re.compile(f"[{IDEOGRAPHS}]")
SEED = 0


def main() -> int:
    """Run the stages that the work folder does not hold yet."""
    parser = argparse.ArgumentParser(prog="python -m mismatch.training", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("build/training"), help="checkpoints")
    parser.add_argument("--out", type=Path, default=artefact.MODELS, help="fast/ and reading/")
    parser.add_argument("--until", choices=["encoder", "fast", "reading"], default="reading")
    parser.add_argument("--from", dest="start", choices=["encoder", "reading"], default="encoder")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(message)s",
        handlers=[logging.StreamHandler(), logging.FileHandler(options.work / "training.log")],
    )
    folder = corpora_folder()
    if folder is None:
        log.error("training needs the corpora: set MISMATCH_CORPORA to their folder")
        return 2
    stages = read_stages(folder)
    if options.start == "encoder":
        encoder = train_encoder(stages["encoder"], options.work)
        if options.until != "encoder":
            fast = fitting.fit(encoder, stages, SEED)
            artefact.save(fast, options.out / "fast", write_card(fast.about))
            log.info("wrote %s", options.out / "fast")
    if options.until == "reading":
        fast = artefact.load(options.out / "fast")
        transformer = train_transformer(stages["encoder"], fast.encoder, options.work)
        judge = ReadingJudge(fast, Reading(transformer))
        readers = []
        for recipe, name in ((joint.SWAPPED, "swapped"), (joint.WRITTEN, "written")):
            arrays = joint.train(
                stages["encoder"], judge, replace(recipe, seed=SEED), options.work / name
            )
            readers.append(Joint(dequantised(quantised(arrays))))
        model = reading.fit_reading(transformer, tuple(readers), fast, stages, SEED)
        reading_model.save(model, options.out / "reading", write_reading_card(model.about or {}))
        log.info("wrote %s", options.out / "reading")
    return 0


def train_transformer(
    corpora: dict[str, list[Row]], encoder: StaticEncoder, work: Path
) -> TransformerEncoder:
    """The fine-tuned transformer, from the checkpoint of the work folder where there is one."""
    rows = [row for every in corpora.values() for row in every if row.lang in passages.LANGUAGES]
    log.info("tokenising %d articles", len(rows))
    pieces = passages.tokenise(rows, encoder)
    batches = passages.Batches(rows, pieces, encoder, passages.Mix(seed=SEED))
    bert = finetuning.finetune(batches, finetuning.Finetuning(seed=SEED), work)
    arrays = {name: part.numpy() for name, part in bert.state_dict().items()}
    words = (vocabulary.minilm_folder() / "vocab.txt").read_text(encoding="utf-8").split("\n")
    return TransformerEncoder(words[: len(bert.word_embeddings.weight)], quantised(arrays))


def train_encoder(corpora: dict[str, list[Row]], work: Path) -> StaticEncoder:
    """The static encoder, from the checkpoint of the work folder where there is one."""
    words = work / "vocabulary.json"
    first = work / "first_vectors.npz"
    log.info("reading %d articles", sum(map(len, corpora.values())))
    articles = list(vocabulary.as_words(row for rows in corpora.values() for row in rows))
    if not first.exists():
        pieces = vocabulary.learn_pieces(articles, SEED)
        words.write_text(json.dumps(pieces, ensure_ascii=False), encoding="utf-8")
        idf = vocabulary.inverse_document_frequencies(articles, pieces)
        log.info("vocabulary of %d pieces", len(pieces))
        vectors = vocabulary.first_vectors(pieces, idf, DIMENSION, SEED)
        np.savez(first, idf=idf, vectors=vectors)
    pieces = json.loads(words.read_text(encoding="utf-8"))
    stored = np.load(first)
    idf, vectors = stored["idf"], stored["vectors"]
    untrained = quantise(pieces, vectors, idf)
    texts = contrastive.Pieces(articles, untrained)
    log.info("%d texts of %d pieces", len(texts.start) - 1, len(texts.ids))
    del articles
    trained = contrastive.train(texts, vectors, contrastive.Recipe(seed=SEED), work)
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


if __name__ == "__main__":
    sys.exit(main())
