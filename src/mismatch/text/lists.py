"""The word lists of this room, read from the text files beside it."""

from __future__ import annotations

from importlib.resources import files

from mismatch.text.normalisation import normalise, words


def read_lists(name: str) -> dict[str, frozenset[str]]:
    """Return the sections of a word list.

    A list holds one entry a line under ``[section]`` headings; lines that begin with a
    semicolon are comments.

    Parameters
    ----------
    name : str
        The list's name: ``"english"`` for ``lists/english.txt``.

    Returns
    -------
    dict of str to frozenset of str
        Each section's entries, as lower-cased words joined by one space.

    Examples
    --------
    >>> "leave a comment" in read_lists("english")["lines"]
    True
    """
    sections: dict[str, set[str]] = {}
    current: set[str] = set()
    text = (files("mismatch.text") / "lists" / f"{name}.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("["):
            current = sections.setdefault(line[1:-1], set())
        elif line and not line.startswith(";"):
            current.add(" ".join(words(normalise(line))))
    return {section: frozenset(entries - {""}) for section, entries in sections.items()}
