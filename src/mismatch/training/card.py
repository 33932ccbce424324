"""The card of a model: what it is, what it was made of, and what it was seen to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mismatch.training.corpora import read_manifest

CARD = """# mismatch, fast model

A static embedding of {vocabulary:,} word pieces in {dimension} dimensions (8-bit), a small network
that weighs the words of a headline together, the mean of a logistic regression and small neural
networks over named features beside it, and a calibration with
{reference:,} genuine reference articles. It reads headline and body and gives the probability that
they do not belong together. Licence of the weights: Apache-2.0.

- **Rebuild it**: `make train` (seed {seed}); the corpora are found through `MISMATCH_CORPORA`.
- **Starting point**: the static vectors start from what all-MiniLM-L6-v2 (Apache-2.0) gives for
  each piece alone, and the vocabulary includes its English words.
- **Not for**: telling true news from false; it compares a headline with a text, nothing else.

## Data

Articles of each stage; no article is in two stages, nor a copy of one. `data/corpora.json` has the
checksums, the splits and where the corpora come from. The test-only sets were never trained on. The
network over words learns from the classifier's articles and from the encoder's, each of these as an
encoder measures it that was trained on others.

| corpus | licence stated | encoder | classifier | calibrator | test |
|---|---|---|---|---|---|
{data}

## Figures on the test articles

Random swaps of headlines within corpus and language. 'Flagged' is the share called a mismatch at
the default decision (one false alarm in 200): of genuine pairs, and of swapped ones.

| corpus | articles | AUROC | recall at 1 % false alarms | flagged genuine | flagged swapped |
|---|---|---|---|---|---|
{figures}
"""


READING_CARD = """# mismatch, reading model

all-MiniLM-L6-v2 fine-tuned on headlines and passages (22.6 million weights, stored in 8 bits), read
as mean vectors and by late interaction of tokens; two small networks that read the tokens of
headline and passages together (2.4 million weights each, 8 bits), trained on English articles of
the same stage, the second partly under headlines that were written for them (`data/headlines`);
the mean of a logistic regression and small neural networks over the fast model's evidence and
theirs; the rule by which mode "auto" leaves pairs unread; and calibrations of both modes with
{reference:,} genuine reference articles. Licence of the weights: Apache-2.0, as that of
all-MiniLM-L6-v2.

- **Rebuild it**: `make train` (seed {seed}); the corpora are found through `MISMATCH_CORPORA`.
- **Languages**: fine-tuned on English and a little French, German, Portuguese, Spanish and
  Esperanto. Pairs that it cannot read are judged as in mode "fast".
- **Not for**: telling true news from false; it compares a headline with a text, nothing else.

## Data

Articles of each stage, as for the fast model; `data/corpora.json` has checksums and splits. The
encoder column is what the transformer was fine-tuned on (of the languages above); the first joint
reader on up to 8,000 of a corpus, the second on those with written headlines and up to 3,200 more.

| corpus | licence stated | encoder | classifier | calibrator | test |
|---|---|---|---|---|---|
{data}

## Figures on the test articles

Random swaps of headlines within corpus and language, mode "accurate". 'Flagged' is the share called
a mismatch at the default decision (one false alarm in 200): of genuine pairs, and of swapped ones.
Of those in English, mode "auto" leaves {unread_genuine:.0%} of the genuine pairs unread, and
{unread_swapped:.0%} of the swapped.

| corpus | articles | AUROC | recall at 1 % false alarms | flagged genuine | flagged swapped |
|---|---|---|---|---|---|
{figures}
"""


def write_card(about: Mapping[str, Any]) -> str:
    """The card of the fast model in Markdown, from what the training recorded."""
    return CARD.format(
        vocabulary=about["vocabulary"],
        dimension=about["dimension"],
        reference=about["reference_articles"],
        seed=about["seed"],
        data=_data(about["articles"]),
        figures=_figures(about["figures"]),
    )


def write_reading_card(about: Mapping[str, Any]) -> str:
    """The card of the reading model in Markdown."""
    return READING_CARD.format(
        reference=about["reference_articles"],
        unread_genuine=about["unread_genuine"],
        unread_swapped=about["unread_swapped"],
        seed=about["seed"],
        data=_data(about["articles"]),
        figures=_figures(about["figures"]),
    )


def _data(articles: Mapping[str, Mapping[str, int]]) -> str:
    corpora = read_manifest()["corpora"]
    return "\n".join(
        f"| {name} | {corpora[name]['licence']} | "
        + " | ".join(f"{articles[stage].get(name, 0):,}" for stage in articles)
        + " |"
        for name in corpora
        if any(name in articles[stage] for stage in articles)
    )


def _figures(figures: Mapping[str, Mapping[str, float]]) -> str:
    return "\n".join(
        f"| {name} | {f['articles']:,} | {f['auroc']:.4f} | {f['recall_at_1_percent']:.3f} "
        f"| {100 * f['flagged_genuine']:.2f} % | {100 * f['flagged_swapped']:.1f} % |"
        for name, f in figures.items()
    )
