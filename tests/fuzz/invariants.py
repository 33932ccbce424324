"""What holds for every title and body, whatever the strings are; shared with the long runs."""

from __future__ import annotations

import re
from itertools import pairwise

from mismatch import Detector, InputError, Score
from mismatch.text import (
    Article,
    Role,
    clean_title,
    normalise,
    read,
    reads_like_furniture,
    words,
)

LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def check_article(title: str, body: str) -> Article:
    """Read an article and assert what a reader may rely on."""
    article = read(title, body)
    assert article.title == title
    assert article.headline == clean_title(title)
    assert article.headline_words == words(article.headline)
    blocks = article.blocks
    for block in blocks:
        given = body[block.start : block.end]
        assert 0 <= block.start < block.end <= len(body)
        assert given == given.strip()
        assert block.words == words(block.text) != []
        assert block.text == " ".join(block.text.split())
        assert block.role in Role
        if "<" not in body and "&" not in body:  # then the quick way reads as the plain one does
            assert block.text == normalise(given)
    assert all(before.end <= after.start for before, after in pairwise(blocks))
    reads_like_furniture([word for block in blocks for word in block.words])
    return article


def check_score(detector: Detector, title: str, body: str) -> Score | None:
    """Score an article and assert what the documentation says of a score; None if it has none."""
    score = _score(detector, title, body)
    problem = detector.raw([(title, body)])[0].problem
    if isinstance(score, InputError):
        assert score.argument in {"title", "body"}
        assert score.fault == problem
        return None
    assert problem is None
    assert 0 <= score.interval[0] <= score.probability <= score.interval[1] <= 1
    assert 0 < score.p_value <= 1
    assert score.is_mismatch == (score.p_value <= score.false_alarm_rate)
    for paragraph in score.paragraphs:
        given = body[paragraph.start : paragraph.end]
        assert paragraph.text == LONE_SURROGATE.sub("\ufffd", given)  # which no JSON can carry
        assert (paragraph.similarity is None) == (paragraph.role is not Role.CONTENT)
    assert Score.model_validate_json(score.model_dump_json()) == score
    return score


def _score(detector: Detector, title: str, body: str) -> Score | InputError:
    try:
        return detector.score(title, body)
    except InputError as error:
        return error
