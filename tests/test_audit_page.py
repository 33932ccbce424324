"""The page of an audit: self-contained, escaped, and inert in a browser."""

import os
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pandas as pd
import pytest

import mismatch

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
HOSTILE = [
    "<script>document.title = 'broken'</script> Council votes",
    "<img src=x onerror=\"document.title = 'broken'\"> rain",
    "</style></script><iframe src=\"javascript:document.title='broken'\"> storm",
    '" onmouseover="document.title=\'broken\'" wind',
    "\x1b[2J\x07 \u202egnp.exe snow \ud800",
]


class Page(HTMLParser):
    """Tags, attributes, scripts; whether what is opened is closed."""

    VOID = frozenset({"meta", "input"})

    def __init__(self, text):
        super().__init__()
        self.seen, self.attributes, self.stack, self.scripts, self.said = set(), {}, [], [], ""
        self.feed(text)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, set()).add(value)
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        if self.stack and self.stack[-1] == "script":
            self.scripts.append(data)
        elif not self.stack or self.stack[-1] != "style":
            self.said += data


@pytest.fixture(scope="module")
def report(examples):
    plain = [e for e in examples if e["kind"] == "plain"][:20]
    titles, bodies = [e["title"] for e in plain], [e["body"] for e in plain]
    titles[:5] = HOSTILE
    bodies[5:8] = [f"{text} and more of it\n\n{text}" for text in HOSTILE[:3]]
    titles[10], titles[15] = titles[15], titles[10]
    titles[12] = None
    columns = {"title": titles, "body": bodies, "source": HOSTILE * 4}
    table = pd.DataFrame(columns, dtype=object)  # else pandas refuses lone surrogates
    return mismatch.audit(table, source="source", fdr=0.2)


@pytest.fixture(scope="module")
def path(report, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    report.to_html(path)
    return path


def test_page_is_escaped_and_fetches_nothing(report, path):
    page = Page(path.read_text(encoding="utf-8"))
    assert not page.seen & {"img", "iframe", "link", "object", "a", "base", "form"}
    assert not page.attributes.keys() & {"src", "href", "onerror", "onmouseover", "srcset"}
    assert len(page.scripts) == 1
    assert "broken" not in page.scripts[0]
    assert f"{int(report.flagged.sum())} flagged rows" in page.said
    [policy] = [c for c in page.attributes["content"] if c.startswith("default-src 'none'")]
    assert re.search(r"script-src 'sha256-[\w+/]+=*'$", policy)


def test_frame_takes_what_no_encoding_can_carry(report):
    assert len(report.to_frame()) == report.flagged.sum()


def test_notebook_view_is_escaped(report):
    view = Page(report._repr_html_())
    assert not view.seen & {"img", "iframe", "script", "link", "a"}
    assert not view.attributes.keys() & {"src", "href", "onerror", "onmouseover"}


def test_rows_beyond_the_limit_are_told(report, tmp_path):
    report.to_html(tmp_path / "short.html", rows=2)
    page = (tmp_path / "short.html").read_text(encoding="utf-8")
    assert page.count("<details") == 2
    assert "the 2 oddest of each cause" in page


def test_every_row_opens_to_its_paragraphs_and_candidates(report, path):
    text = path.read_text(encoding="utf-8")
    assert text.count("<details") == report.flagged.sum()
    assert "Titles of the table that fit this body" in text
    assert text.count('class="ms-body"') >= report.flagged.sum() - 1


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_in_a_browser_hostile_text_does_nothing_and_the_script_runs(report, path, tmp_path):
    run = subprocess.run(
        [
            *(CHROMIUM, "--headless", "--disable-gpu", "--virtual-time-budget=3000"),
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
            *(f"--user-data-dir={tmp_path}", "--dump-dom", path.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    count = int(report.flagged.sum())
    assert "<title>Audit of 20 articles</title>" in run.stdout
    assert f"<output>{count} of {count} rows</output>" in run.stdout  # our own script ran
