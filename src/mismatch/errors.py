"""What the library raises of its own."""

from __future__ import annotations

__all__ = [
    "ArtefactError",
    "CacheError",
    "ColumnError",
    "InputError",
    "MismatchError",
    "UnfittedError",
]


class MismatchError(Exception):
    """Base of every error that is the library's own."""


class InputError(MismatchError, ValueError):
    """An article that cannot be scored, although its types are right.

    Parameters
    ----------
    argument : str
        What is at fault: ``"title"`` or ``"body"``.
    problem : str
        What is wrong with it, to be read after the argument: ``"is empty"``.
    row : int, optional
        Row of the batch, counted from 0; None for a single article.

    Examples
    --------
    >>> str(InputError("title", "is empty"))
    'title is empty'
    >>> str(InputError("body", "has no content paragraph", row=3))
    'row 3: body has no content paragraph'
    """

    def __init__(self, argument: str, problem: str, row: int | None = None) -> None:
        super().__init__(argument, problem, row)  # the same arguments, so that it can be pickled
        self.argument = argument
        self.problem = problem
        self.row = row

    @property
    def fault(self) -> str:
        """Argument and problem without the row, as in ``ScoreBatch.problem``: 'title is empty'."""
        return f"{self.argument} {self.problem}"

    def __str__(self) -> str:
        return self.fault if self.row is None else f"row {self.row}: {self.fault}"


class ArtefactError(MismatchError):
    """A model folder that is missing, damaged, or of a format this release cannot read."""


class CacheError(MismatchError):
    """A cache file that is damaged, or another program's."""


class ColumnError(MismatchError, KeyError, ValueError):
    """A table that lacks a column, or has one that would be overwritten."""

    def __str__(self) -> str:  # KeyError would quote it
        return str(self.args[0])


class UnfittedError(MismatchError):
    """An encoder is used before a classifier was fitted to it."""

    def __init__(self) -> None:
        super().__init__(
            "no classifier was fitted to this encoder yet: call fit(titles, bodies, labels) with "
            "labelled pairs, or calibrate(titles, bodies) with genuine articles, first"
        )
