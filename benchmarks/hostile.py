"""Articles that try to force a verdict: ``python benchmarks/hostile.py [--mode MODE]``.

Wrong bodies into which the title is put, in every disguise we thought of, so that they look like
matches, and genuine articles that are made to look wrong. Prints how far the probability moves
against the clean pair: the mean, the mean of its absolute value and the worst.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mismatch import Detector
from mismatch.training.corpora import corpora_folder

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "data" / "examples"
SEED = 0
FEWEST_WORDS = 60  # of a body that has something of its own to say

Disguise = Callable[[str], str]
Rng = np.random.Generator
Change = Callable[[str, list[str], Rng], list[str]]  # title and paragraphs to paragraphs


class Pair(NamedTuple):
    """A title and a body."""

    title: str
    body: str


# How a title is written so that a reader still sees it, and a comparison of words may not.

_LOOKALIKES = {
    "Cyrillic": ("AaBCcEeHIiJjKMOoPpSsTXxy", "АаВСсЕеНІіЈјКМОоРрЅѕТХху"),
    "Greek": ("ABEHIKMNOoPTvXYZ", "ΑΒΕΗΙΚΜΝΟοΡΤνΧΥΖ"),
}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _translate(usual: str, odd: str) -> Disguise:
    table = str.maketrans(usual, odd)
    return lambda title: title.translate(table)


def _between(mark: str) -> Disguise:
    return mark.join


def _each_word(change: Callable[[list[str]], list[str]]) -> Disguise:
    return lambda title: " ".join(change(title.split()))


def _without_one(words: list[str]) -> list[str]:
    return [word for place, word in enumerate(words) if place != len(words) // 2]


def _with_slips(title: str) -> str:
    """Every second longer word with two letters exchanged."""
    made = []
    for place, word in enumerate(title.split()):
        middle = len(word) // 2
        slip = len(word) > 4 and place % 2
        made.append(
            word[:middle] + word[middle + 1] + word[middle] + word[middle + 2 :] if slip else word
        )
    return " ".join(made)


def _camel(title: str) -> str:
    return "#" + "".join(word.capitalize() for word in title.split() if word.isalnum())


DISGUISES: dict[str, Disguise] = {
    "plain": lambda title: title,
    "upper case": str.upper,
    "no-break spaces": lambda title: title.replace(" ", "\xa0"),
    "wide spaces": lambda title: title.replace(" ", " \t \u3000 "),
    "spaced letters": _between(" "),
    "zero-width spaces": _between("\u200b"),
    "soft hyphens": _between("\xad"),
    "direction marks": _between("\u202d"),
    "combining marks": _between("\u0332"),
    "Cyrillic letters": _translate(*_LOOKALIKES["Cyrillic"]),
    "Greek letters": _translate(*_LOOKALIKES["Greek"]),
    "full-width letters": _translate(_LETTERS, "".join(chr(ord(c) + 0xFEE0) for c in _LETTERS)),
    "mathematical letters": _translate(_LETTERS, "".join(map(chr, range(0x1D400, 0x1D434)))),
    "small capitals": _translate(_LETTERS[26:], "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘqʀꜱᴛᴜᴠᴡxʏᴢ"),
    "numeric entities": lambda title: "".join(f"&#{ord(c)};" for c in title),
    "bold tags": lambda title: "".join(f"<b>{c}</b>" for c in title),
    "reversed words": _each_word(lambda words: words[::-1]),
    "sorted words": _each_word(sorted),
    "neighbours exchanged": _each_word(
        lambda words: [w for i in range(0, len(words), 2) for w in words[i : i + 2][::-1]]
    ),
    "one word fewer": _each_word(_without_one),
    "one word changed": _each_word(
        lambda words: [*words[: len(words) // 2], "also", *words[len(words) // 2 + 1 :]]
    ),
    "slips": _with_slips,
    "commas": lambda title: ", ".join(title.split()),
    "hashtags": lambda title: " ".join(f"#{word}" for word in title.split()),
    "one hashtag": _camel,
    "slug": lambda title: "-".join(title.lower().split()),
    "'read also'": lambda title: f"Read also: {title}",
    "comment": lambda title: f"<!-- {title} -->",
    "hidden element": lambda title: f'<span style="display:none">{title}</span>',
    "quoted": lambda title: f"“{title}”",
}


# Where it is put.


def _apart(copies: int) -> Callable[[Disguise], Change]:
    """As paragraphs of its own, anywhere."""

    def put(disguise: Disguise) -> Change:
        def change(title: str, paragraphs: list[str], rng: Rng) -> list[str]:
            made = list(paragraphs)
            for _ in range(copies):
                made.insert(int(rng.integers(len(made) + 1)), disguise(title))
            return made

        return change

    return put


def _as_sentences(copies: int) -> Callable[[Disguise], Change]:
    """Inside paragraphs, as sentences of their own."""
    return _inside(copies, r"after a stop", "{}. ")


def _in_sentences(copies: int) -> Callable[[Disguise], Change]:
    """Inside sentences, between any two words."""
    return _inside(copies, "anywhere", "{} ")


def _inside(copies: int, where: str, form: str) -> Callable[[Disguise], Change]:
    def put(disguise: Disguise) -> Change:
        def change(title: str, paragraphs: list[str], rng: Rng) -> list[str]:
            made = [paragraph.split(" ") for paragraph in paragraphs]
            for _ in range(copies):
                words = made[int(rng.integers(len(made)))]
                places = [
                    place
                    for place in range(1, len(words))
                    if where == "anywhere" or words[place - 1].endswith(".")
                ] or [0]
                words.insert(int(rng.choice(places)), form.format(disguise(title)).strip())
            return [" ".join(words) for words in made]

        return change

    return put


def _framed(frame: str) -> Change:
    return lambda title, paragraphs, _: [*paragraphs, frame.format(title.rstrip("."))]


def _in_one_paragraph(joint: str, copies: int) -> Change:
    return lambda title, paragraphs, _: [*paragraphs, joint.join([title] * copies)]


def _scattered(title: str, paragraphs: list[str], rng: Rng) -> list[str]:
    """Every word of the title by itself, anywhere: what no reader would take for a title."""
    made = [paragraph.split(" ") for paragraph in paragraphs]
    for word in title.split():
        words = made[int(rng.integers(len(made)))]
        words.insert(int(rng.integers(len(words) + 1)), word)
    return [" ".join(words) for words in made]


def forced_matches() -> dict[str, Change]:
    """Ways of putting a title into a wrong body, by name."""
    made: dict[str, Change] = {}
    for copies in (1, 3, 10, 50):
        made[f"{copies} as paragraphs"] = _apart(copies)(DISGUISES["plain"])
        made[f"{copies} as sentences"] = _as_sentences(copies)(DISGUISES["plain"])
        made[f"{copies} inside sentences"] = _in_sentences(copies)(DISGUISES["plain"])
    for name, disguise in DISGUISES.items():
        if name != "plain":
            made[f"{name}: paragraph"] = _apart(1)(disguise)
            made[f"{name}: sentence"] = _as_sentences(1)(disguise)
            made[f"{name}: inside a sentence"] = _in_sentences(1)(disguise)
    for name, joint in {"spaces": " ", "stops": ". ", "commas": ", ", "'and'": " and "}.items():
        made[f"50 in one paragraph, {name}"] = _in_one_paragraph(joint, 50)
    made["words as lines"] = lambda title, paragraphs, _: [*paragraphs, "\n".join(title.split())]
    made["words as bullets"] = lambda title, paragraphs, _: [
        *paragraphs,
        "\n".join(f"- {word}" for word in title.split()),
    ]
    made["words as a list"] = lambda title, paragraphs, _: [
        *paragraphs,
        f"Tags: {', '.join(title.split())}",
    ]
    made["after prose"] = lambda title, paragraphs, _: [
        *paragraphs[:-1],
        f"{paragraphs[-1]} {DISGUISES['hashtags'](title)}",
    ]
    made["'read also' after prose"] = lambda title, paragraphs, _: [
        f"{paragraph} Read also: {title}" for paragraph in paragraphs
    ]
    made["lead"] = lambda title, paragraphs, _: [
        f"{title.rstrip('.')}, it was reported on Monday.",
        *paragraphs,
    ]
    made["announced"] = _framed("This is the article in which you will read why {}.")
    made["said"] = _framed("He was then asked about the news of the day: {}, and had no answer.")
    return made


UNREACHABLE = {"words scattered": _scattered}
"""What reads as evidence to anyone who does not read for sense; measured, and not held."""


def forced_mismatches(others: list[str]) -> dict[str, Change]:
    """Ways of making a genuine article look wrong; `others` are paragraphs of other articles."""
    wall = (
        "We and our partners store cookies on your device. By clicking Accept you consent to the "
        "use of cookies. You can change your choice at any time in our privacy policy."
    )

    def strangers(share: float) -> Change:
        def change(_: str, paragraphs: list[str], rng: Rng) -> list[str]:
            count = max(1, round(share * len(paragraphs)))
            return [*paragraphs, *(others[i] for i in rng.integers(len(others), size=count))]

        return change

    return {
        "walls after it": lambda _, paragraphs, __: [*paragraphs, *[wall] * 20],
        "walls before it": lambda _, paragraphs, __: [*[wall] * 20, *paragraphs],
        "other hashtags": lambda _, paragraphs, __: [*paragraphs, "#football #cup #final"],
        "zero-width spaces in it": lambda _, paragraphs, __: ["\u200b".join(p) for p in paragraphs],
        "Cyrillic letters in it": lambda _, paragraphs, __: [
            DISGUISES["Cyrillic letters"](p) for p in paragraphs
        ],
        "1 stranger to 4 paragraphs": strangers(0.25),
        "as many strangers": strangers(1),
        "3 strangers to 1 paragraph": strangers(3),
    }


def paragraphs_of(body: str) -> list[str]:
    return [part for part in body.split("\n\n") if part.strip()]


def moved(
    detector: Detector, pairs: list[Pair], changes: dict[str, Change]
) -> dict[str, NDArray[np.float64]]:
    """Probability of a mismatch after each change minus that of the clean pair, shape (n,)."""
    clean = detector.score_batch([p.title for p in pairs], [p.body for p in pairs], progress=False)
    found = {}
    for name, change in changes.items():
        rng = np.random.default_rng(SEED)
        bodies = ["\n\n".join(change(p.title, paragraphs_of(p.body), rng)) for p in pairs]
        hostile = detector.score_batch([p.title for p in pairs], bodies, progress=False)
        found[name] = hostile.probability - clean.probability
    return found


def examples(*kinds: str) -> list[Pair]:
    """The project's own examples of these kinds that are long enough."""
    made = []
    for file in sorted(EXAMPLES.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            example = json.loads(line)
            if example["kind"] in kinds and _is_long(example):
                made.append(Pair(example["title"], example["body"]))
    return made


def _is_long(example: dict[str, str]) -> bool:
    return len(example["body"].split()) >= FEWEST_WORDS or example["lang"] in {"zh", "ja", "th"}


def corpus_pairs(folder: Path, most: int) -> tuple[list[Pair], list[Pair]]:
    """Wrong and genuine pairs of outlets and corpora that nothing was trained on."""
    import sets

    wrong, genuine = [], []
    for pairs in sets.politics_and_out_of_domain(folder):
        half = len(pairs) // 2
        for i in np.random.default_rng(SEED).permutation(half)[:most].tolist():
            if len(pairs.bodies[i].split()) >= FEWEST_WORDS:
                genuine.append(Pair(pairs.titles[i], pairs.bodies[i]))
                wrong.append(Pair(pairs.titles[half + i], pairs.bodies[i]))
    return wrong, genuine


def lines(found: dict[str, NDArray[np.float64]]) -> Iterator[str]:
    yield "| | mean | mean size | worst | not scored |"
    yield "|---|---|---|---|---|"
    for name, moves in found.items():
        scored = moves[~np.isnan(moves)]
        worst = scored[np.abs(scored).argmax()]
        yield (
            f"| {name} | {scored.mean():+.3f} | {np.abs(scored).mean():.3f} | {worst:+.3f} "
            f"| {len(moves) - len(scored)} |"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", default="fast")
    parser.add_argument("--articles", type=int, default=100, help="of each set of the corpora")
    parser.add_argument("--examples", action="store_true", help="the project's own examples only")
    options = parser.parse_args()
    folder = None if options.examples else corpora_folder()
    if folder is None:
        print("the project's own examples")
        wrong = examples("wrong_body", "aggregator", "oblique_wrong_body", "language_wrong_body")
        genuine = examples("plain", "aggregator_control", "oblique", "language")
    else:
        wrong, genuine = corpus_pairs(folder, options.articles)
    detector = Detector(options.mode)
    print(f"\n{len(wrong)} wrong bodies made to look like matches, {options.mode}\n")
    print(*lines(moved(detector, wrong, forced_matches() | UNREACHABLE)), sep="\n")
    print(f"\n{len(genuine)} genuine articles made to look like mismatches, {options.mode}\n")
    others = [text for pair in wrong for text in paragraphs_of(pair.body)]
    print(*lines(moved(detector, genuine, forced_mismatches(others))), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
