"""The fine-tuned transformer that ships: texts to vectors, of a text and of each of its tokens."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mismatch.bert_numpy import (
    CLS,
    HEADS,
    INNER,
    LAYERS,
    LONGEST,
    PAD,
    SEP,
    UNKNOWN,
    WIDTH,
    NumpyBert,
)
from mismatch.locking import make_lock

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

    from mismatch.bert import Bert

Vectors = NDArray[np.float32]
Run = Callable[[NDArray[np.int64]], tuple[Vectors, Vectors, Vectors]]

AT_ONCE = 2_048  # tokens that go through the model together
FEW = 16_000  # tokens that numpy reads, some 40 articles: in as long as torch's import takes
TOLERANCE = 1e-5  # between the cosines of one pair of texts read in other company, in 32 bits

_lock = make_lock()  # on the models, which are made when they are first needed
_process = os.getpid()


class Tokens(NamedTuple):
    """A text as read: its unit vector (d,), the unit vectors of its tokens (t, d), their weights.

    The weights, shape (t,), add up to 1.
    """

    vector: Vectors
    tokens: Vectors
    weights: Vectors


class TransformerEncoder:
    """A BERT whose mean vectors and token vectors were both trained to match headlines.

    Parameters
    ----------
    vocabulary : list of str
        WordPiece vocabulary in the order of its ids.
    arrays : dict of str to ndarray
        Parameters by the name that `mismatch.bert.Bert` gives them. A matrix may be of int8 with
        a float32 ``<name>.scale`` of one multiplier a row.
    half : bool, optional
        Whether to compute in bfloat16; by default where the processor multiplies it in tiles (AMX),
        which is when it is faster than float32. Where it is not, numpy reads the first `FEW` tokens
        of a process that has not imported torch.
    """

    def __init__(
        self, vocabulary: list[str], arrays: dict[str, NDArray[Any]], *, half: bool | None = None
    ) -> None:
        self.vocabulary = vocabulary
        self.arrays = arrays
        self.half = half
        self._tokenizer: Tokenizer | None = None
        self._numpy: NumpyBert | None = None
        self._torch: Bert | None = None
        self._seen = 0  # tokens

    def __getstate__(self) -> dict[str, Any]:
        return {"vocabulary": self.vocabulary, "arrays": self.arrays, "half": self.half}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["vocabulary"], state["arrays"], half=state["half"])  # type: ignore[misc]

    @cached_property
    def words(self) -> frozenset[str]:
        """The words that the vocabulary has whole: those of the languages it was made for."""
        return frozenset(piece for piece in self.vocabulary if not piece.startswith("##"))

    @property
    def dimension(self) -> int:
        """Number of components of a vector."""
        return int(self.arrays["norm.weight"].shape[0])

    def encode(self, sentences: Sequence[str]) -> Vectors:
        """Unit vectors of texts, shape (n, d)."""
        if not len(sentences):
            return np.zeros((0, self.dimension), dtype=np.float32)
        return np.array([read.vector for read in self.read(list(sentences))])

    def read(self, texts: Sequence[str]) -> list[Tokens]:
        """Vectors of texts and of their tokens; a text is read up to its 126th token."""
        ids = [encoding.ids for encoding in self._load_tokenizer().encode_batch(list(texts))]
        run = self._runner(sum(map(len, ids)))
        found: list[Tokens | None] = [None] * len(ids)
        for rows in _batches([len(row) for row in ids]):
            length = max(len(ids[row]) for row in rows)
            padded = np.zeros((len(rows), length), dtype=np.int64)
            for place, row in enumerate(rows):
                padded[place, : len(ids[row])] = ids[row]
            whole, tokens, weights = run(padded)
            for place, row in enumerate(rows):
                inside = slice(1, max(2, len(ids[row]) - 1))
                share = weights[place, inside]  # of a text without a token, what is no token
                found[row] = Tokens(whole[place], tokens[place, inside].copy(), share / share.sum())
        return [tokens for tokens in found if tokens is not None]

    def _load_tokenizer(self) -> Tokenizer:
        with _lock:
            if self._tokenizer is None:
                self._tokenizer = _make_tokenizer(self.vocabulary)
            return self._tokenizer

    def _runner(self, tokens: int) -> Run:
        """What reads so many tokens more: numpy while they are few, if torch is not there yet."""
        with _lock:
            self._seen += tokens
            half = _has_tiles() if self.half is None else self.half
            if "torch" in sys.modules or ((half or self._seen > FEW) and _has_torch()):
                return self._run_torch
            if self._numpy is None:
                self._numpy = NumpyBert(dequantised(self.arrays))
            return self._numpy

    def _run_torch(self, ids: NDArray[np.int64]) -> tuple[Vectors, Vectors, Vectors]:
        import torch

        bert = self._load_torch()
        with torch.inference_mode():
            whole, tokens, weights = bert(torch.from_numpy(ids))
        return whole.numpy(), tokens.numpy(), weights.numpy()

    def _load_torch(self) -> Bert:
        import torch

        from mismatch.bert import Bert

        with _lock:
            _survive_fork()
            if self._torch is None:
                with torch.device("meta"):
                    bert = Bert(len(self.vocabulary))
                state = {name: torch.from_numpy(a) for name, a in dequantised(self.arrays).items()}
                bert.load_state_dict(state, assign=True)
                half = torch.cpu._is_amx_tile_supported() if self.half is None else self.half
                if half:
                    bert.to(torch.bfloat16)
                    bert.salience.float()
                self._torch, self._numpy = bert.eval(), None
            return self._torch

    def to_sentence_transformer(self) -> SentenceTransformer:
        """The same encoder as a `SentenceTransformer`: mean vectors only."""
        import tempfile

        from sentence_transformers import SentenceTransformer
        from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

        from mismatch import bert

        try:
            from sentence_transformers.sentence_transformer.modules import (
                Normalize,
                Pooling,
                Transformer,
            )
        except ImportError:  # where older releases have them
            from sentence_transformers.models import (  # type: ignore[import-not-found, no-redef]
                Normalize,
                Pooling,
                Transformer,
            )

        tokenizer, model = self._load_tokenizer(), self._load_torch()
        config = BertConfig(
            vocab_size=len(self.vocabulary),
            hidden_size=WIDTH,
            num_hidden_layers=LAYERS,
            num_attention_heads=HEADS,
            intermediate_size=INNER,
            max_position_embeddings=LONGEST,
        )
        hugging_face = BertModel(config, add_pooling_layer=False)
        hugging_face.load_state_dict(bert.to_hugging_face(model), strict=False)
        special = {"pad_token": PAD, "unk_token": UNKNOWN}
        special |= {"cls_token": CLS, "sep_token": SEP}
        with tempfile.TemporaryDirectory() as folder:
            hugging_face.save_pretrained(folder)
            PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
                tokenizer_object=tokenizer,
                model_max_length=LONGEST,
                **{name: self.vocabulary[number] for name, number in special.items()},
            ).save_pretrained(folder)
            transformer = Transformer(folder, max_seq_length=LONGEST)
        modules: list[Any] = [transformer, Pooling(WIDTH), Normalize()]
        return SentenceTransformer(modules=modules, device="cpu")


def _has_torch() -> bool:
    return find_spec("torch") is not None


@cache
def _has_tiles() -> bool:
    """Whether the processor has AMX, as far as can be told without torch."""
    try:
        return "amx_bf16" in Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:  # no Linux
        return False


def _survive_fork() -> None:
    """Let a forked process read with one thread: it has not got the others, and would wait."""
    global _process  # noqa: PLW0603 - a fork copies it
    if _process != os.getpid():
        import torch

        torch.set_num_threads(1)
        _process = os.getpid()


def _batches(lengths: list[int]) -> Iterator[list[int]]:
    """Rows in the order of their lengths, as many at a time as `AT_ONCE` allows."""
    batch: list[int] = []
    size = 0
    for row in sorted(range(len(lengths)), key=lambda row: (lengths[row], row)):
        if batch and size + lengths[row] > AT_ONCE:
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += lengths[row]
    if batch:
        yield batch


def _make_tokenizer(vocabulary: list[str]) -> Tokenizer:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    ids = {piece: i for i, piece in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token=vocabulary[UNKNOWN]))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(
        (vocabulary[SEP], SEP), (vocabulary[CLS], CLS)
    )
    tokenizer.enable_truncation(LONGEST)
    return tokenizer


def quantised(arrays: dict[str, Vectors]) -> dict[str, NDArray[Any]]:
    """Matrices as 8-bit integers with one scale a row; vectors as they are."""
    stored: dict[str, NDArray[Any]] = {}
    for name, array in arrays.items():
        if array.ndim == 2 and len(array) > 1:
            scale = np.maximum(np.abs(array).max(axis=1) / 127, 1e-12).astype(np.float32)
            stored[name] = np.round(array / scale[:, None]).astype(np.int8)
            stored[f"{name}.scale"] = scale
        else:
            stored[name] = array.astype(np.float32)
    return stored


def dequantised(arrays: dict[str, NDArray[Any]]) -> dict[str, Vectors]:
    """The float32 parameters behind stored arrays."""
    return {
        name: array * arrays[f"{name}.scale"][:, None] if array.dtype == np.int8 else array
        for name, array in arrays.items()
        if not name.endswith(".scale")
    }
