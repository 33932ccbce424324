"""Text to unit vectors.

An encoder is any object with ``encode(list of strings) -> (n, d) array``; a
``sentence_transformers.SentenceTransformer`` is one. `StaticEncoder` is the one that ships: a table
with one vector per word piece, read with numpy alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from mismatch.locking import make_lock
from mismatch.text import normalise, words

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]

LONGEST_WORD = 40  # characters; longer runs (scripts without spaces) are cut after as many
IDEOGRAPHS = "\u2e80-\u2fff\u3005-\u312f\u31a0-\u9fff\uf900-\ufaff"  # each is a word of its own
REMEMBERED_WORDS = 60_000  # outside the vocabulary; beyond it they are dropped
ROOM = REMEMBERED_WORDS + 4096  # the most of them at once, but for articles of record length


_lock = make_lock()  # on the lexicons, which grow
_PARTS = re.compile(f"[{IDEOGRAPHS}]|[^{IDEOGRAPHS}]{{1,{LONGEST_WORD}}}")


@runtime_checkable
class Encoder(Protocol):
    """Anything that turns texts into vectors, one row per text."""

    def encode(self, sentences: list[str]) -> NDArray[np.float32]:
        """Embed texts as an array of shape (n, d)."""
        ...


def as_encoder(encoder: Encoder | str | Path) -> Encoder:
    """The encoder itself, or the sentence-transformers model of a path or name.

    Raises
    ------
    TypeError
        If it is neither text nor an object with ``encode``.
    """
    if isinstance(encoder, str | Path):
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(str(encoder))  # type: ignore[return-value]
    if not callable(getattr(encoder, "encode", None)):
        raise TypeError(
            "encoder must have a method encode(list of str), or be the name or path of a "
            f"sentence-transformers model, not {type(encoder).__name__}"
        )
    return encoder


class StaticEncoder:
    """Mean of static word-piece vectors, the length of a vector being the weight of its piece.

    Parameters
    ----------
    vocabulary : list of str
        WordPiece vocabulary; pieces inside a word begin with ``##``.
    table : int8 array of shape (len(vocabulary), d)
        Quantised vectors.
    scale : float32 array of shape (len(vocabulary),)
        Multiplier of each row of `table`.
    idf : float32 array of shape (len(vocabulary),)
        Inverse document frequency of each piece, in nats.
    beyond : mapping of str to float, optional
        Inverse document frequencies of words outside the vocabulary, where they are known; any
        other such word counts as rare as the rarest piece.
    """

    def __init__(
        self,
        vocabulary: list[str],
        table: NDArray[np.int8],
        scale: NDArray[np.float32],
        idf: NDArray[np.float32],
        beyond: Mapping[str, float] | None = None,
    ) -> None:
        self.vocabulary = vocabulary
        self.table = table
        self.scale = scale
        self.idf = idf
        self.beyond = dict(beyond or {})
        self.lexicon = Lexicon(vocabulary, table, scale, idf, self.beyond)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.vocabulary, self.table, self.scale, self.idf, self.beyond)

    @property
    def dimension(self) -> int:
        """Number of components of a vector."""
        return int(self.table.shape[1])

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts.

        Parameters
        ----------
        sentences : sequence of str

        Returns
        -------
        float32 array of shape (n, d)
            Unit vectors; a text without a known word gives a row of zeros.
        """
        out = np.zeros((len(sentences), self.dimension), dtype=np.float32)
        for row, sentence in enumerate(sentences):
            out[row] = self.lexicon.look_up(words(normalise(sentence)))[0].sum(axis=0)
        norms = np.linalg.norm(out, axis=1, keepdims=True)
        unit: NDArray[np.float32] = np.divide(out, norms, out=out, where=norms > 0)
        return unit

    def to_sentence_transformer(self) -> SentenceTransformer:
        """The same encoder as a `SentenceTransformer` with a `StaticEmbedding` module."""
        from sentence_transformers import SentenceTransformer
        from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

        try:
            from sentence_transformers.sentence_transformer.modules import (
                Normalize,
                StaticEmbedding,
            )
        except ImportError:  # where older releases have them
            from sentence_transformers.models import (  # type: ignore[import-not-found, no-redef]
                Normalize,
                StaticEmbedding,
            )

        ids = {piece: i for i, piece in enumerate(self.vocabulary)}
        tokenizer = Tokenizer(models.WordPiece(ids, unk_token=self.vocabulary[0]))
        tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(r"[\p{L}\p{N}\p{M}]+"), "removed", invert=True),
                pre_tokenizers.Split(Regex(f"[{IDEOGRAPHS}]"), "isolated"),
            ]
        )
        weights = self.lexicon.vectors[: len(self.vocabulary)]
        modules: list[Any] = [StaticEmbedding(tokenizer, embedding_weights=weights), Normalize()]
        return SentenceTransformer(modules=modules, device="cpu")


def split_word(word: str) -> list[str]:
    """Ideographs one by one, other scripts in runs of at most `LONGEST_WORD` characters."""
    return _PARTS.findall(word)


class Lexicon(dict[str, int]):
    """Words as rows of arrays: a vector, its length and an inverse document frequency each.

    A word of the vocabulary has the row of its piece. Any other word gets a row of its own when it
    is first met: the sum of its pieces (WordPiece: greedy, longest first), none if it has a
    character that no piece has; it counts as rare as `beyond` says, or else as the rarest piece.
    """

    def __init__(
        self,
        vocabulary: list[str],
        table: NDArray[np.int8],
        scale: NDArray[np.float32],
        idf: NDArray[np.float32],
        beyond: Mapping[str, float],
    ) -> None:
        super().__init__((p, row) for row, p in enumerate(vocabulary) if not p.startswith("##"))
        self.pieces = {piece: row for row, piece in enumerate(vocabulary)}
        self.longest = max(map(len, vocabulary), default=0)
        self.size = self.known = len(vocabulary)
        # Room for new words from the start: growing copies everything, and memory that is only
        # set aside costs nothing.
        self.vectors = np.empty((self.known + ROOM, table.shape[1]), dtype=np.float32)
        vectors = np.multiply(table, scale[:, None], out=self.vectors[: self.known])
        self.norms = np.zeros(len(self.vectors), dtype=np.float32)
        self.norms[: self.known] = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
        self.beyond, self.rarest = beyond, float(idf.max())
        self.idf = np.full(len(self.vectors), self.rarest, dtype=np.float32)
        self.idf[: self.known] = idf

    def look_up(self, words: list[str]) -> tuple[Vectors, Vectors, Vectors]:
        """Vectors (n, d), their lengths (n,) and inverse document frequencies (n,) of words.

        They are copies; threads take turns, since new words get rows and may move the arrays.
        """
        with _lock:
            self.forget()
            rows = self.rows(words)
            vectors = self.vectors.take(rows, axis=0)  # several times faster than vectors[rows]
            return vectors, self.norms.take(rows), self.idf.take(rows)

    def rows(self, words: list[str]) -> NDArray[np.intp]:
        """The row of each word, in order."""
        return np.fromiter(map(self.__getitem__, words), dtype=np.intp, count=len(words))

    def idf_of(self, word: str) -> float:
        """Inverse document frequency of a word, in nats."""
        row = self[word]  # first: meeting a new word may replace the arrays
        return float(self.idf[row])

    def piece_ids(self, word: str) -> list[int]:
        """Vocabulary ids of the pieces of a word."""
        if word.isascii() and len(word) <= LONGEST_WORD:
            return self._cut(word)
        return [i for part in split_word(word) for i in self._cut(part)]

    def forget(self) -> None:
        """Drop the words outside the vocabulary once they are many; rows given out lose meaning."""
        if self.size - self.known > REMEMBERED_WORDS:
            for word in [word for word, row in self.items() if row >= self.known]:
                del self[word]
            self.size = self.known

    def __missing__(self, word: str) -> int:
        ids = self.piece_ids(word)
        row = self.size
        if row == len(self.vectors):
            self._grow()
        vector = self.vectors[row]
        vector.fill(0)
        for piece in ids:  # quicker than one sum: they are two or three
            vector += self.vectors[piece]
        self.norms[row] = math.sqrt(float(vector @ vector))
        self.idf[row] = self.beyond.get(word, self.rarest)
        self.size += 1
        self[word] = row
        return row

    def _grow(self) -> None:
        more = max(1024, self.size - self.known)
        self.vectors = np.concatenate([self.vectors, np.zeros((more, self.vectors.shape[1]), "f4")])
        self.norms = np.concatenate([self.norms, np.zeros(more, "f4")])
        self.idf = np.concatenate([self.idf, np.full(more, self.rarest, "f4")])

    def _cut(self, rest: str) -> list[int]:
        ids: list[int] = []
        mark = 0  # the length of what `rest` begins with inside a word: ##
        while len(rest) > mark:
            for stop in range(min(len(rest), mark + self.longest), mark, -1):
                piece = self.pieces.get(rest[:stop])
                if piece is not None:
                    break
            else:
                return []
            ids.append(piece)
            rest, mark = "##" + rest[stop:], 2
        return ids
