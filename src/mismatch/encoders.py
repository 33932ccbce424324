"""Text to unit vectors.

An encoder is any object with ``encode(list of strings) -> (n, d) array``; a
``sentence_transformers.SentenceTransformer`` is one. `StaticEncoder` is the one that ships: a table
with one vector per word piece, read with numpy alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from mismatch.text import normalise, words

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

LONGEST_PIECE_RUN = 40  # characters; longer words (scripts without spaces) are read in pieces of it
CACHED_WORDS = 500_000


@runtime_checkable
class Encoder(Protocol):
    """Anything that turns texts into vectors, one row per text."""

    def encode(self, sentences: list[str]) -> NDArray[np.float32]:
        """Embed texts as an array of shape (n, d)."""
        ...


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
    """

    def __init__(
        self,
        vocabulary: list[str],
        table: NDArray[np.int8],
        scale: NDArray[np.float32],
        idf: NDArray[np.float32],
    ) -> None:
        self.vocabulary = vocabulary
        self.table = table
        self.scale = scale
        self.idf = idf
        self.rarest = float(idf.max())
        self.pieces = _PieceCache(vocabulary)

    @property
    def dimension(self) -> int:
        """Number of components of a vector."""
        return int(self.table.shape[1])

    def piece_ids(self, words: Iterable[str]) -> list[int]:
        """Vocabulary ids of the pieces of the words, in order; unknown words have none."""
        pieces = self.pieces
        return [i for word in words for i in pieces[word]]

    def word_idf(self, word: str) -> float:
        """Inverse document frequency of a word in nats; that of the rarest piece if it is unknown."""
        ids = self.pieces[word]
        return float(self.idf[ids[0]]) if len(ids) == 1 else self.rarest

    def vectors(self, ids: NDArray[np.intp]) -> NDArray[np.float32]:
        """Vectors of vocabulary ids, shape (len(ids), d)."""
        return self.table[ids] * self.scale[ids, None]

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
            ids = np.array(self.piece_ids(words(normalise(sentence))), dtype=np.intp)
            out[row] = self.vectors(ids).sum(axis=0)
        norms = np.linalg.norm(out, axis=1, keepdims=True)
        unit: NDArray[np.float32] = np.divide(out, norms, out=out, where=norms > 0)
        return unit

    def to_sentence_transformer(self) -> SentenceTransformer:
        """The same encoder as a `SentenceTransformer` with a `StaticEmbedding` module."""
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.models import Normalize, StaticEmbedding
        from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

        ids = {piece: i for i, piece in enumerate(self.vocabulary)}
        tokenizer = Tokenizer(models.WordPiece(ids, unk_token=self.vocabulary[0]))
        tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
        word = pre_tokenizers.Split(Regex(r"[\p{L}\p{N}\p{M}]+"), "removed", invert=True)
        tokenizer.pre_tokenizer = word
        weights = self.table * self.scale[:, None]
        modules: list[Any] = [StaticEmbedding(tokenizer, embedding_weights=weights), Normalize()]
        return SentenceTransformer(modules=modules, device="cpu")


class _PieceCache(dict[str, tuple[int, ...]]):
    """Word to piece ids; a word is cut (WordPiece, greedy, longest first) once and remembered."""

    def __init__(self, vocabulary: list[str]) -> None:
        self.ids = {piece: i for i, piece in enumerate(vocabulary)}
        self.longest = max(map(len, vocabulary), default=0)

    def __missing__(self, word: str) -> tuple[int, ...]:
        ids: list[int] = []
        for start in range(0, len(word), LONGEST_PIECE_RUN):
            ids += self._cut(word[start : start + LONGEST_PIECE_RUN])
        if len(self) > CACHED_WORDS:
            self.clear()
        self[word] = found = tuple(ids)
        return found

    def _cut(self, word: str) -> list[int]:
        ids: list[int] = []
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            for stop in range(min(len(word), start + self.longest), start, -1):
                piece = self.ids.get(prefix + word[start:stop])
                if piece is not None:
                    break
            else:
                return []
            ids.append(piece)
            start = stop
        return ids
