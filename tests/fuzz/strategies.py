"""Texts and columns as no editor would send them, and how many of them a run draws."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

# MISMATCH_FUZZ=20 draws twenty times as many, and others at each run.
TIMES = int(os.environ.get("MISMATCH_FUZZ", "1"))

TITLE = "Harbour bridge closes for nine weeks of repairs"
PROSE = "The bridge over the harbour shuts on Monday. Its bearings are replaced in nine weeks."
FRAGMENTS = [
    *(TITLE, PROSE, TITLE.upper(), f"#{TITLE.replace(' ', ' #')}", f"Read also: {TITLE}", "Home"),
    *("We use cookies. Accept all", "By Jane Doe | 3 March 2021", "Subscribe to our newsletter"),
    *("<p>", "</p>", "<br/>", "<b>", "<script>", "<!--", "-->", "<a href='", "&amp;", "&amp;lt;"),
    *("&#105;", "&#x110000;", "&#99999999999999999999;", "&nbsp;", "&", "<", ">", "#", "|", " - "),
    *("\n", "\n\n", "\n \n\t\n", "\r\n", "\u2028", "\x0b", "\x1c", "\x85", " ", "\xa0", "\u3000"),
    *("\u200b", "\xad", "\u202e", "\ufeff", "\x00", "\u0301", "\u0301" * 40, "\ud800", "\udfff"),
    *("\ufb01", "\ufdfa", "İ", "ß", "ſ", "½", "Ⅷ", "𝐇", "Ｈ", "Нarbour", "ʜᴀʀʙᴏᴜʀ", "😀", "👨‍👩‍👧"),
    *(
        "港口大桥将关闭九周",
        "港",
        "。",
        "ปิดสะพาน",
        "다리가 닫힌다",
        "إغلاق الجسر",
        "גשר",
        "мост",
        "पुल",
    ),
    *("1", "4,000", "...", ".", "?", "“", "”", "'", "—", "GENEVA (AP) — ", "https://a.b/c-d-e-f"),
]

characters = st.characters(codec=None)  # lone surrogates too
words = st.text(characters, max_size=12)
texts = st.one_of(
    st.text(characters, max_size=60),
    st.lists(st.one_of(st.sampled_from(FRAGMENTS), words), max_size=14).map("".join),
    st.lists(st.one_of(st.sampled_from(FRAGMENTS), words), max_size=14).map(" ".join),
    st.builds(lambda text, n: text * n, st.sampled_from(FRAGMENTS), st.integers(2, 60)),
)
titles = st.one_of(st.just(TITLE), texts)
bodies = st.one_of(st.just(PROSE), texts, texts.map(lambda text: f"{PROSE}\n\n{text}"))
missing = st.sampled_from([None, float("nan"), pd.NA, pd.NaT, np.nan])
cells = st.one_of(bodies, bodies, bodies, missing, bodies.map(np.str_))
no_texts = st.one_of(
    st.integers(), st.binary(max_size=5), st.booleans(), st.lists(st.text(max_size=3), max_size=2)
)


def well_formed(text: str) -> str:
    """A text that Arrow can hold."""
    return text.encode("utf-8", "replace").decode()


def column(kind: str, values: list[Any]) -> Any:
    """A column of strings and missing values, of a kind that tables have."""
    if kind == "list":
        return values
    if kind == "object":
        return pd.Series(values, dtype=object)
    held = [well_formed(str(v)) if isinstance(v, str) else None for v in values]
    if kind == "numpy":
        return np.array(held, dtype=object)
    if kind == "arrow":
        return pa.array(held, pa.string())
    if kind == "polars":
        return pl.Series(held, dtype=pl.String)
    return pd.Series(held, dtype=kind)


KINDS = [
    "list",
    "object",
    "numpy",
    "string",
    "str",
    "string[pyarrow]",
    "category",
    "arrow",
    "polars",
]


def drawn(count: int) -> settings:
    """Settings of a test that draws so many examples, or a multiple in a long run."""
    return settings(
        max_examples=count * TIMES,
        derandomize=TIMES == 1,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
