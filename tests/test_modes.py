"""Modes that read, encoders of one's own, and detectors on disk."""

import json
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import mismatch
from mismatch import Detector, artefact, reading_model
from mismatch.encoders import StaticEncoder
from mismatch.errors import ArtefactError, UnfittedError

TITLE = "Ferry to Skellen stops for the winter"
BODY = (
    "The ferry to Skellen makes its last crossing on Sunday. Winter storms have made the route "
    "unsafe, the operator said, and boats will return in April.\n\n"
    "Islanders may book the mail plane, which flies twice a week. The harbour office keeps a list "
    "of those who need medicine or feed for their animals, and will charter a barge if the sea is "
    "calm.\n\nLast year the ferry stopped ten days later. Its engine is to be overhauled in the "
    "yard at Brannes while it is laid up."
)
OTHER = "Striker signs for three more seasons"
CHINESE = (
    "渡轮冬季停运",
    "斯凯伦渡轮周日最后一次航行。冬季风暴使航线不安全，运营商说，船只将于四月恢复。",
)


@pytest.mark.parametrize("mode", ["fast", "accurate", "auto"])
def test_every_mode_tells_the_plain_cases(mode):
    detector = Detector(mode)
    assert not detector.score(TITLE, BODY).is_mismatch
    score = detector.score(OTHER, BODY)
    assert score.is_mismatch
    assert score.mode == mode
    assert score.probability > 0.95


@pytest.mark.parametrize("mode", ["accurate", "auto"])
def test_batch_agrees_with_single_scores(mode):
    titles, bodies = [TITLE, OTHER, "", CHINESE[0]], [BODY, BODY, BODY, CHINESE[1]]
    batch = mismatch.score_batch(titles, bodies, mode=mode)
    assert batch.problem.tolist() == [None, None, "title is empty", None]
    for row in (0, 1, 3):
        alone = mismatch.score(titles[row], bodies[row], mode=mode)
        assert batch.probability[row] == pytest.approx(alone.probability, abs=1e-3)


def test_accurate_reads_and_auto_spares_what_is_settled():
    read = Detector("accurate").score(OTHER, BODY).evidence
    assert "answered_all" in read
    spared = Detector("auto").score(TITLE, BODY).evidence
    assert set(spared) < set(read)


def test_scripts_the_transformer_cannot_read_are_left_to_the_fast_model():
    score = Detector("accurate").score(*CHINESE)
    assert "answered_all" not in score.evidence


@pytest.mark.parametrize("mode", ["auto", "accurate"])
def test_what_cannot_be_read_is_judged_as_in_the_fast_mode(mode, examples):
    foreign = [e for e in examples if e["kind"] in ("language", "language_wrong_body")]
    texts = [e["title"] for e in foreign], [e["body"] for e in foreign]
    fast, other = (Detector(m).score_batch(*texts) for m in ("fast", mode))
    assert len(foreign) == 30
    assert other.p_value.tolist() == fast.p_value.tolist()
    np.testing.assert_allclose(other.probability, fast.probability, rtol=1e-9)
    np.testing.assert_allclose(other.interval, fast.interval, rtol=1e-9)


def test_unknown_mode():
    with pytest.raises(ValueError, match="mode must be one of auto, accurate, fast, not 'slow'"):
        Detector("slow")


def test_fast_mode_needs_no_torch():
    code = (
        "import sys, mismatch; mismatch.score('Rain falls', 'Rain falls on the town all day.', "
        "mode='fast'); print('torch' in sys.modules, 'sentence_transformers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_accurate_mode_needs_no_sentence_transformers():
    code = (
        "import sys, mismatch; mismatch.score('Rain falls', 'Rain falls on the town all day.', "
        "mode='accurate'); print('sentence_transformers' in sys.modules, "
        "'transformers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.fixture(scope="module")
def own_encoder() -> StaticEncoder:
    return artefact.load(artefact.shipped("fast")).encoder


def test_an_encoder_must_be_fitted_first(own_encoder):
    detector = Detector(encoder=own_encoder)
    for use in (lambda: detector.score(TITLE, BODY), lambda: detector.score_batch([TITLE], [BODY])):
        with pytest.raises(UnfittedError, match="no classifier was fitted to this encoder yet"):
            use()


def test_an_encoder_needs_encode():
    with pytest.raises(TypeError, match="encoder must have a method encode"):
        Detector(encoder=7)


@pytest.mark.parametrize("mode", ["fast", "accurate", "auto"])
def test_saved_detectors_score_alike(mode, tmp_path):
    detector = Detector(mode, prior=0.1, false_alarm_rate=0.01)
    detector.save(tmp_path / "own")
    again = Detector.load(tmp_path / "own")
    assert repr(again) == repr(detector)
    for title in (TITLE, OTHER):
        assert again.score(title, BODY) == detector.score(title, BODY)


def test_damaged_settings(tmp_path):
    Detector("fast").save(tmp_path)
    (tmp_path / "detector.json").write_text("[]")
    with pytest.raises(ArtefactError, match=r"no readable detector\.json"):
        Detector.load(tmp_path)


def test_newer_settings(tmp_path):
    Detector("fast").save(tmp_path)
    settings = json.loads((tmp_path / "detector.json").read_text())
    (tmp_path / "detector.json").write_text(json.dumps(settings | {"format": 9}))
    with pytest.raises(ArtefactError, match="has format 9"):
        Detector.load(tmp_path)


@pytest.mark.parametrize("name", reading_model.FILES)
def test_damaged_reading_model(name, tmp_path):
    detector = Detector("auto")
    detector.save(tmp_path)
    file = tmp_path / "reading" / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))
    with pytest.raises(ArtefactError, match="damaged"):
        Detector.load(tmp_path)


def test_a_reading_model_that_knows_nothing_of_what_it_cannot_read_is_refused(tmp_path):
    judge = Detector("auto").judge
    reading = judge.reading
    bare = replace(reading, calibration=replace(reading.calibration, unread=None))
    reading_model.save(bare, tmp_path, "")
    with pytest.raises(ArtefactError, match="lacks the calibration of pairs that cannot be read"):
        reading_model.load(tmp_path)


def test_shipped_detectors_pickle_without_their_weights():
    for mode in ("fast", "auto"):
        detector = Detector(mode, false_alarm_rate=0.01)
        content = pickle.dumps(detector)
        assert len(content) < 1000
        again = pickle.loads(content)
        assert repr(again) == repr(detector)


def test_two_processes_score_as_one():
    titles, bodies = [TITLE, OTHER] * 8, [BODY] * 16
    bodies = [f"{body} It was day {n}." for n, body in enumerate(bodies)]
    one = mismatch.score_batch(titles, bodies, mode="accurate", workers=1)
    two = mismatch.score_batch(titles, bodies, mode="accurate", workers=2)
    np.testing.assert_allclose(one.probability, two.probability, atol=1e-3)


@pytest.fixture(scope="module")
def genuine(examples) -> tuple[list[str], list[str]]:
    rows = [e for e in examples if not e["mismatch"] and e["kind"] != "oblique"]
    return [e["title"] for e in rows], [e["body"] for e in rows]


def test_an_encoder_of_ones_own_from_unlabelled_articles_to_a_folder(
    own_encoder, genuine, tmp_path
):
    detector = Detector(encoder=own_encoder, false_alarm_rate=0.01).calibrate(*genuine)
    assert not detector.score(TITLE, BODY).is_mismatch
    assert detector.score(OTHER, BODY).probability > 0.9
    assert "read_best" in detector.score(TITLE, BODY).evidence
    detector.save(tmp_path)
    again = Detector.load(tmp_path, encoder=own_encoder)
    assert again.score(OTHER, BODY) == detector.score(OTHER, BODY)
    with pytest.raises(ArtefactError, match="give encoder="):
        Detector.load(tmp_path)


def test_labelled_pairs_fit_the_accurate_mode(genuine):
    titles, bodies = (column[:40] for column in genuine)
    moved = titles[1:] + titles[:1]
    labels = [False] * len(titles) + [True] * len(titles)
    detector = Detector("auto").fit(titles + moved, bodies + bodies, labels)
    assert detector.mode == "accurate"
    assert detector.score(OTHER, BODY).is_mismatch
