"""Evidence: finite whatever the article, blind to debris, equal to a slow and readable account."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mismatch import artefact, evidence
from mismatch.encoders import Lexicon
from mismatch.evidence import FEATURES, EvidenceReader, terms
from mismatch.text import Article, Block, Role, read, words

TITLE = "Harbour bridge closes for nine weeks of repairs"
BODY = """The bridge over Skellen harbour shuts to cars on Monday while its bearings are replaced.

The work takes nine weeks and costs 4 million crowns, the port said. Buses run by the tunnel.

"We had hoped to wait until summer," said the engineer, Ada Holm. "The winter decided for us." """


@pytest.fixture(scope="module")
def reader() -> EvidenceReader:
    model = artefact.load(artefact.shipped("fast"))
    return model.reader()


def article_of(headline: str, paragraphs: list[str]) -> Article:
    blocks = [Block(0, len(p), p, words(p), Role.CONTENT) for p in paragraphs]
    return Article(headline, headline, words(headline), False, blocks)


worded = st.text(max_size=60).filter(words)


@settings(max_examples=60, deadline=None)
@given(worded, st.lists(worded, min_size=1, max_size=8))
def test_features_are_finite_for_any_words(reader, headline, paragraphs):
    evidence = reader(article_of(headline, paragraphs))
    assert evidence.features.shape == (len(FEATURES),)
    assert np.isfinite(evidence.features).all()
    assert (np.abs(evidence.similarities) <= 1 + 1e-5).all()


@pytest.mark.parametrize(
    ("headline", "paragraphs"),
    [
        ("ꓐꓯꓠ ꓓꓳ", ["ꓡꓲꓢꓴ ꓐꓯꓠ", "ꓓꓳ ꓡꓲ"]),
        ("bridge", ["bridge"]),
        ("the", ["the"]),
        ("bridge " * 3000, ["bridge"]),
        ("Harbour bridge", [f"Paragraph {i} of the bridge works." for i in range(3000)]),
        ("Harbour bridge", ["bridge " * 20_000]),
    ],
    ids=["unknown script", "one word", "one common word", "long title", "3,000 paragraphs", "long"],
)
def test_features_are_finite_for_odd_articles(reader, headline, paragraphs):
    evidence = reader(article_of(headline, paragraphs))
    assert np.isfinite(evidence.features).all()
    assert evidence.similarities.shape == (len(paragraphs),)
    assert evidence.vectors.shape[0] == len(paragraphs)


@pytest.mark.parametrize(
    ("debris", "role"),
    [
        ("#harbour #bridge #closes #repairs", Role.ECHO),
        ("Read also: Harbour bridge closes for nine weeks of repairs", Role.ECHO),
        (TITLE, Role.ECHO),
        ("We use cookies to improve your experience. Accept all cookies", Role.BOILERPLATE),
        ("Subscribe to our newsletter", Role.BOILERPLATE),
        ("Leave a Comment", Role.BOILERPLATE),
    ],
)
def test_echoes_and_boilerplate_are_no_evidence(reader, debris, role):
    plain = reader(read(TITLE, BODY))
    for body in (f"{BODY}\n\n{debris}", f"{debris}\n\n{BODY}"):
        article = read(TITLE, body)
        assert [block.role for block in article.blocks].count(role) == 1
        assert np.array_equal(reader(article).features, plain.features)


def test_evidence_does_not_depend_on_the_articles_before(reader):
    title = "Quorvantic ferries to leave Zeldemouth"
    body = "Zeldemouth loses its ferry. Quorvantic!"
    first = artefact.load(artefact.shipped("fast"))
    fresh = first.reader()(read(title, body))
    # The same new words met in another order.
    reader(read("Zeldemouth ferry", "Quorvantic its leaves loses. Zeldemouthian Quorvantics."))
    assert np.array_equal(reader(read(title, body)).features, fresh.features)


def slow_evidence(lexicon: Lexicon, article: Article) -> dict[str, float]:
    """Five features by their definitions, a word at a time."""

    def vector(word: str) -> np.ndarray:
        return lexicon.vectors[lexicon[word]].astype(float)

    def idf(word: str) -> float:
        return float(lexicon.idf[lexicon[word]])

    def cosine(one: np.ndarray, other: np.ndarray) -> float:
        norm = np.sqrt((one @ one) * (other @ other))
        return float(one @ other / norm) if norm > 1e-9 else 0.0

    def likeness(word: str, other: str) -> float:
        return 1.0 if word == other else max(0.0, cosine(vector(word), vector(other)))

    headline = set(terms(article.headline_words))
    paragraphs = [terms(block.words) for block in article.content]
    body = [word for paragraph in paragraphs for word in paragraph]
    total = sum(idf(word) for word in headline)

    def covered(text: list[str]) -> float:
        best = {word: max(likeness(word, other) for other in set(text)) for word in headline}
        return sum(idf(word) * best[word] for word in headline) / total

    whole_title = sum(vector(word) for word in headline)
    shared = sum(idf(word) ** 2 * body.count(word) for word in headline)
    title_norm = sum(idf(word) ** 2 for word in headline) ** 0.5
    body_norm = sum((body.count(word) * idf(word)) ** 2 for word in set(body)) ** 0.5
    return {
        "exact_coverage": sum(idf(word) for word in headline if word in body) / total,
        "soft_coverage": covered(body),
        "best_paragraph_coverage": max(covered(paragraph) for paragraph in paragraphs),
        "best_similarity": max(cosine(whole_title, sum(map(vector, p))) for p in paragraphs),
        "tfidf_cosine": shared / (title_norm * body_norm),
    }


def test_fast_evidence_equals_the_slow_account(reader, examples):
    pairs = [(example["title"], example["body"]) for example in examples[::7]]
    pairs.append((TITLE, "\n\n".join(body for _, body in pairs)))  # one article of many paragraphs
    for title, body in pairs:
        article = read(title, body)
        if not article.headline_words or not article.content:
            continue
        fast = dict(zip(FEATURES, reader(article).features, strict=True))
        slow = slow_evidence(reader.encoder.lexicon, article)
        assert {name: fast[name] for name in slow} == pytest.approx(slow, abs=1e-5), title


def test_words_beyond_any_article_are_not_read_and_keep_their_rows(reader, monkeypatch):
    known = reader(read(TITLE, BODY))
    monkeypatch.setattr(evidence, "MOST_WORDS", 30)
    body = BODY + "\n\n" + "\n\n".join(f"Word{i} and word{i + 1} are new." for i in range(100))
    article = read(TITLE, body)
    found = reader(article)
    assert len(found.similarities) == len(found.vectors) == len(article.content)
    assert found.vectors[-1].tolist() == [0.0] * found.vectors.shape[1]
    assert found.similarities[0] == known.similarities[0] != 0
