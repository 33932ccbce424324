"""Text: normalisation, paragraphs with exact spans, and the role of each."""

from mismatch.text.article import Article, Block, Role, read
from mismatch.text.boilerplate import reads_like_furniture
from mismatch.text.normalisation import normalise, word_spans, words
from mismatch.text.titles import clean_title

__all__ = [
    "Article",
    "Block",
    "Role",
    "clean_title",
    "normalise",
    "read",
    "reads_like_furniture",
    "word_spans",
    "words",
]
