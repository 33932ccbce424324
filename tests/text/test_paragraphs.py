"""Paragraphs, their spans, and the windows of long ones."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mismatch.text import Article, read
from mismatch.text.sentences import sentence_ends

TITLE = "Harbour bridge closes for repairs"
FIRST = "The council closed the crossing at dawn."
SECOND = "Ferries ran through the night instead."


def texts(article: Article) -> list[str]:
    return [block.text for block in article.blocks]


@pytest.mark.parametrize(
    "gap",
    [
        "\n\n",
        "\n",
        "\r\n",
        "\r\n\r\n",
        "\r",
        "\u2028",
        "\u2029",
        "\f",
        "\n \t \n",
        "\x85",
        "<br>",
        "<br/><br />",
        "</p><p>",
        "<p class='x'>",
        "\n\n\n\n",
        "</div>\n<div>",
        "<h2>",
        "<li>",
        "<!-- ad -->",
        "<script>let a = 1;</script>",
        "</td><td>",
    ],
)
def test_each_kind_of_break_parts_two_paragraphs(gap: str) -> None:
    body = f"  {FIRST}{gap}{SECOND}\n"
    article = read(TITLE, body)
    assert texts(article) == [FIRST, SECOND]
    assert [body[b.start : b.end] for b in article.blocks] == [FIRST, SECOND]


def test_inline_tags_part_nothing_and_lie_in_the_span() -> None:
    body = "<p>The <em>old</em> <a href='/x'>bridge</a> shut.</p>"
    (block,) = read(TITLE, body).blocks
    assert block.text == "The old bridge shut."
    assert body[block.start : block.end] == "The <em>old</em> <a href='/x'>bridge</a> shut."


def test_links_side_by_side_stay_apart() -> None:
    (block,) = read(TITLE, "<a href=a>Ferries</a><a href=b>Buses</a> run.").blocks
    assert block.words == ["ferries", "buses", "run"]


def test_unclosed_markup_loses_no_words() -> None:
    body = "<p>One river <script> rose <div>two metres <style"
    assert " ".join(texts(read(TITLE, body))) == "One river rose two metres <style"


def test_each_bullet_is_a_paragraph() -> None:
    body = (
        "What we know:\n- The bridge shut at five\n- Two ferries run\n* Buses are free\n1. No cars"
    )
    assert len(read(TITLE, body).blocks) == 5


def test_hard_wrapped_lines_are_joined() -> None:
    body = (
        "The council closed the harbour bridge at dawn after inspectors found\n"
        "cracks in two of its piers, and said that drivers would have to take\n"
        "the long way round through the northern tunnel until the repairs are\n"
        "done.\n"
        "\n"
        "Ferries ran through the night instead, and the port master said that\n"
        "the boats had carried more passengers than on any other day in the\n"
        "last ten years, most of them on foot.\n"
    )
    blocks = read(TITLE, body).blocks
    assert len(blocks) == 2
    assert blocks[0].text.startswith("The council")
    assert blocks[0].text.endswith("are done.")
    assert body[blocks[1].start : blocks[1].end].endswith("on foot.")


def test_single_newlines_between_sentences_are_kept_as_breaks() -> None:
    lines = [
        FIRST,
        SECOND,
        "Buses were free.",
        "Cyclists had to wait for the noon boat.",
        "It rained.",
    ]
    assert texts(read(TITLE, "\n".join(lines))) == lines


STORY = (
    "Mr. Hall, who sat for the U.S. team in St. Louis, spoke for an hour. He named no one! "
    'Was it enough? "Nobody knows," she said. '
)


def test_a_body_without_breaks_is_cut_into_windows_of_sentences() -> None:
    body = STORY * 30
    blocks = read(TITLE, body).blocks
    assert len(blocks) > 5
    assert all(40 <= len(block.words) <= 110 for block in blocks)
    assert all(block.text[-1] in '.!?"' for block in blocks)
    assert not any(block.text.endswith(("Mr.", "U.S.", "St.")) for block in blocks)


def test_inline_tags_count_for_nothing_in_the_length_of_a_window() -> None:
    address = f"<a href='https://example.com/{'x' * 200}'>hour</a>"
    plain, linked = STORY * 3, (STORY * 3).replace("hour", address)
    assert len(read(TITLE, linked).blocks) == 1
    texts = [[block.text for block in read(TITLE, s * 10).blocks] for s in (plain, linked)]
    assert texts[0] == texts[1]
    assert len(texts[0]) > 5


def test_a_short_paragraph_stays_whole() -> None:
    assert len(read(TITLE, STORY * 3).blocks) == 1


@pytest.mark.parametrize(
    ("sentence", "end"),
    [
        ("今天下雨，街道被淹，学校停课一天。", "。"),
        ("नदी का पानी गाँव तक पहुँच गया और सड़क बंद है। ", "।"),
        ("لماذا أغلق الجسر اليوم في المدينة القديمة؟ ", "؟"),
        ("昨日、橋が閉鎖されました。", "。"),
    ],
)
def test_windows_end_at_the_sentence_marks_of_other_scripts(sentence: str, end: str) -> None:
    blocks = read(TITLE, sentence * 60).blocks
    assert len(blocks) > 3
    assert all(block.text.endswith(end) for block in blocks)


def test_text_without_sentences_or_spaces_is_cut_all_the_same() -> None:
    for body in ("a" * 5_000, "ฝนตกหนัก " * 800, "word " * 3_000, "雨" * 4_000):
        blocks = read(TITLE, body).blocks
        assert len(blocks) > 4
        assert max(block.end - block.start for block in blocks) <= 1_200
        assert "".join("".join(texts(read(TITLE, body))).split()) == "".join(body.split())


def test_sentence_ends_pass_over_abbreviations_and_initials() -> None:
    text = "Dr. J. R. Ames met Sen. Lee on Jan. 5 at 3 p.m. in town. They spoke... then left."
    ends = sentence_ends(text, 0, len(text))
    assert [text[end - 5 : end] for end in ends] == ["town.", "left."]


def test_hashtags_after_the_last_sentence_are_cut_off() -> None:
    body = "The crossing shut at dawn after a check. #harbour #bridge #repairs"
    first, second = read(TITLE, body).blocks
    assert (first.role, second.role) == ("content", "echo")
    assert second.text == "#harbour #bridge #repairs"
    assert len(read(TITLE, "Why #harbour and #bridge trended all day").blocks) == 1


PIECES = st.one_of(
    st.text(alphabet=st.characters(exclude_categories=()), max_size=30),
    st.sampled_from(
        [
            "\n\n",
            "\n",
            "<p>",
            "</p>",
            "<br>",
            "<b>",
            "<script>",
            "</script>",
            "<!--",
            "-->",
            "&amp;",
            "&lt;p&gt;",
            " ",
            ". ",
            "#tag ",
            "- item\n",
            "。",
            "Harbour bridge closes for repairs",
            "word " * 300,
            "x" * 1500,
            "Read also: ",
            "\r\n",
            "<a href='x'>",
        ]
    ),
)


@given(st.lists(PIECES, max_size=12).map("".join), st.text(max_size=40))
def test_blocks_are_ordered_exact_and_hold_words(body: str, title: str) -> None:
    article = read(title, body)
    last = 0
    for block in article.blocks:
        raw = body[block.start : block.end]
        assert last <= block.start < block.end <= len(body)
        assert raw == raw.strip() != ""
        assert block.words
        last = block.end


@given(
    st.lists(st.one_of(st.text(max_size=40), st.just("\n"), st.just("word " * 300))).map("".join)
)
def test_every_word_of_a_plain_body_lies_in_a_block(body: str) -> None:
    body = body.replace("<", " ").replace("&", " ")
    outside = list(body)
    for block in read("Harbour bridge", body).blocks:
        outside[block.start : block.end] = " " * (block.end - block.start)
    assert not any(char.isalnum() for char in outside)


HUGE = 300_000


@pytest.mark.parametrize(
    "body",
    [char * HUGE for char in '<&#.!"\u0301- \n\x00(']
    + [
        "<p " * HUGE,
        "<!--" * HUGE,
        "<script>" * HUGE,
        "&#" * HUGE,
        "&#" + "9" * HUGE,
        "#a " * HUGE,
        "a" + "\u0301\u0316" * HUGE,
        "x\n" * HUGE,
        "a-" * HUGE,
        "Home > " * HUGE,
        "\ud800a" * HUGE,
        "We use cookies. " * HUGE,
        "中文。" * HUGE,
        "a@" * HUGE,
        "( " * HUGE,
        f"{TITLE} " * (HUGE // 10),
    ],
    ids=lambda body: repr(body[:12]),
)
def test_hostile_bodies_take_time_in_proportion(body: str) -> None:
    body = body[:HUGE]
    started = time.perf_counter()
    read(TITLE, body)
    read(body, FIRST)
    assert time.perf_counter() - started < 5  # a tenth of that, unless something is quadratic
