"""The ways of training, on a corpus of templates: nothing here needs the real corpora."""

import gzip
import json
import random
import re
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from mismatch.encoders import StaticEncoder
from mismatch.evidence import FEATURES
from mismatch.training import (
    contrastive,
    corpora,
    encoding,
    fitting,
    headlines,
    measuring,
    pairs,
    vocabulary,
)
from mismatch.training.corpora import STAGES, Row

PLACES = ("Skellen", "Brackenford", "Valserre", "Oberquell", "Marlow Bay", "Tarn Hollow")
THINGS = {
    "bridge": ("closes for repairs", "The crossing shuts while engineers replace its bearings."),
    "library": ("saved by volunteers", "Readers raised the money, and shelves reopen in spring."),
    "ferry": ("cancelled over storm", "Gales kept the boats in harbour, the operator said."),
    "school": ("wins chess trophy", "Pupils beat eleven teams with a queen sacrifice."),
    "hospital": ("opens stroke unit", "Doctors there will have a scanner of their own."),
}
MONDAY = date(2020, 1, 6)
README_OF_HEADLINES = headlines.FILE.with_name("README.md")


def make_rows(count: int = 60, lang: str = "en") -> list[Row]:
    """Short articles of four outlets and many weeks; place and thing tell their subject."""
    rng = random.Random(7)
    rows = []
    for i in range(count):
        place, thing = PLACES[i % 6], list(THINGS)[i % 5]
        title, told = THINGS[thing]
        body = [
            f"Report {i}: the {thing} of {place} made news on day {i}. {told}",
            f"People in {place} had spoken of the {thing} for {rng.randint(2, 90)} years.",
            f"{told} The mayor of {place} called it a good day for number {i}.",
        ]
        day = MONDAY + timedelta(days=i // 3)
        source = f"outlet-{i % 4}.example"
        headline = f"{place} {thing} {title}, says witness w{i}"
        rows.append(Row(headline, "\n\n".join(body), lang, "en_made", source, day))
    return rows


ROWS = make_rows()


# --- corpora ---


@pytest.fixture
def corpora_folder(tmp_path, monkeypatch):
    """Two corpora, one by outlet and one by date, the second with copies of the first."""

    def write(name: str, objects: list[dict]) -> None:
        with gzip.open(tmp_path / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(o) + "\n" for o in objects)

    made = [
        {"title": r.title, "body": r.body, "lang": r.lang, "source": r.source, "date": str(r.date)}
        for r in ROWS
    ]
    write("by_source", [*made, {"title": "", "body": "No title."}])
    copies = [{**o, "title": o["title"].upper() + "!", "source": "copy"} for o in made[:20]]
    same_body = [{**o, "title": f"Another title {i}"} for i, o in enumerate(made[20:30])]
    write("by_date", [*copies, *same_body])
    write("fnc1_test_bodies", [{"body": made[59]["body"]}])
    write("fnc1_train_bodies", [])
    by_source = {"by": "source", "classifier": ["outlet-1"], "test": ["outlet-2", "outlet-3"]}
    manifest = {
        "stages": {"shares": [0.4, 0.2, 0.2, 0.2]},
        "corpora": {"by_source": {"split": by_source}, "by_date": {"split": {"by": "date"}}},
    }
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(manifest))
    monkeypatch.setattr(corpora, "MANIFEST", path)
    return tmp_path


def test_stages_are_disjoint_and_copies_are_dropped(corpora_folder):
    stages = corpora.read_stages(corpora_folder)
    kept = [row for stage in STAGES for rows in stages[stage].values() for row in rows]
    for key in (lambda row: corpora.fold(row.body, 160), lambda row: corpora.fold(row.title)):
        assert max(Counter(map(key, kept)).values()) == 1
    assert ROWS[59].body not in {row.body for row in kept}  # it is in FNC-1's test
    assert len(kept) == 59
    assert {row.source for row in stages["classifier"]["by_source"]} == {"outlet-1.example"}
    assert {row.source for row in stages["encoder"]["by_source"]} == {"outlet-0.example"}


def test_split_by_date_keeps_the_latest_for_the_test():
    split = corpora.split_corpus(ROWS[::-1], {"by": "date"}, [0.4, 0.2, 0.2, 0.2])
    assert [len(split[stage]) for stage in STAGES] == [24, 12, 12, 12]
    days = [[row.date for row in split[stage]] for stage in STAGES]
    assert all(max(before) <= min(after) for before, after in pairwise(days))


def test_split_by_hash_does_not_depend_on_the_order():
    rule, shares = {"by": "hash"}, [0.6, 0.2, 0.1, 0.1]
    one, other = (corpora.split_corpus(rows, rule, shares) for rows in (ROWS, ROWS[::-1]))
    assert one == other
    assert sorted(r.title for s in STAGES for r in one[s]) == sorted(r.title for r in ROWS)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2019-03-31T12:00:00Z", date(2019, 3, 31)),
        ("31-MAR-1987 09:00", date(1987, 3, 31)),
        ("2019-02-30", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_dates_of_the_corpora(text, day):
    assert corpora.parse_date(text) == day


def test_stages_of_a_real_corpus_are_disjoint(corpora):
    from mismatch.training.corpora import copy_keys, read_stages

    stages = read_stages(corpora, ["en_18f"])
    rows = [[row for rows in stages[stage].values() for row in rows] for stage in STAGES]
    keys = [{key for row in of_stage for key in copy_keys(row)} for of_stage in rows]
    assert all(keys)
    assert not any(a & b for i, a in enumerate(keys) for b in keys[i + 1 :])


# --- pairs ---


@pytest.fixture(scope="module")
def words() -> list[vocabulary.Words]:
    return list(vocabulary.as_words(ROWS))


@pytest.fixture(scope="module")
def encoder(words) -> StaticEncoder:
    """The words of the templates, with frequencies as counted and vectors drawn by lot."""
    pieces = ["[UNK]", *sorted({w for a in words for p in (a.headline, *a.paragraphs) for w in p})]
    idf = vocabulary.inverse_document_frequencies(words, pieces)
    rng = np.random.default_rng(0)
    table = rng.integers(-127, 128, (len(pieces), 16)).astype(np.int8)
    table[0] = 0
    return StaticEncoder(pieces, table, np.full(len(pieces), 0.01, dtype="f4"), idf)


def test_frequent_words_weigh_least(words):
    listed = ["the", "skellen", "w17", "absent"]
    the, place, number, absent = vocabulary.inverse_document_frequencies(words * 2, listed)
    assert 0 <= the < place < number <= absent
    assert place == pytest.approx(np.log(6))  # one article in six is from there


def test_random_swaps_give_every_article_another_title():
    rows = [*ROWS, *make_rows(12, lang="de")]
    donors = pairs.random_swaps(rows, np.random.default_rng(0))
    assert sorted(donors) == list(range(len(rows)))
    for i, donor in enumerate(donors):
        assert donor != i
        assert rows[donor].lang == rows[i].lang


@pytest.mark.parametrize("kind", ["week", "nearest", "rarest"])
def test_hard_swaps_tell_another_event(kind, encoder, monkeypatch):
    monkeypatch.setattr(pairs, "LEAST_IDF", 1.0)  # sixty articles have no very rare words
    rng = np.random.default_rng(0)
    donors = {
        "week": lambda: pairs.same_week_swaps(ROWS, rng),
        "nearest": lambda: pairs.nearest_swaps(ROWS, encoder, rng),
        "rarest": lambda: pairs.rarest_name_swaps([*ROWS, *RARE], encoder, rng),
    }[kind]()
    rows = [*ROWS, *RARE]
    own = pairs.title_terms(rows)
    swapped = [(i, donor) for i, donor in enumerate(donors) if donor >= 0]
    assert swapped
    for i, donor in swapped:
        assert donor != i
        assert len(own[i] & own[donor]) < min(len(own[i]), len(own[donor])) / 3
        if kind == "week":
            assert (rows[i].source, rows[i].week) == (rows[donor].source, rows[donor].week)
        if kind == "rarest":
            assert own[i] & own[donor]


RARE = [
    Row(f"Quorvantic {rest}", "Body.", "en", "en_made", "x", None)
    for rest in ("shares fall by half on trial", "chief resigns after audit of accounts")
]


# --- contrastive training ---


@pytest.fixture(scope="module")
def pieces(words, encoder) -> contrastive.Pieces:
    return contrastive.Pieces(words, encoder)


RECIPE = contrastive.Recipe(steps=40, batch=16, cluster=4, checkpoint=20, seed=3)


def first_vectors(encoder: StaticEncoder) -> np.ndarray:
    return encoder.table * encoder.scale[:, None]


def contrast(encoder: StaticEncoder, vectors: np.ndarray) -> float:
    """InfoNCE of headlines against bodies, in nats."""
    trained = StaticEncoder(encoder.vocabulary, encoder.table, encoder.scale, encoder.idf)
    trained.lexicon.vectors = vectors
    titles = trained.encode([row.title for row in ROWS])
    bodies = trained.encode([row.body for row in ROWS])
    logits = titles @ bodies.T / RECIPE.temperature
    return float((np.log(np.exp(logits).sum(axis=1)) - np.diag(logits)).mean())


def test_training_lowers_the_loss_and_is_the_same_for_a_seed(encoder, pieces, tmp_path):
    start = first_vectors(encoder)
    one, other = (tmp_path / name for name in ("one", "other"))
    one.mkdir()
    other.mkdir()
    trained = contrastive.train(pieces, start, RECIPE, one)
    assert contrast(encoder, trained) < 0.8 * contrast(encoder, start)
    assert np.array_equal(contrastive.train(pieces, start, RECIPE, other), trained)
    assert np.array_equal(start, first_vectors(encoder))


def test_training_goes_on_from_a_checkpoint_to_the_same_bits(
    encoder, pieces, tmp_path, monkeypatch
):
    start = first_vectors(encoder)
    whole, cut = (tmp_path / name for name in ("whole", "cut"))
    whole.mkdir()
    cut.mkdir()
    expected = contrastive.train(pieces, start, RECIPE, whole)
    steps = []
    loss = contrastive._loss

    def counted(*arguments):
        steps.append(len(steps))
        if len(steps) == 25:
            raise KeyboardInterrupt
        return loss(*arguments)

    monkeypatch.setattr(contrastive, "_loss", counted)
    with pytest.raises(KeyboardInterrupt):
        contrastive.train(pieces, start, RECIPE, cut)
    assert np.array_equal(contrastive.train(pieces, start, RECIPE, cut), expected)
    assert len(steps) == 25 + 20  # the second run began at the checkpoint


def test_each_half_is_measured_by_an_encoder_of_the_other(encoder, tmp_path, monkeypatch):
    """Every article once, by an encoder trained on those that it does not measure."""
    monkeypatch.setattr(encoding, "HALF_STEPS", 5)
    trained_on, measured = [], []
    train, measure = encoding._train, encoding.measure_words

    def training(words, *rest):
        trained_on.append(len(words))
        return train(words, *rest)

    def measuring_them(rows, *rest):
        measured.append(rows)
        return measure(rows, *rest)

    monkeypatch.setattr(encoding, "_train", training)
    monkeypatch.setattr(encoding, "measure_words", measuring_them)
    start = encoding.Start(encoder.vocabulary, encoder.idf, first_vectors(encoder))
    encoding.write_start(start, tmp_path)
    found, its_words = encoding.cross_fitted({"en_made": ROWS}, tmp_path, 0)
    one, other = ({row.title for row in rows["en_made"]} for rows in measured)
    assert one | other == {row.title for row in ROWS}
    assert not one & other
    assert trained_on == [len(other), len(one)]
    assert (found.kind == "genuine").sum() == len(ROWS)
    assert found.features.shape == (len(its_words), len(FEATURES))


def test_a_checkpoint_of_another_recipe_is_not_used(encoder, pieces, tmp_path):
    start = first_vectors(encoder)
    one, other = (tmp_path / name for name in ("one", "other"))
    one.mkdir()
    other.mkdir()
    changed = contrastive.Recipe(**{**vars(RECIPE), "seed": 4})
    contrastive.train(pieces, start, RECIPE, one)
    after = contrastive.train(pieces, start, changed, one)
    assert np.array_equal(after, contrastive.train(pieces, start, changed, other))


# --- fitting ---


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_fitted_classifier_separates_and_calibrates_separable_pairs():
    rng = np.random.default_rng(0)

    def draw(count: int) -> measuring.Measured:
        kind = np.where(rng.random(count) < 0.5, "genuine", "random")
        features = rng.normal(size=(count, len(FEATURES)))
        features[:, 3:8] += np.where(kind == "genuine", 1.5, -1.5)[:, None]
        same = np.full(count, "en")
        return measuring.Measured(features, kind, same, same, same)

    fitted_on, calibrated_on, held_out = draw(1500), draw(800), draw(800)
    classifier = fitting.fit_classifier(fitted_on, seed=0)
    calibration = fitting.fit_calibration(classifier.scores(calibrated_on.features), calibrated_on)
    scores = classifier.scores(held_out.features)
    assert roc_auc_score(held_out.label, scores) > 0.995
    likely = calibration.at_prior(scores, 0.5) > 0
    assert (likely == (held_out.label == 1)).mean() > 0.95
    p_values = calibration.p_values(scores[held_out.label == 0])
    assert abs((p_values <= 0.1).mean() - 0.1) < 0.05


def test_hard_swaps_count_little_and_classes_alike():
    kind = np.array(["genuine"] * 6 + ["random"] * 3 + ["nearest"] * 3)
    measured = measuring.Measured(np.zeros((12, 1)), kind, kind, kind, kind)
    weights = fitting.weights_of(measured, fitting.HARD)
    assert weights[:6].sum() == pytest.approx(weights[6:].sum())
    assert weights[9] == pytest.approx(fitting.HARD * weights[6])


def test_settled_scores_follow_means_not_the_few_at_an_end():
    from mismatch.training.reading import KNOTS, _scale

    rng = np.random.default_rng(0)
    given = np.sort(rng.normal(size=4000))
    wanted = 2 * given + rng.normal(size=4000)
    chosen = given < 1
    last = np.flatnonzero(chosen)[-1]
    wanted[[0, last]] = -50, 50
    scale = _scale(given, wanted, chosen)
    assert len(scale.knots) == KNOTS
    assert (np.diff(scale.knots) > 0).all()
    assert (np.diff(scale.scores) >= 0).all()
    middle = chosen & (np.abs(given) < 0.8)
    assert np.abs(scale(given[middle]) - 2 * given[middle]).max() < 1
    assert scale(given[[0]])[0] > -8
    assert scale(given[[last]])[0] < 3


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_settling_learns_what_reading_would_say():
    from mismatch.classifier import Classifier
    from mismatch.evidence import FEATURES
    from mismatch.training.reading import DOOMED, FLAGGED, LOST, Stage, fit_settling

    width = len(FEATURES)
    weights = np.zeros((width + 1, 1))
    weights[-1] = 5
    reader = Classifier(np.zeros(width + 1), np.ones(width + 1), (((weights, np.zeros(1)),),))

    def make_stage(seed: int) -> Stage:
        rng = np.random.default_rng(seed)
        kind = rng.choice(["genuine", "random", "nearest"], 3000)
        known = rng.normal(size=(3000, width))
        known[:, 0] += np.select([kind == "random", kind == "nearest"], [2, -0.5], -1)
        read = known[:, 0] + np.select([kind == "genuine", kind == "nearest"], [-0.5, 1], 0)
        features = np.column_stack([known, read])
        about = np.full(3000, "made")
        pairs = measuring.Measured(features, kind, about, about, about)
        return Stage(pairs, np.zeros(3000), np.ones(3000, dtype=bool))

    calibrating, held_out = make_stage(1), make_stage(2)
    settling = fit_settling(make_stage(0), calibrating, reader, seed=0)
    settled, found = settling.settle(held_out.known)
    wanted = reader.scores(held_out.measured.features)[settled]
    assert 0.1 < settled.mean() < 0.9
    assert np.corrcoef(found[settled], wanted)[0, 1] > 0.9

    genuine, hard = (calibrating.measured.kind == kind for kind in ("genuine", "nearest"))
    read = reader.scores(calibrating.measured.features)
    flagged = read > np.quantile(read[genuine], 1 - FLAGGED)
    predicted = settling.predictor.scores(calibrating.known)
    lost = (predicted < settling.genuine_below)[hard & flagged]
    doomed = (predicted > settling.mismatch_above)[genuine & ~flagged]
    assert lost.mean() == pytest.approx(LOST, abs=0.005)
    assert doomed.mean() <= DOOMED


# --- written headlines ---


@pytest.fixture
def written_headlines(tmp_path, monkeypatch):
    """What is written for every other article of the templates."""
    path = tmp_path / "headlines.jsonl"
    entries = [
        {
            "article": corpora.article_key(row),
            "oblique": f"Pun {i}",
            "plain": f"Plain {i}",
            "same_topic": [f"Other event {i}", f"Another event {i}"],
        }
        for i, row in enumerate(ROWS)
        if i % 2 == 0
    ]
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    monkeypatch.setattr(headlines, "FILE", path)


def test_written_headlines_stand_over_their_own_articles_and_over_others(written_headlines):
    found = headlines.written_for(ROWS, headlines.read_headlines(), np.random.default_rng(0))
    assert [bool(titles) for titles in found] == [i % 2 == 0 for i in range(len(ROWS))]
    for i in range(0, len(ROWS), 2):
        own, unrelated = found[i][:4], found[i][4:]
        assert own == [
            ("oblique", f"Pun {i}"),
            ("plain", f"Plain {i}"),
            ("same_topic", f"Other event {i}"),
            ("same_topic", f"Another event {i}"),
        ]
        assert [kind for kind, _ in unrelated] == ["unrelated"] * 2
        assert all(title.split()[-1] != str(i) for _, title in unrelated)


def test_written_pairs_are_labelled_by_whether_they_belong_together(written_headlines):
    listed = headlines.written_pairs({"en_made": ROWS}, seed=0)
    labels = measuring.measured(np.zeros((len(listed), 1)), listed).label
    for pair, label in zip(listed, labels, strict=True):
        assert label == (pair.kind in ("same_topic", "unrelated"))
    assert Counter(labels.tolist()) == {0: 60, 1: 120}


def test_the_headlines_are_complete_and_of_no_article_twice():
    with headlines.FILE.open(encoding="utf-8") as lines:
        entries = [json.loads(line) for line in lines]
    keys = [entry["article"] for entry in entries]
    assert keys == sorted(set(keys))
    for entry in entries:
        titles = [entry["oblique"], entry["plain"], *entry["same_topic"]]
        assert len(set(titles)) == 4
        assert all(title.strip() == title and 3 <= len(title) <= 200 for title in titles)


def test_the_headlines_of_each_stage_are_as_many_as_is_said(corpora):
    from mismatch.training.corpora import article_key, read_stages

    told = re.findall(r"^\| (\w+) \| ([\d,]+) \|$", README_OF_HEADLINES.read_text(), re.MULTILINE)
    known = headlines.read_headlines()
    counted = Counter(
        stage
        for stage, of_stage in read_stages(corpora).items()
        for rows in of_stage.values()
        for row in rows
        if article_key(row) in known
    )
    assert {stage: int(count.replace(",", "")) for stage, count in told} == counted
    assert counted.total() == len(known)


# --- joint reader ---


def test_the_joint_reader_learns_and_goes_on_where_it_stopped(
    tmp_path, monkeypatch, written_headlines
):
    pytest.importorskip("torch")
    from mismatch.judging import ReadingJudge
    from mismatch.reading_model import Reading
    from mismatch.shipped import shipped_fast, shipped_reading
    from mismatch.training import joint

    judge = ReadingJudge(shipped_fast(), Reading(shipped_reading().encoder))
    corpora = {"en_made": make_rows(48)}
    recipe = joint.Recipe({"*": 48}, batch=8, written=4, steps=12, warm=2, checkpoint=4)
    losses = []

    def watched(*arguments, original=joint.loss_of):
        loss = original(*arguments)
        losses.append(float(loss.detach()))
        return loss

    monkeypatch.setattr(joint, "loss_of", watched)
    whole = joint.train(corpora, judge, recipe, tmp_path / "whole")
    assert np.mean(losses[-3:]) < 0.8 * np.mean(losses[:3])

    def stopped(*arguments):
        if len(losses) == 12 + 6:
            raise KeyboardInterrupt
        return watched(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(joint, "loss_of", stopped)
        with pytest.raises(KeyboardInterrupt):
            joint.train(corpora, judge, recipe, tmp_path / "stopped")
    again = joint.train(corpora, judge, recipe, tmp_path / "stopped")
    assert len(losses) == 12 + 6 + 8  # from step 4 on
    assert {name: a.shape for name, a in again.items()} == {n: a.shape for n, a in whole.items()}
    assert all(np.isfinite(array).all() for array in again.values())
