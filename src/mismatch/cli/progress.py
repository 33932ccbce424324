"""How far a run is, and what came of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from tqdm import tqdm

if TYPE_CHECKING:
    from mismatch.cli.reading import Source
    from mismatch.cli.scoring import Scored

_TOLD = 100  # problems told one by one; the rest are counted
_BAR = "{percentage:3.0f} %|{bar}|{postfix} [{elapsed}, {remaining} left]"
_BAR_WITHOUT_END = "{postfix} [{elapsed}]"


@dataclass
class Tally:
    """What came of a stream."""

    articles: int = 0
    flagged: int = 0
    problems: int = 0
    seconds: float = 0.0
    _begun: float = field(default_factory=time.perf_counter)

    def __str__(self) -> str:
        counts = f"{self.articles:,} articles: {self.flagged:,} flagged, {self.problems:,} problems"
        return f"{counts} ({time.perf_counter() - self._begun:.1f} s)"


class Progress:
    """A bar over the bytes of the input, with articles a second and the time left.

    Silent where standard error is no terminal, but for problems.
    """

    def __init__(self, sources: Sequence[Source], tally: Tally, *, shown: bool) -> None:
        self._sources, self.tally = sources, tally
        sizes = [source.size for source in sources]
        total = None if None in sizes else sum(size or 0 for size in sizes)
        self._bar = tqdm(
            total=total,
            bar_format=_BAR if total else _BAR_WITHOUT_END,
            disable=None if shown else True,
            leave=False,
        )
        self._begun = time.perf_counter()

    def tell(self, scored: Scored) -> None:
        """Report a problem; after a hundred they are only counted."""
        self.tally.problems += 1
        if self.tally.problems <= _TOLD:
            self._bar.write(f"{scored.record.place}: {scored.problem}", file=sys.stderr)

    def add(self, scored: Sequence[Scored]) -> None:
        """Count rows that are written."""
        self.tally.articles += len(scored)
        self.tally.flagged += sum(one.is_mismatch for one in scored)
        rate = self.tally.articles / max(time.perf_counter() - self._begun, 1e-9)
        told = f"{self.tally.articles:,} articles, {rate:,.0f} a second"
        self._bar.set_postfix_str(told, refresh=False)
        self._bar.update(sum(source.position for source in self._sources) - self._bar.n)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.tally.problems > _TOLD:
            more = f"... and {self.tally.problems - _TOLD:,} more problems"
            self._bar.write(more, file=sys.stderr)
        self._bar.close()
