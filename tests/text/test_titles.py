"""Titles: site names, section labels, and titles that name no article."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mismatch.text import clean_title, read

HEADLINE = "Harbour bridge closes for repairs"


@pytest.mark.parametrize(
    "title",
    [
        f"{HEADLINE} - Daily Example",
        f"{HEADLINE} | Example",
        f"{HEADLINE} – Example.com",
        f"{HEADLINE} » Example News",
        f"{HEADLINE} | World news | The Guardian",
        f"{HEADLINE} - BBC News",
        f"{HEADLINE} — Example Zeitung",
        f"{HEADLINE} - Reuters",
        f"{HEADLINE} | www.example.org",
        f"Politics: {HEADLINE}",
        f"BREAKING: {HEADLINE}",
        f"WATCH | {HEADLINE}",
        f"Opinion | {HEADLINE}",
        f"Kommentar: {HEADLINE}",
        f"VIDÉO. {HEADLINE}",
        f"[VIDEO] {HEADLINE}",
        f"UPDATE 2-{HEADLINE}",
        f"{HEADLINE} (video)",
        f"Exclusive: {HEADLINE} | Example Times",
        f"  {HEADLINE}\n",
        f"{HEADLINE} - Politics - The Example Herald",
        f"{HEADLINE} :: Example Online",
    ],
)
def test_site_names_and_labels_go(title: str) -> None:
    assert clean_title(title) == HEADLINE


@pytest.mark.parametrize(
    "title",
    [
        "Biden: We will stay the course",
        "Trump - the last days of an empire",
        "Kyiv – what we know about the attack",
        "Rates rise again, says central bank - but for how long?",
        "Inside the Washington Post: a newsroom in revolt",
        "Spider-Man: No Way Home",
        "Live and let die",
        "Opinion polls show a narrow lead",
        "Home | News",
        "Ferry sinks - dozens of passengers missing",
        "Merkel: Europa muss handeln",
        "Oil - India Times",
        "Video games sell better than ever",
        "Climate change: a guide to the new rules",
        "Markets close higher | how the week went for stocks",
    ],
)
def test_what_belongs_to_the_headline_stays(title: str) -> None:
    assert clean_title(title) == title


def test_titles_without_spaces_between_words_keep_enough() -> None:
    assert clean_title("外交部：中方对此表示强烈不满 - 新华网") == "外交部:中方对此表示强烈不满"


@pytest.mark.parametrize(
    "title",
    [
        "Home",
        "News",
        "Untitled",
        "Page not found",
        "404 Not Found",
        "Log in",
        "",
        " - ",
        "Daily Example",
        "Home | Daily Example",
        "Example.com",
        "12 March 2021",
        "2021-03-12",
        "Just a moment...",
        "Attention Required! | Cloudflare",
        "Access Denied",
        "BBC News",
        "Startseite",
        "Page introuvable",
        "Página no encontrada",
        "Главная",
        "首页",
        "Page 2",
        "Subscribe",
        "Privacy Policy",
        "Page not found – Zorbl",
        "Home - Zorbl",
        "None",
        "Opinion | The Guardian",
        "Latest news",
    ],
)
def test_generic_titles(title: str) -> None:
    assert read(title, "The council met on Monday.").generic


@pytest.mark.parametrize(
    "title",
    [
        HEADLINE,
        "Home prices fall",
        "News outlets sue",
        "404 dead in quake",
        "Access denied to inspectors",
        "March of the machines",
        "BMW",
        "Brexit",
        "Login data of millions stolen",
        "Welcome home, Apollo",
        "Kids.gov – Usability Case Study",
        "Not found: the plane that vanished",
        "Rates rise",
        "外交部回应",
        "Prime Minister resigns | Daily Example",
    ],
)
def test_titles_that_name_an_article(title: str) -> None:
    assert not read(title, "The council met on Monday.").generic


@given(st.text(max_size=80))
def test_a_cleaned_title_is_part_of_the_title_and_holds_its_words(title: str) -> None:
    article = read(title, "")
    assert article.title == title
    assert article.headline == clean_title(title)
    assert bool(article.headline_words) or article.generic
