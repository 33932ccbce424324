"""Training of the joint reader, over token vectors of the fine-tuned transformer.

These stay as they are. Headlines and picked passages of the encoder's articles are read once; their
token vectors lie in the work folder, in 8 bits. Each step takes some articles, each under headlines
that are its own and under others, and asks two things: of every pair whether it belongs together,
and of every article which of the headlines are its own. Two readers ship. `SWAPPED` knows the
corpora's own headlines only; in `WRITTEN` nearly half of the articles have headlines that were
written for the purpose. The first is better at what is common, the second at puns and at other
events of the same people.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from mismatch.bert_numpy import WIDTH, Floats
from mismatch.encoders import StaticEncoder
from mismatch.joint import (
    ASKED,
    INSIDE,
    INSIDE_HEADS,
    INSIDE_LAYERS,
    LARGE,
    MOST_TOKENS,
    PASSAGES,
)
from mismatch.judging import ReadingJudge
from mismatch.training import pairs, questions
from mismatch.training.checkpoints import keep, resume
from mismatch.training.corpora import NEWS, Row, article_key
from mismatch.training.headlines import KINDS, read_headlines, written_for
from mismatch.training.measuring import OWN, Pair
from mismatch.training.reading import prepare
from mismatch.transformer import TransformerEncoder

log = logging.getLogger(__name__)

NEVER = -1e4  # logit of what is not there
AT_ONCE = 512  # texts read together
LEAST_ARTICLES = 30  # of a corpus
PARTS = 5  # of a step, whose headlines are of like length: little is padded

WEIGHTS = {  # of a pair of each kind, among those that belong together and among those that do not
    "genuine": 1.4,
    "oblique": 0.7,
    "plain": 0.7,
    "random": 0.5,  # there are two
    "week": 0.3,
    "nearest": 0.3,
    "rarest": 0.3,
    "same_topic": 0.5,
    "unrelated": 0.4,
}


@dataclass(frozen=True)
class Recipe:
    """What a training run is made of."""

    rows: dict[str, int]  # articles of a corpus, beside those that headlines were written for
    batch: int  # articles
    written: int  # of them with written headlines, where there are as many; 0: none are looked at
    steps: int  # more learn these articles by heart
    weights: dict[str, float] = field(default_factory=WEIGHTS.copy)
    which: float = 0.3  # weight of the question which headlines are an article's own
    learning_rate: float = 5e-4
    warm: int = 50  # steps
    decay: float = 0.02
    clip: float = 1.0
    checkpoint: int = 200  # steps
    seed: int = 0


SWAPPED = Recipe({NEWS: 8_000, "en_reuters_1987": 2_500, "*": 700}, 48, 0, 700, which=0.23)
WRITTEN = Recipe({NEWS: 3_200, "en_reuters_1987": 700, "*": 700}, 40, 17, 700)


class TrainedJoint(nn.Module):
    """The network of `mismatch.joint.Joint`, for many pairs at once."""

    def __init__(self, dropout: float = 0.1) -> None:
        super().__init__()
        self.query = nn.Linear(WIDTH, ASKED * WIDTH, bias=False)
        self.sharpness = nn.Parameter(torch.tensor([20.0]))
        self.answers = nn.Linear(ASKED * WIDTH, INSIDE)
        self.inputs = nn.Linear(4 * WIDTH + PASSAGES + 1, INSIDE)
        self.positions = nn.Embedding(MOST_TOKENS, INSIDE)
        self.norm = nn.LayerNorm(INSIDE)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                INSIDE, INSIDE_HEADS, 2 * INSIDE, dropout, "gelu", batch_first=True, norm_first=True
            )
            for _ in range(INSIDE_LAYERS)
        )
        self.out_norm = nn.LayerNorm(2 * INSIDE + 3 + PASSAGES)
        self.hidden = nn.Linear(2 * INSIDE + 3 + PASSAGES, 128)
        self.verdict = nn.Linear(128, 1)
        self.dropout = nn.Dropout(dropout)
        nn.init.normal_(self.positions.weight, std=0.02)
        eye = torch.eye(WIDTH).repeat(ASKED, 1) * 15
        self.query.weight.data = eye + torch.randn(ASKED * WIDTH, WIDTH) * 0.05

    def forward(self, pairs: PairTokens) -> Tensor:
        """Log-odds of a mismatch, shape (n,)."""
        own, real, weights, theirs, slots = pairs
        there = slots >= 0
        cosines = own @ theirs.mT
        away = ~there[:, None, :]
        each = [
            cosines.masked_fill((slots != slot)[:, None, :], -1.0).amax(-1)
            for slot in range(PASSAGES)
        ]
        in_each = torch.stack(each, -1)
        in_each = in_each.masked_fill(in_each <= -1.0, 0.0)
        nearest = (self.sharpness * cosines).masked_fill(away, NEVER).softmax(-1) @ theirs
        asked = self.query(own).view(len(own), -1, WIDTH)  # the kinds of one token side by side
        logits = (asked @ theirs.mT).masked_fill(away, NEVER)
        found = (logits.softmax(-1) @ theirs).view(len(own), own.shape[1], -1)
        seen = [
            own * LARGE,
            nearest * LARGE,
            own * nearest * WIDTH,
            (own - nearest).abs() * LARGE,
            in_each * 3,
            weights[..., None] * 10,
        ]
        x = self.inputs(torch.cat(seen, -1)) + self.answers(found * LARGE)
        x = self.dropout(self.norm(x + self.positions.weight[: own.shape[1]]))
        for layer in self.layers:
            x = layer(x, src_key_padding_mask=~real)
        share = (weights / weights.sum(1, keepdim=True).clamp_min(1e-6))[..., None]
        best = cosines.masked_fill(away, -1.0).amax(-1, keepdim=True)
        best = best.masked_fill(~real[..., None], 0.0)
        summary = [
            (x * share).sum(1),
            x.masked_fill(~real[..., None], NEVER).amax(1),
            (best * share).sum(1),
            best.masked_fill(~real[..., None], 2.0).amin(1),
            (share * (0.5 - best).clamp_min(0)).sum(1),
            (in_each * share).sum(1),
        ]
        x = functional.gelu(self.hidden(self.out_norm(torch.cat(summary, 1))))
        verdict: Tensor = self.verdict(self.dropout(x))[:, 0]
        return verdict


class PairTokens(NamedTuple):
    """Pairs as token vectors, padded.

    Headlines' unit vectors (n, t, `WIDTH`), which of them are real (n, t), their weights (n, t);
    passages' unit vectors (n, p, `WIDTH`), and the passage that each is of (n, p), -1 for none.
    """

    own: Tensor
    real: Tensor
    weights: Tensor
    theirs: Tensor
    slots: Tensor


class Drawn(NamedTuple):
    """Pairs of a step: in parts of like headlines, their places in these, and their kinds."""

    parts: list[PairTokens]
    places: Tensor
    kinds: list[str]


class _Store:
    """Token vectors of texts, in a file of 8-bit integers with one scale a token."""

    def __init__(
        self, path: Path, starts: NDArray[np.int64], scales: Floats, weights: Floats
    ) -> None:
        self.starts, self.scales, self.weights = starts, scales, weights
        self.table = np.memmap(path, np.int8, "r", shape=(len(scales), WIDTH))

    def __getitem__(self, text: int) -> Floats:
        part = slice(*self.starts[text : text + 2])
        vectors: Floats = self.table[part] * self.scales[part, None]
        return vectors

    def weights_of(self, text: int) -> Floats:
        """Weights of a text's tokens."""
        return self.weights[slice(*self.starts[text : text + 2])]

    @classmethod
    def read(cls, texts: list[str], encoder: TransformerEncoder, path: Path, key: str) -> _Store:
        """Read texts, or what was kept of having read the same ones; `key` tells them apart."""
        known = path.with_suffix(".npz")
        if not (known.exists() and str(np.load(known)["key"]) == key):
            lengths, scales, weights = [0], [], []
            with path.open("wb") as file:
                for start in range(0, len(texts), AT_ONCE):
                    for tokens in encoder.read(texts[start : start + AT_ONCE]):
                        scale = np.abs(tokens.tokens).max(1) / 127 + 1e-9
                        table = np.round(tokens.tokens / scale[:, None]).astype(np.int8)
                        file.write(table.tobytes())
                        lengths.append(len(table))
                        scales.append(scale.astype(np.float32))
                        weights.append(tokens.weights)
                    if start // AT_ONCE % 40 == 0:
                        log.info("read %d of %d texts", start, len(texts))
            np.savez(
                known,
                key=key,
                starts=np.cumsum(lengths),
                scales=np.concatenate(scales),
                weights=np.concatenate(weights),
            )
        found = np.load(known)
        return cls(path, found["starts"], found["scales"], found["weights"])


class Articles:
    """Articles, each under its own headline and under others, as token vectors."""

    def __init__(self, corpora: dict[str, list[Row]], judge: ReadingJudge, recipe: Recipe,
                 work: Path) -> None:  # fmt: skip
        assert isinstance(judge.reading.encoder, TransformerEncoder)
        listed, article = _list_pairs(corpora, judge.fast.encoder, recipe)
        headlines: dict[str, int] = {}
        passages: dict[str, int] = {}
        self.groups: dict[int, list[tuple[int, list[int], str]]] = {}
        prepared = prepare(listed, judge)
        unfit = {a for p, a, r in zip(listed, article, prepared, strict=True)
                 if p.kind == "genuine" and not (r and r.legible)}  # fmt: skip
        for pair, number, each in zip(listed, article, prepared, strict=True):
            if number in unfit or each is None:
                continue
            headline = headlines.setdefault(each.texts.headline, len(headlines))
            parts = [passages.setdefault(text, len(passages)) for text in each.texts.passages]
            self.groups.setdefault(number, []).append((headline, parts, pair.kind))
        log.info("%d articles, %d headlines, %d passages",
                 len(self.groups), len(headlines), len(passages))  # fmt: skip
        encoder = judge.reading.encoder
        self.digest = _digest(encoder, [*headlines, *passages])
        self.headlines, self.passages = (
            _Store.read(list(texts), encoder, work / f"joint_{name}.i8", self.digest)
            for name, texts in (("headlines", headlines), ("passages", passages))
        )
        numbers = np.array(sorted(self.groups))
        written = np.array([any(kind in KINDS for *_, kind in self.groups[n]) for n in numbers])
        self.written, self.others = numbers[written], numbers[~written]

    def draw(self, rng: np.random.Generator, recipe: Recipe) -> Drawn:
        """Some articles' pairs, each article's genuine one first."""
        some = min(recipe.written, len(self.written))
        numbers = [
            *rng.choice(self.written, some, replace=False).tolist(),
            *rng.choice(self.others, recipe.batch - some, replace=False).tolist(),
        ]
        rows = [row for number in numbers for row in self.groups[number]]
        lengths = [len(self.headlines.weights_of(headline)) for headline, _, _ in rows]
        order = np.argsort(lengths, kind="stable")
        parts = [
            padded(
                [
                    (
                        self.headlines[headline],
                        self.headlines.weights_of(headline),
                        [self.passages[passage] for passage in passages],
                    )
                    for headline, passages, _ in (rows[place] for place in part)
                ]
            )
            for part in np.array_split(order, PARTS)
        ]
        return Drawn(parts, torch.from_numpy(order.argsort()), [kind for *_, kind in rows])


def padded(
    rows: Sequence[tuple[Floats, Floats, Sequence[Floats]]],
) -> PairTokens:
    """Pairs of a headline's vectors and weights, and of its passages' vectors, side by side."""
    own = [headline[:MOST_TOKENS] for headline, _, _ in rows]
    long = max(map(len, own))
    wide = max(sum(map(len, passages)) for _, _, passages in rows)
    n = len(rows)
    found = PairTokens(
        torch.zeros(n, long, WIDTH),
        torch.zeros(n, long, dtype=torch.bool),
        torch.zeros(n, long),
        torch.zeros(n, wide, WIDTH),
        torch.full((n, wide), -1),
    )
    for row, (_, weights, passages) in enumerate(rows):
        length = len(own[row])
        found.own[row, :length] = torch.from_numpy(own[row])
        found.real[row, :length] = True
        found.weights[row, :length] = torch.from_numpy(weights[:length])
        at = 0
        for slot, part in enumerate(passages):
            found.theirs[row, at : at + len(part)] = torch.from_numpy(part)
            found.slots[row, at : at + len(part)] = slot
            at += len(part)
    return found


def _digest(encoder: TransformerEncoder, texts: list[str]) -> str:
    """Tells apart what token vectors are of: the texts, and what reads them."""
    digest = hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass"))
    for name in sorted(encoder.arrays):
        digest.update(encoder.arrays[name].tobytes())
    return digest.hexdigest()


def _list_pairs(
    corpora: dict[str, list[Row]], encoder: StaticEncoder, recipe: Recipe
) -> tuple[list[Pair], list[int]]:
    """English articles under their own and other headlines, and the number of each article."""
    rng = np.random.default_rng(recipe.seed)
    known = read_headlines() if recipe.written else {}
    listed: list[Pair] = []
    article: list[int] = []
    count = 0
    for name, rows in corpora.items():
        every = [row for row in rows if row.lang == "en"]
        if len(every) < LEAST_ARTICLES:
            continue
        some = [row for row in every if article_key(row) in known]
        others = [row for row in every if article_key(row) not in known]
        most = min(recipe.rows.get(name, recipe.rows["*"]), len(others))
        some += [others[i] for i in np.sort(rng.choice(len(others), most, replace=False))]
        swaps = [
            ("random", pairs.random_swaps(some, rng)),
            ("random", pairs.random_swaps(some, rng)),
            ("week", pairs.same_week_swaps(some, rng)),
            ("nearest", pairs.nearest_swaps(some, encoder, rng)),
            ("rarest", pairs.rarest_name_swaps(some, encoder, rng)),
        ]
        for i, (row, own) in enumerate(zip(some, written_for(some, known, rng), strict=True)):
            titles = [("genuine", row.title)]
            titles += [(kind, some[d[i]].title) for kind, d in swaps if d[i] not in (-1, i)]
            titles += own
            listed += [
                Pair(title, row.body, kind, name, row.lang, row.source) for kind, title in titles
            ]
            article += [count] * len(titles)
            count += 1
    return listed, article


def loss_of(model: TrainedJoint, drawn: Drawn, recipe: Recipe) -> Tensor:
    """The loss of both questions: each class counts alike, and each article."""
    parts, places, kinds = drawn
    scores = torch.cat([model(part) for part in parts])[places]
    weights = torch.tensor([recipe.weights[kind] for kind in kinds])
    belongs = torch.tensor([kind in OWN for kind in kinds])
    starts = [row for row, kind in enumerate(kinds) if kind == "genuine"][1:]
    return questions.loss_of(scores, belongs, weights, starts, recipe.which)


def train(
    corpora: dict[str, list[Row]], judge: ReadingJudge, recipe: Recipe, work: Path
) -> dict[str, Floats]:
    """The arrays of a `mismatch.joint.Joint`; from the checkpoint of `work` where there is one."""
    work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    model = TrainedJoint()
    checkpoint = work / "joint.pt"
    articles = Articles(corpora, judge, recipe, work)
    optimiser = torch.optim.AdamW(
        model.parameters(), recipe.learning_rate, weight_decay=recipe.decay
    )
    run = asdict(recipe) | {"texts": articles.digest}
    step = resume(checkpoint, run, model, optimiser)
    told, start = [], time.monotonic()
    while step < recipe.steps:
        rate = min(1.0, (step + 1) / recipe.warm) * max(0.02, 1 - step / recipe.steps)
        for group in optimiser.param_groups:
            group["lr"] = recipe.learning_rate * rate
        rng = np.random.default_rng([recipe.seed, step])
        loss = loss_of(model, articles.draw(rng, recipe), recipe)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        optimiser.step()
        step += 1
        told.append(float(loss.detach()))
        if step % recipe.checkpoint == 0 or step == recipe.steps:
            each = (time.monotonic() - start) / len(told)
            log.info("joint step %d: loss %.3f; %.2f s a step", step, np.mean(told), each)
            told, start = [], time.monotonic()
            keep(checkpoint, run, model, optimiser, step)
    return {name: part.numpy() for name, part in model.eval().state_dict().items()}
