"""Displays: hostile text is inert, long bodies stay short, numbers stand beside colours."""

from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mismatch import ScoreBatch, Word
from mismatch.display import batch_to_html, score_to_html, score_to_text
from mismatch.display.plain import cells, fit, visible

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</div></style><iframe src='javascript:alert(1)'>",
    '" onmouseover="alert(1)',
    "&lt;b&gt; \x1b[2J\x07 \u202egnp.exe \x00 \ud800",
]


class Tags(HTMLParser):
    """Every tag and attribute, and whether tags are closed in order."""

    def __init__(self, html):
        super().__init__()
        self.seen, self.attributes, self.open, self.text = set(), set(), [], ""
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_inert(make_score, text):
    score = make_score(
        (text, "content", 0.2, True), (text, "echo", None, False), title=text, headline=text
    )
    batch = ScoreBatch(
        np.array([0.9]),
        np.array([0.001]),
        np.array([True]),
        np.array([None], dtype=object),
        interval=np.array([[0.8, 0.95]]),
        unfamiliar=np.array([None], dtype=object),
        prior=0.5,
        explain=lambda _: score,
    )
    for html in (score_to_html(score), batch_to_html(batch)):
        tags = Tags(html)
        assert tags.seen <= set("b div i li span style table tbody td th thead tr ul".split())
        assert tags.attributes <= {"aria-hidden", "class", "dir", "style"}
        html.encode()
    printed = score_to_text(score)
    assert not set(printed) & set("\x00\x07\x1b\u202e")
    printed.encode()


def test_html_says_all_that_colours_say(make_score):
    html = score_to_html(
        make_score(
            ("It rained.", "content", 0.54, False),
            ("A striker limped.", "content", -0.03, True),
            ("#rain", "echo", None, False),
            ("Leave a comment", "boilerplate", None, False),
        )
    )
    text = Tags(html).text
    for part in ("Mismatch", "0.988", "0.54", "−0.03", "foreign", "echo", "boilerplate"):
        assert part in text
    assert "1 genuine article in 2,500 looks at least this odd" in text
    assert "http" not in html  # nothing is fetched


def test_missing_words_are_underlined_and_listed(make_score):
    headline = "Rain & <b>hail</b>"
    hail = Word(text="<b>hail</b>", start=7, end=18, coverage=0.1, weight=0.6)
    rain = Word(text="Rain", start=0, end=4, coverage=1.0, weight=0.4)
    score = make_score(headline=headline, words=(rain, hail))
    html = score_to_html(score)
    assert 'Rain &amp; <span class="ms-missing">&lt;b&gt;hail&lt;/b&gt;</span></span>' in html
    assert "<b>missing</b> &lt;b&gt;hail&lt;/b&gt;</li>" in html
    assert Tags(html).text.count(headline) == 1
    assert "\n  missing: <b>hail</b>\n" in score_to_text(score)
    assert "missing:" not in score_to_text(make_score())


def test_long_bodies_are_cut_and_what_is_left_out_is_counted(make_score):
    many = [("word " * 1000, "content", 0.1, i > 990) for i in range(1000)]
    html = score_to_html(make_score(*many))
    assert len(html) < 100_000
    assert "and 940 more paragraphs, 9 of them foreign" in html
    assert "characters more)" in html
    printed = score_to_text(make_score(*many), width=80, paragraphs=6)
    assert printed.endswith("… 994 more paragraphs")
    assert "[foreign]" in printed


def test_terminal_lines_fit_their_width(make_score):
    score = make_score(("新闻" * 200, "content", 0.3, False), ("x" * 300, "echo", None, False))
    lines = score_to_text(score, width=60).splitlines()
    assert max(cells(line) for line in lines[5:]) <= 60
    assert "\x1b[" in score_to_text(score, color=True)


@given(st.text(), st.integers(2, 50))
def test_a_fitted_line_fits(text, width):
    line = fit(visible(text), width)
    assert cells(line) <= width
    assert "\n" not in line
