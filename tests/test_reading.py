"""Passages, what is picked of them, and what is measured of what was read."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mismatch.reading import (
    COSINES,
    LONG,
    MOST_PASSAGES,
    READ,
    TOKENS,
    cosine_features,
    is_legible,
    passages,
    pick,
    token_features,
)
from mismatch.text import read


def body_of(sentences: int, words: int = 12) -> str:
    return " ".join(f"Sentence {i} {'tells more ' * (words // 2)}of it." for i in range(sentences))


def test_short_paragraphs_go_together_and_long_ones_apart():
    article = read("A title", "Heading\n\nA short line.\n\n" + body_of(40))
    found = passages(article)
    assert found[0].startswith("Heading A short line.")
    assert max(map(len, found)) <= LONG
    assert " ".join(found).split() == " ".join(b.text for b in article.content).split()


@given(st.text(max_size=3000))
def test_nothing_is_lost(body):
    article = read("A title of some words", body)
    whole = "".join("".join(block.text.split()) for block in article.content)
    assert "".join("".join(part.split()) for part in passages(article)) == whole


def test_a_very_long_body_is_cut_off():
    article = read("A title", "\n\n".join(body_of(6) for _ in range(2 * MOST_PASSAGES)))
    assert len(passages(article)) == MOST_PASSAGES


class Words:
    """Vectors by hand: whether a text says 'ferry'. Every word is as rare as any other."""

    lexicon = SimpleNamespace(idf_of=lambda word: 1.0)

    def encode(self, texts):
        return np.array([[0.5 * ("ferry" in text.lower())] for text in texts])


def picked(title: str, parts: list[str]) -> list[str]:
    return pick(read(title, "\n\n".join(parts)), Words(), np.ones(1, dtype=np.float32))


def test_first_passage_and_the_nearest_are_picked():
    parts = [body_of(6) for _ in range(8)]
    parts[6] += " The ferry, the ferry."
    found = picked("Ferry stops", parts)
    assert len(found) == READ
    assert found[0] == passages(read("Ferry stops", "\n\n".join(parts)))[0]
    assert "ferry" in found[1]


def test_a_word_that_stands_in_one_place_is_read_there_and_one_read_already_is_not_sought():
    parts = ["The ferry stops, they say. " + body_of(6)] + [body_of(6) for _ in range(8)]
    parts[4] += " Word came to Ulvik."
    parts[6] += " The ferry, once more."
    found = picked("Ferry stops for Ulvik", parts)
    assert "Ulvik" in found[1]  # nothing of it was said before
    assert "ferry" in found[2]  # merely near


def test_cosines():
    unit = np.eye(3, dtype=np.float32)
    found = dict(zip(COSINES, cosine_features(unit[0], [unit[1], unit[0]]), strict=True))
    assert found == {"read_best": 1, "read_second": 0, "read_lead": 0, "read_mean": 0.5}
    assert cosine_features(unit[0], [unit[0]]) == [1, 1, 1, 1]


def test_tokens():
    unit = np.eye(4, dtype=np.float32)
    weights = np.array([0.7, 0.3], dtype=np.float32)
    found = token_features(unit[:2], weights, [unit[1:3], unit[:1]])
    named = dict(zip(TOKENS, found, strict=True))
    assert named["answered_lead"] == pytest.approx(0.3)
    assert named["answered_best"] == pytest.approx(0.7)
    assert named["answered_all"] == pytest.approx(1.0)
    assert named["unanswered"] == 0
    alone = dict(zip(TOKENS, token_features(unit[:2], weights, [unit[1:3]]), strict=True))
    assert alone["answered_least"] == alone["weightiest_answered"] == 0
    assert alone["unanswered"] == pytest.approx(0.35)


class Vocabulary:
    words = frozenset("the ferry stops for winter".split())


@pytest.mark.parametrize(
    ("title", "body", "legible"),
    [
        ("The ferry stops", "The ferry stops for the winter.", True),
        ("Die Fähre", "Die Fähre hält im Winter nicht an.", False),
        ("渡轮停运", "渡轮冬季停运。", False),
    ],
)
def test_articles_in_words_unknown_to_the_encoder_are_not_read(title, body, legible):
    article = read(title, body)
    assert is_legible(article, Vocabulary()) is legible
    assert is_legible(article, object())  # it does not say what it knows
