"""An article of a million characters takes the fast mode a few times what TF-IDF takes for one."""

import os
import random
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from mismatch import Detector, InputError

SIZE = 1_000_000
TIMES = 7  # what TF-IDF takes for as many characters of words; the worst article, 4.5 times
TITLE = "Harbour bridge closes for nine weeks of repairs"
BODY = "The bridge over the harbour shuts on Monday. Its bearings are replaced in nine weeks."
LATIN = "abcdefghijklmnopqrstuvwxyz"
GREEK = "".join(map(chr, range(0x3B1, 0x3C9)))
IDEOGRAPHS = "".join(map(chr, range(0x4E00, 0x9FA5)))
THAI = "".join(map(chr, range(0xE01, 0xE2E)))
MARKS = "\u0301\u0316\u0315\u035c\u0345"

Make = Callable[[random.Random], str]


def copies(text: str) -> Make:
    return lambda _: (text * (SIZE // len(text) + 1))[:SIZE]


def unlike(letters: str, length: int, joint: str) -> Make:
    """Words no two of which are alike, nor like those of the run before."""

    def make(rng: random.Random) -> str:
        count = SIZE // (length + len(joint))
        drawn = "".join(rng.choices(letters, k=length * count))
        return joint.join(drawn[i : i + length] for i in range(0, len(drawn), length))

    return make


def anything(rng: random.Random) -> str:
    return "".join(map(chr, rng.choices(range(0x110000), k=SIZE)))


def marked(rng: random.Random) -> str:
    return "".join(c + "".join(rng.choices(MARKS, k=9)) for c in rng.choices(LATIN, k=SIZE // 10))


def slips(rng: random.Random) -> str:
    lines = (list(TITLE) for _ in range(SIZE // len(TITLE)))
    return "\n".join("".join(c if rng.random() > 0.04 else "x" for c in line) for line in lines)


BODIES: dict[str, Make] = {
    "unknown words": unlike(LATIN, 7, " "),
    "unknown words in lines": unlike(LATIN, 6, "\n"),
    "unknown words in sentences": unlike(LATIN, 12, ".\n\n"),
    "Greek words in lines": unlike(GREEK, 6, "\n"),
    "ideographs": unlike(IDEOGRAPHS, 50, ""),
    "lines of ideographs": unlike(IDEOGRAPHS, 8, "\n"),
    "Thai": unlike(THAI, 300, " "),
    "any characters": anything,
    "marks upon marks": marked,
    "one mark upon another": copies("\u0301"),
    "lines of one letter": copies("a\n"),
    "no spaces": copies("a"),
    "only spaces": copies(" "),
    "paragraphs": copies("Rain fell.\n\n"),
    "bullets": copies("• a\n"),
    "hashtags": copies("# a\n"),
    "entities": copies("&amp;amp;lt;p&amp;gt;"),
    "entities of entities": copies("&" + "amp;" * 1000),
    "an endless number": copies("&#9999999999"),
    "tags": copies("<p>a"),
    "unclosed tags": copies("<script><a b <!--"),
    "zero-width spaces": copies("a\u200b "),
    "right to left": copies("\u202eא "),
    "emoji": copies("😀 a\n"),
    "addresses": copies("https://example.com/a-b-c-d\n"),
    "numbers": unlike("0123456789", 6, " "),
    "walls": copies("We use cookies. Your consent is asked for. The men went home.\n"),
    "copies in lines": copies(f"{TITLE}\n"),
    "copies in one line": copies(f"{TITLE} "),
    "copies in prose": copies(f"and {TITLE.lower()} as they had said they would "),
    "copies with slips": copies("Harbuor bridge closes for nien weeks of reapirs, "),
    "copies with other slips in lines": slips,
    "copies in Cyrillic": copies(TITLE.replace("a", "а").replace("o", "о") + " "),
    "copies in tags": copies("<b>H</b>arbour bridge closes for nine weeks of repairs or so "),
}
TITLES: dict[str, Make] = {
    "unknown words": unlike(LATIN, 7, " "),
    "ideographs": unlike(IDEOGRAPHS, 50, ""),
    "ligatures": copies("\ufdfa"),
    "labels": copies("Opinion: "),
    "bars": copies("a | "),
    "tags": copies("<p>a"),
    "domains": copies("a-."),
}


# The slowest of them and one of each cause; a long run (MISMATCH_FUZZ=2) takes all.
USUAL = {
    *("unknown words", "unknown words in lines", "lines of ideographs", "unclosed tags"),
    *("marks upon marks", "hashtags", "walls", "copies in prose", "copies in tags"),
    *("copies with slips", "copies with other slips in lines"),
}
IS_LONG = int(os.environ.get("MISMATCH_FUZZ", "1")) > 1
USUAL_BODIES = [name for name in BODIES if IS_LONG or name in USUAL]
USUAL_TITLES = [name for name in TITLES if IS_LONG or name in USUAL]


def seconds(score: Callable[[str, str], object], title: str, body: str) -> float:
    start = time.process_time()
    with suppress(InputError):
        score(title, body)
    return time.process_time() - start


def tfidf(title: str, body: str) -> object:
    vectors = TfidfVectorizer().fit_transform([title, body])
    return vectors[0] @ vectors[1].T


@pytest.fixture(scope="module")
def detector() -> Detector:
    detector = Detector("fast")
    detector.score(TITLE, BODY)
    tfidf(TITLE, BODY)
    return detector


def times(detector: Detector, make: Callable[[random.Random], tuple[str, str]]) -> float:
    """What scoring takes, in times of the peer: the better of two, side by side with it.

    The second is of other words: those of the first may be remembered.
    """
    found = []
    for seed in (0, 1):
        rng = random.Random(seed)
        peer = seconds(tfidf, TITLE, BODIES["unknown words"](rng))
        found.append(seconds(detector.score, *make(rng)) / peer)
        if found[-1] < TIMES:
            break
    return min(found)


@pytest.mark.parametrize("body", USUAL_BODIES)
def test_bodies_of_a_million_characters(detector, body):
    assert times(detector, lambda rng: (TITLE, BODIES[body](rng))) < TIMES


@pytest.mark.parametrize("title", USUAL_TITLES)
def test_titles_of_a_million_characters(detector, title):
    assert times(detector, lambda rng: (TITLES[title](rng), BODY)) < TIMES
    assert times(detector, lambda rng: 2 * (TITLES[title](rng)[: SIZE // 2],)) < TIMES
