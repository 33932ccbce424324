import time
from itertools import pairwise

import pytest

from mismatch.text import Role, normalise, read, words
from mismatch.text.normalisation import fold, plain, straighten

TITLE = "Harbour bridge closes for repairs"


@pytest.mark.parametrize(
    ("title", "body"),
    [
        (TITLE, "a\n" * 1_000_000),
        (TITLE, "é\n" * 500_000),
        (TITLE, f"{TITLE}\n" * 50_000),
        (TITLE, f"{TITLE}. " * 50_000),
        (TITLE, "<p>a" * 250_000),
        (TITLE, ". " * 500_000),
        ("\ufdfa" * 1_000_000, "The bridge closes."),
        ("\u3300" * 1_000_000, "The bridge closes."),
    ],
    ids="lines accents copies sentences tags stops ligatures squares".split(),
)
def test_no_input_takes_long(title, body):
    start = time.process_time()
    read(title, body)
    assert time.process_time() - start < 10  # a second, where nothing else runs


def test_lines_beyond_any_article_are_joined_and_none_is_lost():
    body = "".join(f"Line {i} says something.\n" for i in range(45_000))
    blocks = read(TITLE, body).blocks
    assert len(blocks) == 15_000
    assert [word for block in blocks for word in block.words] == words(normalise(body))
    assert all(not body[a.end : b.start].strip() for a, b in pairwise(blocks))


def test_copies_are_echoes_however_many():
    article = read(TITLE, f"{TITLE}\n" * 50_000)
    assert {block.role for block in article.blocks} == {Role.ECHO}


def test_a_title_is_read_up_to_a_length_no_headline_has():
    article = read(f"{TITLE} " * 10_000, "Ferries will run.")
    assert article.headline.startswith(TITLE)
    assert len(article.headline) <= 10_000


@pytest.mark.parametrize(
    "body",
    [
        "One  two\nthree\tfour",
        "Café – “naïve” — Straße",
        "Twice\u00a0spaced \u00a0 out",
        "under_score #tag 4.50 it's",
    ],
)
def test_a_body_folded_at_once_reads_like_its_paragraphs(body):
    straight = straighten(body)
    folded = fold(straight)
    assert folded is not None
    text, lower = folded
    assert len(text) == len(lower) == len(body)
    assert " ".join(text.split()) == plain(straight) == normalise(body)
    assert lower.split() == words(normalise(body))


@pytest.mark.parametrize(
    "body", ["a &amp; b", "soft\u00adhyphen", "x\x00y", "½", "…", "мир", "\ufb01"]
)
def test_a_body_with_characters_to_compose_or_drop_is_not_folded(body):
    assert fold(straighten(body)) is None
