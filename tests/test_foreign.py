"""Foreign paragraphs inside a true article: found where planted, and hardly ever elsewhere."""

import numpy as np
import pytest

from mismatch import Detector, InputError, Reason
from mismatch.foreign import FEWEST, MOST, SHORTEST


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector()


@pytest.fixture(scope="module")
def planted(examples) -> list[dict]:
    return [e for e in examples if e["kind"] == "foreign_paragraphs"]


def accused_of(detector: Detector, title: str, body: str) -> set[int]:
    """Positions in the body of the first letters of the paragraphs called foreign."""
    return {p.start for p in detector.score(title, body).paragraphs if p.foreign}


def starts_of(example: dict) -> list[int]:
    """Where each paragraph of an example begins."""
    lengths = [len(paragraph) + 2 for paragraph in example["body"].split("\n\n")]
    return [0, *np.cumsum(lengths)[:-1].tolist()]


@pytest.mark.xfail(strict=False, reason="the finder is set to accuse hardly anything")
def test_half_of_the_planted_paragraphs_are_found(detector, planted):
    wanted = found = 0
    for example in planted:
        starts = starts_of(example)
        accused = accused_of(detector, example["title"], example["body"])
        wanted += len(example["foreign"])
        found += sum(starts[number] in accused for number in example["foreign"])
    assert found * 2 >= wanted, f"{found} of {wanted}"


def test_hardly_any_paragraph_is_accused_falsely(detector, examples):
    accused, paragraphs = [], 0
    for example in examples:
        if example["mismatch"]:
            continue
        try:
            score = detector.score(example["title"], example["body"])
        except InputError:
            continue
        strangers = {starts_of(example)[number] for number in example.get("foreign", ())}
        own = [p for p in score.paragraphs if p.similarity is not None and p.start not in strangers]
        paragraphs += len(own)
        accused += [f"{example['id']}: {p.text[:80]}" for p in own if p.foreign]
    assert len(accused) <= max(3, 0.005 * paragraphs), "\n".join(accused)


def test_accused_paragraphs_are_a_reason(detector, examples):
    for example in examples[::4]:
        try:
            score = detector.score(example["title"], example["body"])
        except InputError:
            continue
        accused = any(paragraph.foreign for paragraph in score.paragraphs)
        assert accused == (Reason.FOREIGN_PARAGRAPHS in score.reasons)


STRANGE = (
    "The goalkeeper saved a penalty in each half and the striker scored twice from the left wing "
    "before the whistle, which lifts the visitors out of the relegation places."
)
OWN = [
    "The council voted to widen the harbour bridge, which the mayor called a bottleneck.",
    "Work on the harbour bridge begins in March, the council said, and lasts nine weeks.",
    "The mayor said that the wider bridge would carry two lanes of traffic over the harbour.",
    "The council pays for the bridge from harbour fees, which the mayor will raise in March.",
]


def accused_texts(detector: Detector, paragraphs: list[str]) -> list[str]:
    score = detector.score("Council votes to widen harbour bridge", "\n\n".join(paragraphs))
    return [paragraph.text for paragraph in score.paragraphs if paragraph.foreign]


def test_only_a_long_enough_paragraph_of_a_long_enough_article_is_accused(detector):
    assert accused_texts(detector, [*OWN[: FEWEST - 2], STRANGE]) == []
    short = " ".join(STRANGE.split()[: SHORTEST - 1])
    assert short not in accused_texts(detector, [*OWN, short])
    assert not set(accused_texts(detector, [*OWN, STRANGE])) - {STRANGE}


def test_where_most_would_be_foreign_nothing_is(detector):
    longer = [f"{STRANGE} {word} {STRANGE}" for word in ("First", "Then", "Later")]
    assert accused_texts(detector, [*OWN, *longer]) == []


def test_a_text_of_thousands_of_paragraphs_is_left_alone(detector):
    paragraphs = [f"{OWN[i % 4]} That was item w{i}." for i in range(MOST)]
    assert accused_texts(detector, [*paragraphs, STRANGE]) == []
