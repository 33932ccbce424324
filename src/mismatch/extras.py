"""What to say where a package is missing that only one room needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def naming_extra(needs: str, extra: str) -> Iterator[None]:
    """Let an import within say what it is for, and which extra brings it.

    Parameters
    ----------
    needs : str
        What needs which package: ``"to_frame needs pandas"``.
    extra : str
        Name of the extra in ``pyproject.toml``.

    Raises
    ------
    ImportError
        If the import fails.
    """
    try:
        yield
    except ImportError as error:
        raise ImportError(f"{needs}: pip install 'headline-mismatch[{extra}]'") from error
