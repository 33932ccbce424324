"""The benchmark: ``make bench``. Ours and three peers, on the same pairs, in one run.

Prints a table and writes ``benchmarks/results.json``, from which ``--readme`` fills the README's.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import cost
import fnc
import mismatch
import peers
import sets
from metrics import figures
from mismatch.training.corpora import read_manifest
from sets import MODES, find_corpora

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
MINILM = "MiniLM, best paragraph"
SAMPLE, RIGHT = "{}, on MiniLM's pairs", "{}, wrong labels left out"
COLUMNS = (*(f"mismatch {mode}" for mode in MODES), "TF-IDF cosine", MINILM)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--minilm", type=int, default=500, help="articles a set for MiniLM; 0: none"
    )
    parser.add_argument("--readme", action="store_true", help="only fill the README's table")
    parser.add_argument(
        "--costs", action="store_true", help="only start-up and rates; the sets stay as they were"
    )
    parser.add_argument(
        "--modes", nargs="+", choices=MODES, help="only the sets and FNC-1, in these modes"
    )
    options = parser.parse_args()
    if options.readme:
        fill_readme(json.loads(RESULTS.read_text(encoding="utf-8")))
        return 0
    folder = find_corpora()
    if folder is None:
        return 0
    if options.modes:
        results = json.loads(RESULTS.read_text(encoding="utf-8"))
        for pairs in every_set(folder):
            known = results["sets"].get(pairs.name)
            if known is None:  # a new set: the peers have not seen it either
                found = compare(pairs, peers.MiniLM(), options.minilm)
            else:
                most = known[MINILM]["pairs"] // 2 if MINILM in known else 0
                found = known | measure_ours(pairs, options.modes, most) | measure_counting(pairs)
            results["sets"][pairs.name] = found
            print_set(pairs.name, found)
            write(results)
        if fitted := [mode for mode in options.modes if mode in fnc.FITTED]:
            results["fnc1"] |= fnc.measure_fnc1(folder, fitted)
        keep(results)
        return 0
    if options.costs:
        results = json.loads(RESULTS.read_text(encoding="utf-8"))
        results["start_up"] = cost.start_up()
        results["rate"] = rates(next(sets.politics_and_out_of_domain(folder)), peers.MiniLM())
        keep(results)
        return 0
    results = {
        "corpora_sha256": {n: e["sha256"] for n, e in read_manifest()["corpora"].items()},
        "start_up": cost.start_up(),
        "sets": {},
    }
    minilm = peers.MiniLM() if options.minilm else None
    for pairs in every_set(folder):
        results["sets"][pairs.name] = compare(pairs, minilm, options.minilm)
        print_set(pairs.name, results["sets"][pairs.name])
        write(results)
        if pairs.name == "politics, random":
            results["rate"] = rates(pairs, minilm)
    results["fnc1"] = fnc.measure_fnc1(folder)
    keep(results)
    return 0


def every_set(folder: Path) -> Iterator[sets.PairSet]:
    """What every method is measured on."""
    yield from sets.politics_and_out_of_domain(folder)
    yield from sets.written(folder)


def keep(results: dict[str, Any]) -> None:
    """Print what has no table of its own yet, and write everything."""
    print(json.dumps({key: results[key] for key in ("fnc1", "rate", "start_up")}, indent=1))
    write(results)
    fill_readme(results)


def write(results: dict[str, Any]) -> None:
    """Keep what is measured, so that a run that is stopped loses no finished set."""
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def ours(mode: str) -> Callable[[list[str], list[str]], np.ndarray]:
    """Probability of a mismatch in a mode; a pair that cannot be scored counts as undecided."""

    def score(titles: list[str], bodies: list[str]) -> np.ndarray:
        scored = mismatch.score_batch(titles, bodies, mode=mode, progress=False)
        return np.nan_to_num(scored.probability, nan=0.5)

    return score


def compare(pairs: sets.PairSet, minilm: peers.MiniLM | None, most: int) -> dict[str, Any]:
    """Figures of every method on one set; MiniLM's on a sample of it, and ours on that too."""
    most = most if minilm else 0
    found = measure_ours(pairs, MODES, most) | measure_counting(pairs)
    if minilm:
        part = minilm_part(pairs, most)
        scores = minilm([pairs.titles[i] for i in part], [pairs.bodies[i] for i in part])
        found[MINILM] = figures(scores, pairs.label[part]) | {"pairs": len(part)}
    return found


def measure_ours(pairs: sets.PairSet, modes: Sequence[str], most: int) -> dict[str, Any]:
    """Figures of some modes on one set, and on the `most` first articles that MiniLM reads."""
    found: dict[str, Any] = {}
    for mode in modes:
        found |= views(f"mismatch {mode}", ours(mode)(pairs.titles, pairs.bodies), pairs, most)
    return found


def measure_counting(pairs: sets.PairSet) -> dict[str, Any]:
    """Figures of the methods that count words, which take seconds."""
    found: dict[str, Any] = {}
    methods = {"share of title words": peers.title_words, "TF-IDF cosine": peers.tfidf}
    for name, method in methods.items():
        found |= views(name, method(pairs.titles, pairs.bodies), pairs)
    return found


def views(method: str, scores: np.ndarray, pairs: sets.PairSet, most: int = 0) -> dict[str, Any]:
    """Figures of a method on a set, without its wrong labels, and on MiniLM's part of it."""
    is_ours = method.startswith("mismatch ")
    found = {method: figures(scores, pairs.label, probabilities=is_ours) | {"pairs": len(pairs)}}
    part = minilm_part(pairs, most)
    for form, chosen, wanted in (
        (RIGHT, np.flatnonzero(~pairs.wrong), True),
        (SAMPLE, part, is_ours and most > 0),
    ):
        if wanted and len(chosen) < len(pairs):
            some, label = scores[chosen], pairs.label[chosen]
            same = figures(some, label, probabilities=is_ours) | {"pairs": len(chosen)}
            found[form.format(method)] = same
    return found


def minilm_part(pairs: sets.PairSet, most: int) -> np.ndarray:
    """Rows of the first articles of a set, under their own and the other headline."""
    half = len(pairs) // 2
    chosen = np.arange(min(most, half))
    return np.concatenate([chosen, chosen + half])


def rates(pairs: sets.PairSet, minilm: peers.MiniLM | None) -> dict[str, float]:
    """Articles per second of every method on one set; of the slower ones on a few of it."""
    many, some, few = slice(None), slice(0, None, 4), slice(0, None, 140)
    methods: list[tuple[str, Callable[[list[str], list[str]], object], slice]] = [
        ("mismatch fast", ours("fast"), many),
        ("mismatch auto", ours("auto"), some),
        ("mismatch accurate", ours("accurate"), some),
        ("share of title words", peers.title_words, many),
        ("TF-IDF cosine", peers.tfidf, many),
    ]
    if minilm:
        methods.append((MINILM, minilm, few))
    return {
        name: cost.rate(score, pairs.titles[part], pairs.bodies[part])
        for name, score, part in methods
    }


def set_rows(name: str, methods: dict[str, dict[str, float]]) -> list[tuple[str, ...]]:
    return [
        (
            name,
            method,
            f"{f['pairs']:,}",
            f"{f['auroc']:.4f}",
            f"{f['recall_at_1_percent']:.3f}",
            f"{f['recall_at_0.1_percent']:.3f}",
            f"{f['calibration_error']:.3f}" if "calibration_error" in f else "",
        )
        for method, f in methods.items()
    ]


def print_set(name: str, methods: dict[str, dict[str, float]]) -> None:
    for row in set_rows(name, methods):
        print(
            "  ".join(
                text.ljust(width) for text, width in zip(row, (32, 36, 7, 7, 7, 7, 6), strict=True)
            )
        )
    sys.stdout.flush()


def readme_row(name: str, methods: dict[str, dict[str, float]], form: str) -> str:
    """One line of the README's table: every method on one set, or on MiniLM's part of it."""
    found = [methods.get(form.format(method)) for method in COLUMNS]
    found[COLUMNS.index(MINILM)] = methods.get(MINILM) if form == SAMPLE else None
    pairs = next(f["pairs"] for f in found if f)
    cells = [f"{f['auroc']:.4f} / {f['recall_at_1_percent']:.3f}" if f else "" for f in found]
    return f"| {name} | {pairs:,.0f} | {' | '.join(cells)} |"


def fill_readme(results: dict[str, Any]) -> None:
    """Put the measured tables between the README's markers."""
    lines = [f"| AUROC / recall at 1 % | pairs | {' | '.join(COLUMNS)} |"]
    lines += ["|---" * (len(COLUMNS) + 2) + "|"]
    for name, methods in results["sets"].items():
        lines.append(readme_row(name, methods, "{}"))
        for form in (RIGHT, SAMPLE):
            if form.format(COLUMNS[0]) in methods:
                lines.append(readme_row(form.format("the same"), methods, form))
    lines += ["", "| | recall at 0.1 % | expected calibration error |", "|---|---|---|"]
    for name, methods in results["sets"].items():
        for form, of in (("{}", f"{name}: {', '.join(MODES)}"), (RIGHT, RIGHT.format("the same"))):
            own = [methods.get(form.format(f"mismatch {mode}")) for mode in MODES]
            if None not in own:
                low = " / ".join(f"{f['recall_at_0.1_percent']:.3f}" for f in own)
                error = " / ".join(f"{f['calibration_error']:.3f}" for f in own)
                lines.append(f"| {of} | {low} | {error} |")
    lines += ["", "| method | articles/s | first score of a fresh process | peak memory then |"]
    lines += ["|---|---|---|---|"]
    for method, rate in results["rate"].items():
        start = results["start_up"][method]
        lines.append(
            f"| {method} | {rate:,.0f} | {start['first_score_seconds']:.2f} s "
            f"| {start['first_score_megabytes']:.0f} MB |"
        )
    lines += [
        "",
        "| FNC-1 test, unrelated or not | AUROC | accuracy | false alarms at 99.4 % recall |",
    ]
    lines += ["|---|---|---|---|"]
    for method, f in results["fnc1"].items():
        lines.append(
            f"| {method} | {f['auroc']:.4f} | {f['accuracy']:.4f} "
            f"| {100 * f['false_alarms_at_99.4_percent_recall']:.1f} % |"
        )
    readme = HERE.parent / "README.md"
    text = readme.read_text(encoding="utf-8")
    block = "<!-- bench -->\n" + "\n".join(lines) + "\n<!-- /bench -->"
    filled = re.sub(r"<!-- bench -->.*?<!-- /bench -->", lambda _: block, text, flags=re.DOTALL)
    readme.write_text(filled, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
