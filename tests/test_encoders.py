"""The static encoder: its cutting, its vectors, and its twin in sentence-transformers."""

import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import models

from mismatch import Detector, artefact
from mismatch.encoders import REMEMBERED_WORDS, Encoder, StaticEncoder

VOCABULARY = [
    *("[UNK]", "harbour", "bridge", "bri", "##dge", "##dges", "##s", "har", "##bour", "the"),
    *("a", "b", "##a", "##b", "ab", "##ab", "abba", "##ba"),
    *("über", "ü", "##ber", "мост", "##ы", "桥"),
]


def make_encoder(dimension: int = 8) -> StaticEncoder:
    rng = np.random.default_rng(0)
    table = rng.integers(-127, 128, (len(VOCABULARY), dimension)).astype(np.int8)
    table[0] = 0
    scale = rng.uniform(0.01, 0.03, len(VOCABULARY)).astype(np.float32)
    return StaticEncoder(VOCABULARY, table, scale, np.linspace(1, 6, len(VOCABULARY), dtype="f4"))


@pytest.fixture(scope="module")
def shipped() -> artefact.Artefact:
    return artefact.load(artefact.shipped("fast"))


ENCODER = make_encoder()
ORACLE = models.WordPiece({piece: i for i, piece in enumerate(VOCABULARY)}, unk_token="[UNK]")
PARTS = [piece.removeprefix("##") for piece in VOCABULARY[1:]]


@given(
    st.one_of(
        st.lists(st.sampled_from(PARTS), min_size=1, max_size=8).map("".join),
        st.text(string.ascii_lowercase + "üмосты", min_size=1),
    ).filter(lambda word: len(word) <= 40 and "桥" not in word)
)
def test_words_are_cut_as_wordpiece_cuts_them(word):
    expected = [token.id for token in ORACLE.tokenize(word) if token.value != "[UNK]"]
    assert ENCODER.lexicon.piece_ids(word) == expected


def test_ideographs_are_cut_one_by_one():
    bridge = VOCABULARY.index("桥")
    assert ENCODER.lexicon.piece_ids("桥桥") == [bridge, bridge]


def test_vectors_are_unit_rows_and_unknown_text_a_row_of_zeros():
    vectors = ENCODER.encode(["The harbour bridge", "bridges", "qqq", "", "★ … ★"])
    assert vectors.shape == (5, ENCODER.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 1, 0, 0, 0], atol=1e-6)
    assert ENCODER.encode([]).shape == (0, ENCODER.dimension)


def test_a_text_is_the_sum_of_its_words_whatever_their_case_and_order():
    one, other, doubled = ENCODER.encode(["Harbour BRIDGE", "bridge, harbour!", "bridge bridge"])
    np.testing.assert_allclose(one, other, atol=1e-6)
    np.testing.assert_allclose(doubled, ENCODER.encode(["bridge"])[0], atol=1e-6)


def test_a_word_outside_the_vocabulary_is_the_sum_of_its_pieces():
    encoder = make_encoder()
    lexicon = encoder.lexicon
    row = lexicon["bridges"]
    pieces = [VOCABULARY.index("bridge"), VOCABULARY.index("##s")]
    np.testing.assert_allclose(lexicon.vectors[row], lexicon.vectors[pieces].sum(axis=0), rtol=1e-6)
    assert lexicon.idf[row] == lexicon.idf[: len(VOCABULARY)].max()
    assert lexicon.norms[lexicon["qqq"]] == 0


def test_forgetting_words_changes_no_score(shipped):
    encoder = shipped.encoder
    texts = ["Quorvantic ferries leave Zeldemouth", "Ein Brückenschlagversuch in Oberquellheim"]
    before = encoder.encode(texts)
    article = (texts[0], "The Quorvantic ferries left Zeldemouth harbour late on Monday night.")
    detector = Detector()
    scored = detector.score(*article)
    for lexicon in (encoder.lexicon, detector.encoder.lexicon):
        lexicon.rows([f"neverseen{i}" for i in range(REMEMBERED_WORDS + 1)])
        held = len(lexicon)
        lexicon.forget()
        assert len(lexicon) <= held - REMEMBERED_WORDS
    assert np.array_equal(encoder.encode(texts), before)
    assert detector.score(*article) == scored


def test_forgetting_spares_a_lexicon_of_few_new_words():
    lexicon = make_encoder().lexicon
    row = lexicon["bridges"]
    lexicon.forget()
    assert lexicon["bridges"] == row


def test_sentence_transformer_gives_the_same_vectors(shipped):
    texts = [
        "Council votes to widen the harbour bridge, 18-3",
        "ANTIDISESTABLISHMENTARIANISM’s naïve café — £40m",
        "Bürgermeister kündigt Brückensanierung an: „Straße bleibt gesperrt“",
        "海港大桥关闭维修九周",
        "Совет проголосовал за расширение моста",
        "Εκλογές στην Αθήνα και 首相 in one line",
    ]
    twin = shipped.encoder.to_sentence_transformer()
    assert isinstance(twin, Encoder)
    assert isinstance(shipped.encoder, Encoder)
    np.testing.assert_allclose(twin.encode(texts), shipped.encoder.encode(texts), atol=1e-5)
