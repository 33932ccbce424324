"""What scoring costs: articles per second, and start-up and peak memory of a fresh process."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

FIRST_SCORES = {
    "mismatch fast": "import mismatch; mismatch.score(title, body, mode='fast')",
    "mismatch auto": "import mismatch; mismatch.score(title, body, mode='auto')",
    "mismatch accurate": "import mismatch; mismatch.score(title, body, mode='accurate')",
    "share of title words": "import peers; peers.title_words([title], [body])",
    "TF-IDF cosine": "import peers; peers.tfidf([title], [body])",
    "MiniLM, best paragraph": "import peers; peers.MiniLM()([title], [body])",
}
ARTICLE = "title, body = 'Rain floods the lower town', 'Rain flooded the lower town on Monday.'; "


def rate(
    score: Callable[[list[str], list[str]], object], titles: list[str], bodies: list[str]
) -> float:
    """Articles per second of one call, the better of two: the first may load and warm up."""
    best = 0.0
    for _ in range(2):
        start = time.perf_counter()
        score(titles, bodies)
        best = max(best, len(titles) / (time.perf_counter() - start))
    return best


# Not getrusage: a child's peak there starts from what its parent held when it forked.
PRINT_PEAK = "; print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"


def fresh_process(code: str) -> tuple[float, float]:
    """Seconds and peak megabytes of a new Python process that runs some code, median of three."""
    seconds, peaks = [], []
    for _ in range(3):
        start = time.perf_counter()
        out = subprocess.run(  # noqa: S603
            [sys.executable, "-W", "ignore", "-c", code + PRINT_PEAK],
            cwd=Path(__file__).parent,
            check=True,
            capture_output=True,
            text=True,
        )
        seconds.append(time.perf_counter() - start)
        peaks.append(int(out.stdout.split()[-1]) / 1024)
    return sorted(seconds)[1], sorted(peaks)[1]


def start_up() -> dict[str, dict[str, float]]:
    """Seconds to the first score and peak memory then, for every method, and of the bare import."""
    found = {}
    for name, code in {**FIRST_SCORES, "import mismatch": "import mismatch"}.items():
        seconds, peak = fresh_process(ARTICLE + code)
        found[name] = {"first_score_seconds": seconds, "first_score_megabytes": peak}
    return found
