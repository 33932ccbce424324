"""A small BERT in plain torch: token ids to token vectors, without `transformers`.

Importing `transformers` and `sentence_transformers` takes several times as long as scoring an
article; torch alone does not. Parameters map to the names of Hugging Face's ``BertModel``, against
which the tests hold the outputs.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from mismatch.bert_numpy import (
    CLS,
    EPSILON,
    HEADS,
    INNER,
    LAYERS,
    LONGEST,
    PAD,
    SEP,
    WIDTH,
    runs_of,
)


class Bert(nn.Module):
    """Token ids to contextual token vectors (Devlin et al. 2019), and a weight of each token.

    The weight says how much of a headline hangs on a token; it is learnt beside the vectors.
    """

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(vocabulary, WIDTH, padding_idx=PAD)
        self.position_embeddings = nn.Embedding(LONGEST, WIDTH)
        self.token_type_embeddings = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, EPSILON)
        self.layers = nn.ModuleList(_Layer() for _ in range(LAYERS))
        self.salience = nn.Linear(WIDTH, 1)
        nn.init.zeros_(self.salience.weight)
        nn.init.zeros_(self.salience.bias)

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Read ids of shape (n, length), `PAD` where a text has ended: that is not computed.

        Gives unit vectors of the texts (n, `WIDTH`), unit vectors of the tokens (n, length,
        `WIDTH`), and token weights (n, length) that add up to 1 and are 0 on special tokens.
        """
        seen = ids != PAD
        place = seen.nonzero(as_tuple=True)
        x = self.word_embeddings(ids[place]) + self.position_embeddings(place[1])
        x = self.norm(x + self.token_type_embeddings.weight[0])
        lengths = seen.sum(1).tolist()
        for layer in self.layers:
            x = layer(x, lengths)
        x = ids.new_zeros((*ids.shape, WIDTH), dtype=torch.float32).index_put(place, x.float())
        special = ~seen | (ids == CLS) | (ids == SEP)
        weights = self.salience(x)[:, :, 0].masked_fill(special, -1e4).softmax(1)
        return functional.normalize(x.sum(1), dim=1), functional.normalize(x, dim=2), weights


class _Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.attended = nn.Linear(WIDTH, WIDTH)
        self.attended_norm = nn.LayerNorm(WIDTH, EPSILON)
        self.inner = nn.Linear(WIDTH, INNER)
        self.outer = nn.Linear(INNER, WIDTH)
        self.outer_norm = nn.LayerNorm(WIDTH, EPSILON)

    def forward(self, x: Tensor, lengths: list[int]) -> Tensor:
        """Read texts laid end to end, `lengths` tokens each: those of one length go together."""
        runs = runs_of(lengths)
        sizes = [length * n for length, n in runs]
        qkv = (part(x).split(sizes) for part in (self.query, self.key, self.value))
        contexts = []
        for (length, n), *parts in zip(runs, *qkv, strict=True):
            q, k, v = (part.view(n, length, HEADS, -1).transpose(1, 2) for part in parts)
            context = functional.scaled_dot_product_attention(q, k, v)
            contexts.append(context.transpose(1, 2).reshape(-1, WIDTH))
        x = self.attended_norm(x + self.attended(torch.cat(contexts)))
        y: Tensor = self.outer_norm(x + self.outer(functional.gelu(self.inner(x))))
        return y


_NAMES = {  # ours: Hugging Face's, inside a layer
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "attended": "attention.output.dense",
    "attended_norm": "attention.output.LayerNorm",
    "inner": "intermediate.dense",
    "outer": "output.dense",
    "outer_norm": "output.LayerNorm",
}


def from_hugging_face(state: dict[str, Tensor]) -> Bert:
    """The model of a ``BertModel``'s state; positions past `LONGEST` are left out."""
    model = Bert(len(state["embeddings.word_embeddings.weight"]))
    own = {ours: state[theirs] for ours, theirs in _names(model)}
    own["position_embeddings.weight"] = own["position_embeddings.weight"][:LONGEST]
    model.load_state_dict(own, strict=False)
    return model


def to_hugging_face(model: Bert) -> dict[str, Tensor]:
    """The state as a ``BertModel`` names it, without the token weights."""
    state = model.state_dict()
    return {theirs: state[ours] for ours, theirs in _names(model)}


def _names(model: Bert) -> list[tuple[str, str]]:
    pairs = []
    for name in model.state_dict():
        if name.startswith("layers."):
            _, number, part, kind = name.split(".")
            pairs.append((name, f"encoder.layer.{number}.{_NAMES[part]}.{kind}"))
        elif not name.startswith("salience."):
            pairs.append((name, "embeddings." + name.replace("norm.", "LayerNorm.")))
    return pairs
