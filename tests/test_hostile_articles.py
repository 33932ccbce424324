"""Bodies that try to force a verdict; `benchmarks/hostile.py` has the disguises and measures more.

A disguise of the title moves the probability of a wrong body by less than 0.1 on average.
"""

import sys
from pathlib import Path

import numpy as np
import pytest

from mismatch import Detector
from mismatch.text import Role, read

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
try:
    import hostile
finally:
    sys.path.pop(0)

MOST = 0.1
WRONG_KINDS = ("wrong_body", "aggregator", "oblique_wrong_body", "language_wrong_body")
IN_AUTO = ("3 as sentences", "1 inside sentences", "lead", "Greek letters: sentence")

# A headline and a body on another matter, with a place for the headline.
TITLE = "Harbour bridge closes for nine weeks of repairs"
WAR = (
    "The army said on Friday that it had sent fresh troops to the northern plateau, where rebels "
    "have held three villages since the autumn. {} Families left by the only road that is still "
    "open, in lorries and on foot, and the mill at the crossing was hit twice before noon.\n\n"
    "Both sides agreed to talks in the capital next month, an envoy said, but neither has agreed "
    "to a pause in the fighting until then, and snow has begun to fall on the passes."
)


@pytest.fixture(scope="module")
def wrong() -> list[hostile.Pair]:
    return hostile.examples(*WRONG_KINDS)


def failures(found) -> list[str]:
    return [
        f"{name}: {np.abs(moves).mean():.3f}"
        for name, moves in found.items()
        if np.isnan(moves).any() or np.abs(moves).mean() >= MOST
    ]


def test_no_disguise_of_the_title_moves_a_wrong_body_far(wrong):
    assert len(wrong) >= 50
    found = hostile.moved(Detector("fast"), wrong, hostile.forced_matches())
    assert not failures(found)


def test_nor_does_it_in_the_auto_mode(wrong):
    ways = {name: way for name, way in hostile.forced_matches().items() if name in IN_AUTO}
    assert len(ways) == len(IN_AUTO)
    assert not failures(hostile.moved(Detector("auto"), wrong[::4], ways))


def test_an_aggregator_s_echoes_change_next_to_nothing(wrong):
    ways = {name: way for name, way in hostile.forced_matches().items() if "paragraph" in name}
    found = hostile.moved(Detector("fast"), wrong, ways)
    # 'Is this thing on?' without a word is no copy of it, and all that its body says of the rest.
    assert {name: m for name, m in found.items() if np.abs(m).mean() > 0.012} == {}


def test_walls_and_hashtags_do_not_make_genuine_articles_look_wrong():
    genuine = hostile.examples("plain", "aggregator_control", "language")
    ways = hostile.forced_mismatches([WAR.format("")])
    chosen = ("walls after it", "walls before it", "other hashtags", "zero-width spaces in it")
    found = hostile.moved(Detector("fast"), genuine, {name: ways[name] for name in chosen})
    assert {name: m.mean() for name, m in found.items() if m.mean() > 0.02} == {}


@pytest.mark.parametrize("name", hostile.DISGUISES)
@pytest.mark.parametrize("frame", ["{}.", "They had read that {} and laughed.", "{}, it was said."])
def test_a_planted_copy_is_an_echo_and_what_surrounds_it_stays(name, frame):
    body = WAR.format(frame.format(hostile.DISGUISES[name](TITLE)))
    content = read(TITLE, body).content
    said = {word for block in content for word in block.words}
    assert said.isdisjoint({"bridge", "closes", "repairs", "harbour"})
    assert {"army", "villages", "lorries", "envoy"} <= said


def test_a_lead_that_says_the_headline_again_is_content():
    lead = f"{TITLE}, the town council said on Monday."
    body = (
        f"{lead}\n\nThe old bridge over the harbour needs new bearings, and repairs to its deck "
        "have been put off for years. Ferries will run every ten minutes while the road is "
        "closed, the mayor said, and the work is to be done before the regatta in the last weeks "
        "of summer. Shops on the quay fear for their trade and have asked for a lower rent."
    )
    assert {block.role for block in read(TITLE, body).blocks} == {Role.CONTENT}


def test_a_brief_that_is_its_lead_is_content():
    body = f"{TITLE}, the town council said on Monday. Ferries will run until then."
    assert {block.role for block in read(TITLE, body).blocks} == {Role.CONTENT}


def test_spans_of_planted_copies_slice_the_body():
    body = WAR.format(f"They read that {TITLE} and laughed.")
    echoes = [block for block in read(TITLE, body).blocks if block.role is Role.ECHO]
    assert [body[block.start : block.end] for block in echoes] == [TITLE]


def test_a_copy_without_spaces_between_words_is_found():
    title = "宝马将在六家合作工厂安装自产电池"
    war = "军方周五表示，已向北部高原增派部队，那里的三个村庄自秋天以来一直被叛军控制。" * 4
    body = f"{war}记者读到{title}的消息时都笑了。"
    blocks = read(title, body).blocks
    echoes = [block for block in blocks if block.role is Role.ECHO]
    assert [body[block.start : block.end] for block in echoes] == [title]
