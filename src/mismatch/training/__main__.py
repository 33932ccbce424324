"""Rebuild every shipped number: ``python -m mismatch.training [--work DIR] [--out DIR]``."""

from __future__ import annotations

import argparse
import logging
import sys
from dataclasses import replace
from pathlib import Path

from mismatch import artefact, reading_model
from mismatch.encoders import StaticEncoder
from mismatch.joint import Joint
from mismatch.judging import ReadingJudge
from mismatch.reading_model import Reading
from mismatch.training import (
    encoding,
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
        encoder = encoding.train_encoder(stages["encoder"], options.work, SEED)
        if options.until != "encoder":
            more = encoding.cross_fitted(stages["encoder"], options.work, SEED)
            fast = fitting.fit(encoder, stages, more, SEED)
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


if __name__ == "__main__":
    sys.exit(main())
