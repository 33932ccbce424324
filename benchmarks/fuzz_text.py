"""Fuzzing of the text room, or of scoring in the fast mode.

``pip install atheris``, then ``python benchmarks/fuzz_text.py --minutes 30 --out FOLDER`` is a run
guided by coverage. ``--blind 1000000`` varies what such runs have left in the folder at random, by
so many inputs: without instruments, several times as many in the same time. The first line of an
input is the title, the rest the body; the first letter says how often the body is repeated, so
that what grows faster than its input is found among small ones. Crashes and the slowest inputs
are kept in the folder, and what was run in ``report.json``; nothing ends the run.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
import time
import traceback
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SEED_LETTERS = 600
LONGEST = 20_000  # characters of a repeated body
REPEATS = (*[1] * 253, 3, 20, 400)  # by the first byte
SLOW_START, SLOW_RATE = 0.05, 20e-6  # seconds, and seconds a character: instruments slow it tenfold


class Target:
    """Runs one input after another, and keeps count of them."""

    def __init__(self, room: str, out: Path) -> None:
        import invariants

        from mismatch import Detector

        self.check: Any = invariants
        self.detector = Detector("fast") if room == "score" else None
        self.room, self.out = room, out
        self.started = time.time()
        self.executions = self.scored = 0
        self.crashes: dict[str, int] = {}
        self.slow: list[tuple[float, int, str]] = []

    def __call__(self, data: bytes) -> None:
        title, body = as_article(data)
        start = time.process_time()
        try:
            if self.detector is None:
                self.check.check_article(title, body)
            else:
                self.scored += self.check.check_score(self.detector, title, body) is not None
        except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
            self._keep_crash(data)
        seconds = time.process_time() - start
        if seconds > SLOW_START + SLOW_RATE * (len(title) + len(body)):
            self._keep_slow(data, seconds, len(title) + len(body))
        self.executions += 1
        if self.executions % 1000 == 0:
            self.report()

    def _keep_crash(self, data: bytes) -> None:
        trace = traceback.format_exc()
        where = hashlib.sha256("".join(trace.splitlines(keepends=True)[-4:-2]).encode()).hexdigest()
        self.crashes[where[:8]] = self.crashes.get(where[:8], 0) + 1
        if self.crashes[where[:8]] <= 3:
            name = f"crash-{where[:8]}-{self.crashes[where[:8]]}"
            (self.out / name).write_bytes(data)
            (self.out / f"{name}.txt").write_text(trace, encoding="utf-8", errors="replace")
            self.report()

    def _keep_slow(self, data: bytes, seconds: float, length: int) -> None:
        name = f"slow-{hashlib.sha256(data).hexdigest()[:8]}"
        self.slow = sorted([*self.slow, (round(seconds, 3), length, name)], reverse=True)[:50]
        if any(name == kept for _, _, kept in self.slow):
            (self.out / name).write_bytes(data)

    def report(self) -> None:
        found = {
            "room": self.room,
            "seconds": round(time.time() - self.started),
            "executions": self.executions,
            "scored": self.scored,
            "crashes": self.crashes,
            "slow": self.slow,
        }
        (self.out / "report.json").write_text(json.dumps(found, indent=1), encoding="utf-8")


def as_article(data: bytes) -> tuple[str, str]:
    """A title and a body of any code points, lone surrogates among them."""
    text = data.decode("utf-8", "surrogateescape")
    repeats = REPEATS[data[0] % len(REPEATS)] if data else 1
    title, _, body = text[1:].partition("\n")
    return title, (body * min(repeats, LONGEST // max(len(body), 1) + 1))


def write_seeds(folder: Path) -> None:
    """The project's own examples, short enough to be varied quickly."""
    folder.mkdir(exist_ok=True)
    for file in sorted((HERE.parent / "data" / "examples").glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            example = json.loads(line)
            seed = f"0{example['title']}\n{example['body'][:SEED_LETTERS]}"
            (folder / example["id"]).write_text(seed, encoding="utf-8")


def write_dictionary(path: Path) -> None:
    """What the text room looks for: phrases of its lists, tags, entities, odd characters."""
    lists = HERE.parent / "src" / "mismatch" / "text" / "lists"
    phrases = {
        line
        for file in sorted(lists.glob("*.txt"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if line and line[0] not in "[;"
    }
    odd = [
        *("<p>", "<br>", "</b>", "<a href=", "<script>", "</script>", "<!--", "-->", "&lt;p&gt;"),
        *("&amp;", "&amp;lt;", "&#105;", "&#x200b;", "&shy;", "#", "# ", "\n\n", "\r\n", "\u2028"),
        *("\u200b", "\xad", "\u202e", "\u0301", "\ufb01", "\ufdfa", "\u3300", "а", "ａ", "中", "ก"),
        *("한", "か", "י", "ع", "İ", "ß", "ſ", "\x00", "\x85", "\xa0", "😀", "𝐁", "Ⅷ", "½", " | "),
        *(" > ", " - ", ". ", "...", "“", "”", "GENEVA (AP) — ", "https://", "-a-b-c", "@x.y"),
    ]
    entries = [*sorted(phrases)[::7], *odd]
    lines = ["".join(f"\\x{byte:02x}" for byte in entry.encode()) for entry in entries]
    path.write_text("".join(f'"{line}"\n' for line in lines), encoding="ascii")


def read_dictionary(path: Path) -> list[bytes]:
    lines = path.read_text(encoding="ascii").splitlines()
    return [bytes.fromhex(line.strip('"').replace("\\x", "")) for line in lines]


def vary(rng: random.Random, corpus: list[bytes], phrases: list[bytes], longest: int) -> bytes:
    """A piece of one input after a piece of another, with phrases and bytes put in or taken out."""
    one, other = rng.choice(corpus), rng.choice(corpus)
    data = bytearray(one[: rng.randrange(len(one) + 1)] + other[rng.randrange(len(other) + 1) :])
    for _ in range(rng.randrange(6)):
        place = rng.randrange(len(data) + 1)
        kind = rng.randrange(4)
        if kind == 0:
            data[place : place + rng.randrange(9)] = b""
        elif kind == 1:
            data[place:place] = bytes(rng.randrange(256) for _ in range(rng.randrange(5)))
        else:
            data[place:place] = rng.choice(phrases)
    return bytes(data[:longest])


def run_blind(target: Target, count: int, longest: int, seed: int) -> None:
    corpus = [path.read_bytes() for path in sorted((target.out / "corpus").iterdir())]
    phrases = read_dictionary(target.out / "dictionary")
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    for _ in range(count):
        target(vary(rng, corpus, phrases, longest))
    target.report()


def run_guided(target: Target, minutes: float, longest: int) -> None:
    import atheris

    arguments = [
        f"-max_total_time={round(60 * minutes)}",
        f"-max_len={longest}",
        f"-dict={target.out / 'dictionary'}",
        "-timeout=60",
        "-rss_limit_mb=6000",
        f"-artifact_prefix={target.out}/",
        str(target.out / "corpus"),
    ]
    atheris.Setup([sys.argv[0], *arguments], target)
    atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--room", choices=["text", "score"], default="text")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--blind", type=int, default=0, help="so many inputs, without atheris")
    parser.add_argument("--seed", type=int, default=0, help="of a blind run")
    parser.add_argument("--longest", type=int, default=400, help="bytes of an input")
    parser.add_argument("--out", type=Path, required=True, help="folder for corpus and findings")
    parser.add_argument("inputs", nargs="*", type=Path, help="only run these inputs, and say so")
    options = parser.parse_args()
    sys.path.insert(0, str(HERE.parent / "tests" / "fuzz"))
    if not options.blind:
        import atheris

        rooms = ["mismatch.text", "mismatch.evidence", "mismatch.encoders"]
        with atheris.instrument_imports(include=rooms):
            import mismatch.detector  # noqa: F401 - so that it is instrumented
    options.out.mkdir(parents=True, exist_ok=True)
    target = Target(options.room, options.out)
    for path in options.inputs:
        start = time.process_time()
        target(path.read_bytes())
        print(path.name, f"{time.process_time() - start:.3f} s", target.crashes)
    if options.inputs:
        return
    write_seeds(options.out / "corpus")
    write_dictionary(options.out / "dictionary")
    if options.blind:
        run_blind(target, options.blind, options.longest, options.seed)
    else:
        run_guided(target, options.minutes, options.longest)


if __name__ == "__main__":
    main()
