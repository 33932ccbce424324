"""An article as this library reads it: a headline, and paragraphs that have roles."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from mismatch.text.boilerplate import is_boilerplate, is_likely_boilerplate
from mismatch.text.copies import CopyCutter, stripped
from mismatch.text.echo import EchoFinder
from mismatch.text.markup import mask
from mismatch.text.normalisation import fold, normalise, plain, straighten, words
from mismatch.text.paragraphs import Span, paragraph_spans
from mismatch.text.planted import PlantFinder
from mismatch.text.titles import LONGEST_TITLE, headline_of, names_no_article


class Role(StrEnum):
    """What a paragraph is to its article."""

    CONTENT = "content"
    """Prose, headings and quotes: the only evidence."""
    ECHO = "echo"
    """The title again: copies, hashtags, links and breadcrumbs made of it."""
    BOILERPLATE = "boilerplate"
    """The site's own furniture: forms, walls, credits, navigation."""


# Looking a member up on its class takes longer than the tests that decide on it.
_CONTENT, _ECHO, _BOILERPLATE = Role.CONTENT, Role.ECHO, Role.BOILERPLATE


class Block(NamedTuple):
    """One paragraph of a body.

    Attributes
    ----------
    start, end : int
        ``body[start:end]`` is the paragraph exactly as given, without surrounding white space.
    text : str
        The paragraph, normalised.
    words : list of str
        The words of `text`.
    role : Role
        What the paragraph is to the article.
    """

    start: int
    end: int
    text: str
    words: list[str]
    role: Role


@dataclass(frozen=True, slots=True)
class Article:
    """A title and a body, read.

    Attributes
    ----------
    title : str
        The title as given.
    headline : str
        The normalised title without the site's name and the section's label.
    headline_words : list of str
        The words of `headline`.
    generic : bool
        Whether the title names no article: 'Home', 'Page not found', a bare site name.
    blocks : list of Block
        Every paragraph that holds a word, in body order.
    """

    title: str
    headline: str
    headline_words: list[str]
    generic: bool
    blocks: list[Block]

    @property
    def content(self) -> list[Block]:
        """The paragraphs that count as evidence, in body order."""
        return [block for block in self.blocks if block.role is _CONTENT]


def read(title: str, body: str) -> Article:
    """Read an article: split its body into paragraphs and give each a role.

    Never raises, whatever the strings hold, and takes time in proportion to their length.

    Parameters
    ----------
    title : str
        The title, with or without a site's name and a section's label.
    body : str
        The body: plain text or HTML, paragraphs parted in any of the usual ways or not at all.

    Returns
    -------
    Article
        Headline and paragraphs. A body without a word has none.

    Examples
    --------
    >>> article = read(
    ...     "Harbour bridge closes for repairs - Daily Example",
    ...     "The crossing shuts on Monday for nine weeks.\\n\\n#harbour #bridge #repairs",
    ... )
    >>> article.headline
    'Harbour bridge closes for repairs'
    >>> [block.role.value for block in article.blocks]
    ['content', 'echo']
    """
    full_title = normalise(title[:LONGEST_TITLE])
    headline = headline_of(full_title)
    headline_words = words(headline)
    finder, cutter = EchoFinder(headline, full_title), CopyCutter(headline_words)
    masked = mask(body) if "<" in body or "&lt;" in body else body
    straight = straighten(masked)
    folded = fold(straight)
    blocks: list[Block] = []
    for start, end in paragraph_spans(masked):
        if folded:
            text, tokens = folded[0][start:end], folded[1][start:end].split()
            if "  " in text:
                text = " ".join(text.split())
        else:
            text = plain(straight[start:end])
            tokens = words(text)
        if not tokens:
            continue
        distinct = set(tokens)
        role = _role(finder, text, tokens, distinct)
        pieces = None
        if role is _CONTENT and cutter.words <= distinct:
            pieces = cutter.pieces(masked, start, end, tokens)
        if pieces and len(pieces) > 1:
            blocks += _read_pieces(finder, masked, pieces)
        else:
            blocks.append(Block(start, end, text, tokens, role))
    blocks = _without_plants(PlantFinder(headline), finder, masked, _with_context(blocks))
    return Article(title, headline, headline_words, names_no_article(full_title), blocks)


def _read_pieces(finder: EchoFinder, masked: str, pieces: list[Span]) -> list[Block]:
    blocks = []
    for start, end in pieces:
        text = plain(masked[start:end])
        if tokens := words(text):
            role = _role(finder, text, tokens, set(tokens))
            blocks.append(Block(start, end, text, tokens, role))
    return blocks


def _without_plants(
    planted: PlantFinder, finder: EchoFinder, masked: str, blocks: list[Block]
) -> list[Block]:
    """Cut copies of the headline out of content that bears no other trace of it."""
    content = [place for place, block in enumerate(blocks) if block.role is _CONTENT]
    found = planted.find([(blocks[place].text, blocks[place].words) for place in content])
    if not found:
        return blocks
    cut = {content[place] for place in found}
    made: list[Block] = []
    for place, block in enumerate(blocks):
        if place not in cut:
            made.append(block)
            continue
        done = block.start
        for start, end in planted.spans(masked, block.start, block.end):
            made += _read_pieces(finder, masked, [stripped(masked, done, start)])
            text = plain(masked[start:end])
            made.append(Block(start, end, text, words(text), _ECHO))
            done = end
        made += _read_pieces(finder, masked, [stripped(masked, done, block.end)])
    return made


def _role(finder: EchoFinder, text: str, tokens: list[str], distinct: set[str]) -> Role:
    if not finder.is_apart(text, tokens, distinct) and finder.is_echo(text, tokens):
        return _ECHO
    return _BOILERPLATE if is_boilerplate(text, tokens, distinct) else _CONTENT


def _with_context(blocks: list[Block]) -> list[Block]:
    """Take the doubtful paragraphs of a page that is mostly furniture for furniture too."""
    furniture = sum([block.role is _BOILERPLATE for block in blocks])
    if furniture == 0 or furniture * 3 < len(blocks):
        return blocks
    size = sum(len(block.words) for block in blocks if block.role is not Role.ECHO)
    filled = sum(len(block.words) for block in blocks if block.role is Role.BOILERPLATE)
    return [
        block._replace(role=Role.BOILERPLATE)
        if block.role is Role.CONTENT
        and is_likely_boilerplate(block.words, surrounded=filled > 0.6 * size)
        else block
        for block in blocks
    ]
