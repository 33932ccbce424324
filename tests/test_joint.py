"""The joint reader: the shipped one, its two implementations, and how it is trained."""

import numpy as np
import pytest

from mismatch.bert_numpy import WIDTH
from mismatch.joint import MOST_TOKENS, PASSAGES, Joint
from mismatch.shipped import shipped_reading
from mismatch.transformer import Tokens


def tokens(length, seed):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(length, WIDTH)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    weights = rng.random(length).astype(np.float32)
    return Tokens(vectors[0], vectors, weights / weights.sum())


@pytest.mark.parametrize("weights", ["random", "shipped", "shipped, written"])
def test_numpy_reads_as_torch_does_in_any_company(weights):
    torch = pytest.importorskip("torch")
    from mismatch.training.joint import TrainedJoint, padded

    torch.manual_seed(0)
    model = TrainedJoint().eval()
    if weights != "random":
        arrays = shipped_reading().joints[weights == "shipped, written"].arrays
        model.load_state_dict({name: torch.from_numpy(a) for name, a in arrays.items()})
    headlines = [tokens(length, length) for length in (1, 7, MOST_TOKENS, MOST_TOKENS + 9)]
    bodies = [[tokens(9, 20)], [tokens(n, 30 + n) for n in (3, 50, 4, 126)], [tokens(1, 40)] * 2,
              [tokens(n, 50 + n) for n in (80, 2, 6)]]  # fmt: skip
    pairs = zip(headlines, bodies, strict=True)
    batch = padded([(h.tokens, h.weights, [part.tokens for part in body]) for h, body in pairs])
    with torch.inference_mode():
        wanted = model(batch).numpy()
    joint = Joint({name: part.numpy() for name, part in model.state_dict().items()})
    found = [joint(headline, body) for headline, body in zip(headlines, bodies, strict=True)]
    np.testing.assert_allclose(found, wanted, atol=1e-4)
    assert np.ptp(found) > 0.01


def test_passages_past_the_last_are_not_looked_at():
    joint = shipped_reading().joints[0]
    headline, body = tokens(6, 1), [tokens(12, n) for n in range(2, 9)]
    assert joint(headline, body) == joint(headline, body[:PASSAGES])
    assert joint(headline, body) != joint(headline, body[1:])


@pytest.mark.parametrize("number", [0, 1])
def test_the_shipped_readers_tell_an_own_headline_from_an_unrelated_one(number):
    encoder, joint = shipped_reading().encoder, shipped_reading().joints[number]
    said = encoder.read(
        ["The council closed the ferry on Monday. The mayor will reopen the bridge in spring."]
    )
    right, wrong = (
        joint(encoder.read([title])[0], said)
        for title in (
            "Council closes ferry, bridge to reopen in spring",
            "Striker signs a contract",
        )
    )
    assert right < 0 < wrong
