"""Echoes of the title, beside prose that tells what the title tells."""

import pytest

from mismatch.text import Role, read

# The aggregator's case, retold: the title over a body on something else.
TITLE = "BMW to fit its own batteries at six partner factories"
WAR = "The army said on Friday that it had sent fresh troops to the Kharkiv region."


def role(paragraph: str, title: str = TITLE) -> Role:
    """Return the role of a paragraph before a body on something else."""
    blocks = read(title, f"{paragraph}\n\n{WAR}").blocks
    assert blocks[-1].text == WAR
    assert blocks[-1].role is Role.CONTENT
    roles = {block.role for block in blocks[:-1]}
    assert len(roles) == 1, blocks
    return roles.pop()


ECHOES = [
    # the title again
    TITLE,
    f"{TITLE}.",
    TITLE.upper(),
    TITLE.lower(),
    f"{TITLE} – Daily Example",
    f"{TITLE} | Example.com",
    f'"{TITLE}"',
    f"<h1>{TITLE}</h1>",
    f"{TITLE} ...",
    f"**{TITLE}**",
    f"{TITLE}\n\n{TITLE}",
    "BMW to fit its own batteries",
    "BMW to fit own batteries at six partner factories",
    "BMW to fit its own batteries at seven partner factories",
    "BMW to fitt its own bateries at six partner factorys",
    # hashtags and tags
    "#BMW #fit #batteries #partner #factories",
    "#BMW",
    "#BMWToFitItsOwnBatteriesAtSixPartnerFactories",
    "＃BMW ＃batteries ＃factories",
    "Tags: BMW, batteries, factories",
    "Keywords: bmw; own batteries",
    "BMW, batteries, partner, factories",
    "BMW batteries",
    # links
    f"Read also: {TITLE}",
    f"Also read: {TITLE}",
    f"Related: {TITLE}",
    f"See also: {TITLE}",
    f"More on this: {TITLE}",
    f"You may also like: {TITLE}",
    f"READ MORE: {TITLE.upper()}",
    f"Source link: {TITLE}",
    f"Share {TITLE} on Facebook",
    f"Lesen Sie auch: {TITLE}",
    f"Lire aussi : {TITLE}",
    f"The post {TITLE} appeared first on Daily Example.",
    f"Continue reading {TITLE}",
    f"Related: {TITLE} (Daily Example, 9 September 2022)",
    # addresses, slugs, breadcrumbs, bylines
    "bmw-to-fit-its-own-batteries-at-six-partner-factories",
    "bmw_to_fit_its_own_batteries",
    "https://example.com/business/2022/09/bmw-to-fit-its-own-batteries-at-six-partner-factories.html",
    f"Home > Business > {TITLE}",
    f"Home / News / {TITLE}",
    f"Home » Cars » {TITLE[:30]}...",
    "By admin | bmw-to-fit-its-own-batteries-at-six-partner-factories | 9 Sept 2022",
    "Posted by jdoe in bmw-to-fit-its-own-batteries, 3 min read",
    f"{TITLE} | Photo: BMW",
    f"Image: {TITLE}",
    # disguises
    f"{TITLE} " * 9,
    f"{TITLE}. " * 40,
    " ".join(TITLE.replace(" ", "")),
    TITLE.replace(" ", " / "),
    TITLE.replace("e", "\u200be"),
    "\u202e".join(TITLE),
    TITLE.replace("i", "&#105;"),
    TITLE.replace("a", "а").replace("e", "е").replace("o", "о"),  # Cyrillic
    TITLE.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)}),  # full width
    "BMW ᴛᴏ ꜰɪᴛ ɪᴛꜱ ᴏᴡɴ ʙᴀᴛᴛᴇʀɪᴇꜱ ᴀᴛ ꜱɪx ᴘᴀʀᴛɴᴇʀ ꜰᴀᴄᴛᴏʀɪᴇꜱ",
    "\u0336".join(TITLE),
    "\u0301".join(TITLE[:30]) + TITLE[30:],
]


@pytest.mark.parametrize("paragraph", ECHOES)
def test_echo(paragraph: str) -> None:
    assert role(paragraph) is Role.ECHO


CONTENT = [
    # leads that restate the headline and add to it
    f"{TITLE}, the carmaker said on Monday.",
    "BMW will fit batteries of its own making at six of its partners' factories, it said.",
    "The carmaker BMW is to fit its own batteries at six factories run by partners in Europe.",
    f"MUNICH — {TITLE}.",
    "Munich - BMW wants to fit its own batteries at six partner factories, four of them abroad.",
    # quotes and details
    '"We will fit our own batteries at six partner factories," the BMW chief said in Munich.',
    "“We will fit our own batteries,” he said.",
    "BMW shares rose two per cent after the announcement.",
    "The six factories employ 9,000 people.",
    "By fitting batteries itself, BMW hopes to save a third of the cost.",
    "Read between the lines, the plan for BMW batteries is a blow to its suppliers.",
    # headings and sentences of other matters
    "“Fierce battles”",
    "Power outage in the north",
    "What happens next?",
    "A blow to suppliers",
    "The union called the #batteries plan a mistake and asked for talks.",
]


@pytest.mark.parametrize("paragraph", CONTENT)
def test_not_an_echo(paragraph: str) -> None:
    assert role(paragraph) is Role.CONTENT


@pytest.mark.parametrize(
    "paragraph", ["#Kharkiv #war #army", "#Ukraine", "Tags: Ukraine, war, army"]
)
def test_hashtags_of_other_matters_are_not_content_either(paragraph: str) -> None:
    assert role(paragraph) in {Role.BOILERPLATE, Role.ECHO}


def test_a_copy_before_real_text_is_cut_from_it() -> None:
    for between in (" ", ". ", " - ", "\t", " * "):
        blocks = read(TITLE, f"{TITLE}{between}{WAR}").blocks
        assert [block.role for block in blocks] == [Role.ECHO, Role.CONTENT]
        assert WAR in blocks[1].text


def test_copies_before_and_after_real_text_are_cut_from_it() -> None:
    body = f"{TITLE} {TITLE}. {WAR} Read also: {TITLE}"
    content = read(TITLE, body).content
    assert len(content) == 1
    assert content[0].text.startswith(WAR)
    assert "batteries" not in content[0].words


def test_a_quoted_headline_inside_a_sentence_is_not_cut() -> None:
    title = "We had to run for our lives"
    body = 'A witness told reporters: "We had to run for our lives."'
    assert [block.role for block in read(title, body).blocks] == [Role.CONTENT]


def test_a_body_of_one_sentence_is_content_unless_it_is_the_title() -> None:
    assert read(TITLE, "The carmaker will fit batteries of its own from 2024.").content
    assert not read(TITLE, TITLE).content
    assert not read(TITLE, f"{TITLE}.").content


OTHER_LANGUAGES = [
    (
        "BMW baut eigene Batterien in sechs Partnerwerken ein",
        "BMW BAUT EIGENE BATTERIEN IN SECHS PARTNERWERKEN EIN",
        "BMW will ab 2024 in sechs Werken seiner Partner eigene Batterien einbauen, teilte er mit.",
    ),
    (
        "Für Köln wird es größer",
        "fur-koln-wird-es-grosser",
        "In Köln wird das Stadion für 80 Millionen Euro größer.",
    ),
    (
        "Завод под Москвой выпустит свои батареи",
        "Читайте также: Завод под Москвой выпустит свои батареи",
        "Новый завод под Москвой к осени выпустит первые батареи, сообщил директор.",
    ),
    (
        "宝马将在六家合作工厂安装自产电池",
        "标签：宝马将在六家合作工厂安装自产电池",
        "德国汽车制造商宝马周一宣布，从明年起将在欧洲和亚洲的六家合作工厂安装自己生产的电池。",
    ),
    (
        "宝马将在六家合作工厂安装自产电池",
        "宝马将在六家合作工厂安装自产电池 - 示例新闻",
        "公司发言人表示，此举可以节省三分之一的成本。",
    ),
    (
        "トヨタが六つの工場で電池を生産へ",
        "関連記事：トヨタが六つの工場で電池を生産へ",
        "トヨタ自動車は月曜日、来年から国内の工場で電池を作ると発表した。",
    ),
    (
        "กรุงเทพฯ ปิดสะพานเพื่อซ่อมแซม",
        "#กรุงเทพฯ #ปิดสะพาน #ซ่อมแซม",
        "ผู้ว่าราชการจังหวัดกล่าวเมื่อวันจันทร์ว่าจะปิดสะพานเป็นเวลาเก้าสัปดาห์เพื่อตรวจสอบรอยร้าว",
    ),
    (
        "إغلاق جسر الميناء للصيانة",
        "اقرأ أيضا: إغلاق جسر الميناء للصيانة",
        "قالت البلدية يوم الاثنين إن الجسر سيغلق تسعة أسابيع بعد العثور على شقوق.",
    ),
]


@pytest.mark.parametrize(("title", "echo", "content"), OTHER_LANGUAGES)
def test_other_languages(title: str, echo: str, content: str) -> None:
    roles = [block.role for block in read(title, f"{echo}\n\n{content}").blocks]
    assert roles == [Role.ECHO, Role.CONTENT]


def test_a_headline_one_word_to_a_line_says_nothing_however_common_its_words():
    title = "Is this thing on?"
    blocks = read(title, f"{WAR}\n\n" + "\n".join(title.split())).blocks
    assert [block.role for block in blocks] == [Role.CONTENT] + [Role.ECHO] * 4
    assert read(title, f"{WAR}\n\nthat").blocks[-1].role is Role.CONTENT
