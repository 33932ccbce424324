"""JSON files that carry checksums, of other files and of their own: no change goes unnoticed.

::

    {..., "sha256": {"model.safetensors": "...", ...}, "checksum": "..."}

`checksum` is the SHA-256 of the file's own bytes with 64 zeros in its place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mismatch.errors import ArtefactError

_BLANK = "0" * 64


def write_sealed(path: Path, content: Mapping[str, Any], files: Iterable[str]) -> None:
    """Write content as JSON, sealed together with files of its folder, which are there already."""
    sums = {name: digest((path.parent / name).read_bytes()) for name in files}
    text = json.dumps({**content, "sha256": sums, "checksum": _BLANK}, indent=1) + "\n"
    start, end = text.rsplit(_BLANK, 1)
    path.write_bytes(f"{start}{digest(text.encode())}{end}".encode())


def read_sealed(path: Path, newest: int, sealed_from: int) -> dict[str, Any]:
    """Read such a file, of a format up to `newest`; those before `sealed_from` lack `checksum`.

    Raises
    ------
    ArtefactError
        If it cannot be read, is of a newer format, or is not as it was written.
    """
    folder = path.parent
    try:
        data = path.read_bytes()
        content: dict[str, Any] = json.loads(data)
        number, own = content["format"], content.get("checksum")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtefactError(f"{folder} is not a mismatch model: no readable {path.name}") from error
    if number not in range(1, newest + 1):
        raise ArtefactError(
            f"{folder} has format {number!r}; this release reads formats 1 to {newest}: "
            "install the release that wrote it, or a newer one"
        )
    if own is None and number < sealed_from:
        return content
    if digest(data.replace(f'"{own}"'.encode(), f'"{_BLANK}"'.encode())) != own:
        raise damage(path)
    return content


def read_part(folder: Path, name: str, content: Mapping[str, Any]) -> bytes:
    """Read a file of the folder that was sealed with `content`.

    Raises
    ------
    ArtefactError
        If it is missing, cannot be read, or is not the one that was sealed.
    """
    try:
        data = (folder / name).read_bytes()
    except FileNotFoundError as error:
        raise ArtefactError(f"{folder} lacks {name}") from error
    except OSError as error:
        raise ArtefactError(f"{folder / name} cannot be read: {error.strerror}") from error
    if digest(data) != (content.get("sha256") or {}).get(name):
        raise damage(folder / name)
    return data


def damage(path: Path) -> ArtefactError:
    """The error of a file that was changed."""
    return ArtefactError(f"{path} is damaged: its checksum is not the recorded one")


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
