"""Normalised text and its words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mismatch.text import normalise, word_spans, words

TEXTS = st.text(alphabet=st.characters(exclude_categories=()), max_size=200)


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("  two\t words\r\n", "two words"),
        ("Fish &amp; chips&nbsp;&#8211; &#x20AC;5", "Fish & chips – €5"),
        ("AT&amp;amp;T", "AT&T"),
        ("<p>One <b>b</b>old<br/>line</p>", "One bold line"),
        ("a<script>var x = 'hidden';</script>b", "a b"),
        ("a<style>p {}</style> b <!-- note --> c", "a b c"),
        ("ﬁne ＢＭＷ №", "fine BMW No"),
        ("zero\u200bwidth so\xadft \ufeffbom \u202eright", "zerowidth soft bom right"),
        ("lone \ud800 surrogate \x00\x07bell", "lone surrogate bell"),
        ("“Stay” ‘here’ it’s", "\"Stay\" 'here' it's"),
        ("cafe\u0301", "café"),
        ("shares of <ACME.N> and <Time Inc> rose", "shares of <ACME.N> and <Time Inc> rose"),
        ("3 < 5 and x > y", "3 < 5 and x > y"),
        ("&lt;p&gt;escaped&lt;/p&gt;", "escaped"),
        ("", ""),
    ],
)
def test_normalise(given_text: str, expected: str) -> None:
    assert normalise(given_text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It's 4.5 %, e-mail me_now", ["it", "s", "4", "5", "e", "mail", "me", "now"]),
        ("Über São Tomé – straße", ["über", "são", "tomé", "straße"]),
        ("हिन्दी में समाचार", ["हिन्दी", "में", "समाचार"]),
        ("น้ำท่วมใหญ่", ["น\u0e49\u0e4d\u0e32ท่วมใหญ่"]),
        ("كُتِبَ الدَّرْسُ", ["كُتِبَ", "الدَّرْسُ"]),
        ("今天下雨。明天晴", ["今天下雨", "明天晴"]),
        ("Встреча в Киеве", ["встреча", "в", "киеве"]),
        ("mạng xã_hội", ["mạng", "xã", "hội"]),
        ("❤\ufe0f ... – !", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(normalise(text)) == expected


@given(TEXTS)
def test_normalised_text_is_one_clean_line(text: str) -> None:
    clean = normalise(text)
    assert clean == " ".join(clean.split())
    assert not any(unicodedata.category(char) in {"Cc", "Cs"} for char in clean)
    clean.encode()  # no lone surrogate is left


@given(TEXTS)
def test_words_are_all_letters_digits_and_their_marks(text: str) -> None:
    found = words(normalise(text))
    joined = "".join(found)
    assert all(word and word[0].isalnum() for word in found)
    # the plain definition, character by character
    clean = normalise(text).lower()
    assert [char for char in joined if char.isalnum()] == [c for c in clean if c.isalnum()]
    marks = {"Mn", "Mc"}
    assert all(char.isalnum() or unicodedata.category(char) in marks for char in joined)


@given(TEXTS)
def test_every_word_has_its_span(text):
    text = normalise(text)
    found = words(text)
    spans = word_spans(text)
    assert len(spans) == len(found)
    assert [words(text[start:end]) for start, end in spans] == [[word] for word in found]
