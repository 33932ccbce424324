"""What a user would write instead: three scorers, each a few lines, higher meaning mismatch."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from mismatch.training.vocabulary import minilm_folder

Scores = NDArray[np.float64]


def title_words(titles: list[str], bodies: list[str]) -> Scores:
    """Share of the title's words that do not stand in the body."""
    word = re.compile(r"\w+")
    scores = []
    for title, body in zip(titles, bodies, strict=True):
        wanted = set(word.findall(title.lower()))
        scores.append(1 - len(wanted & set(word.findall(body.lower()))) / max(1, len(wanted)))
    return np.array(scores)


def tfidf(titles: list[str], bodies: list[str]) -> Scores:
    """One minus the TF-IDF cosine of title and body, fitted on these bodies and titles."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer()
    body_vectors = vectorizer.fit_transform(bodies)
    title_vectors = vectorizer.transform(titles)
    return 1 - np.asarray(body_vectors.multiply(title_vectors).sum(axis=1)).ravel()


class MiniLM:
    """One minus the cosine of the title and its best paragraph, all-MiniLM-L6-v2 in torch fp32."""

    def __init__(self) -> None:
        from sentence_transformers import SentenceTransformer

        self.model = SentenceTransformer(str(minilm_folder()), device="cpu")

    def __call__(self, titles: list[str], bodies: list[str]) -> Scores:
        """Score pairs in one call; each distinct text is encoded once."""
        paragraphs = [[p for p in body.split("\n\n") if p.strip()] or [body] for body in bodies]
        texts = list(dict.fromkeys([*titles, *(p for ps in paragraphs for p in ps)]))
        place = {text: i for i, text in enumerate(texts)}
        vectors = self.model.encode(texts, normalize_embeddings=True, batch_size=64)
        return np.array(
            [
                1 - float(np.max(vectors[[place[p] for p in ps]] @ vectors[place[title]]))
                for title, ps in zip(titles, paragraphs, strict=True)
            ]
        )
