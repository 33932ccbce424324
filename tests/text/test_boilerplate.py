"""Boilerplate, beside articles that are about such things."""

import pytest

from mismatch.text import Role, read

TITLE = "Harbour bridge closes for repairs"
PROSE = "The council closed the crossing at dawn after a diver found cracks in two piers."


def role(paragraph: str) -> Role:
    blocks = read(TITLE, f"{PROSE}\n\n{paragraph}").blocks
    assert blocks[0].role is Role.CONTENT
    roles = {block.role for block in blocks[1:]}
    assert len(roles) == 1, blocks
    return roles.pop()


BOILERPLATE = [
    # comment forms
    "Leave a Comment",
    "Leave a Reply",
    "Your email address will not be published.",
    "Your email address will not be published. Required fields are marked *",
    "Post Comment",
    "3 Comments",
    "Save my name, email, and website in this browser for the next time I comment.",
    "Name * Email * Website",
    "You must be logged in to post a comment.",
    "Comments are closed.",
    "Be the first to comment",
    "This site uses Akismet to reduce spam. Learn how your comment data is processed.",
    # cookie and consent walls
    "We use cookies to give you the best experience. By clicking Accept, you agree to our use of "
    "cookies.",
    "This website uses cookies. If you continue to use this site we will assume that you are "
    "happy with it.",
    "Accept all cookies",
    "Manage preferences",
    "Strictly necessary cookies",
    "Cookie settings",
    "Reject all",
    "We and our partners store and/or access information on a device, such as cookies, and "
    "process personal "
    "data, such as unique identifiers, for personalised ads and content, ad and content "
    "measurement and "
    "audience research. With your permission we and our partners may use precise geolocation "
    "data. You may "
    "click to consent to the processing described above or change your preferences before "
    "consenting. Some "
    "processing may not need your consent, but you have the right to object. Your choices apply "
    "to this site.",
    # bot checks
    "Verify you are human by completing the action below.",
    "Checking your browser before accessing the site.",
    "Please enable JavaScript and cookies to continue",
    "Ray ID: 7d2f5c1e9a1b2c3d",
    "I'm not a robot",
    "example.com needs to review the security of your connection before proceeding.",
    "Just a moment...",
    "Access to this page has been denied because we believe you are using automation tools to "
    "browse the "
    "website.",
    "Please stand by while we check your browser",
    "Performance & security by Cloudflare",
    # paywalls, newsletters, sign-in
    "Subscribe",
    "Sign in",
    "Already a subscriber? Log in",
    "Subscribe to continue reading",
    "To continue reading, start your free trial today.",
    "You have reached your limit of free articles.",
    "Sign up for our newsletter to get the day's top stories.",
    "Enter your email address",
    "Get the latest headlines delivered to your inbox every morning.",
    "This article is for subscribers only.",
    "Get unlimited digital access for $1 a month. Cancel anytime.",
    "Thank you for subscribing!",
    "Support our journalism. Become a member today and enjoy unlimited access to all our stories.",
    # error pages
    "404",
    "Page not found",
    "403 Forbidden",
    "Access denied",
    "502 Bad Gateway",
    "Error 404",
    "This site can't be reached",
    "This content is not available in your region.",
    "Oops! That page can't be found.",
    "It looks like nothing was found at this location.",
    "The page you are looking for might have been removed, had its name changed, or is "
    "temporarily unavailable.",
    "The requested URL was not found on this server.",
    "You don't have permission to access this resource.",
    "We recognise you are attempting to access this website from a country belonging to the "
    "European Economic "
    "Area and therefore access cannot be granted at this time.",
    "Something went wrong. Please try again later.",
    # credits, copyright, bylines, dates
    "All rights reserved",
    "© 2022 Daily Example",
    "Copyright 2022 Example Media. All rights reserved.",
    "This material may not be published, broadcast, rewritten or redistributed.",
    "(AP Photo/Jane Doe)",
    "Sources: ats/afp",
    "This article was published automatically. Sources: ats/afp",
    "Photo: Jane Doe/Example",
    "Image credit: Getty Images",
    "Jane Doe/AFP/Getty Images",
    "By Jane Doe",
    "By JANE DOE and John Roe",
    "By Jane Doe, Political Correspondent",
    "By Jane Doe | Daily Example | 3 March 2022",
    "Reuters",
    "Updated 3 hours ago",
    "Published: 9 September 2022, 5 min read",
    "September 9, 2022",
    "10:45 AM EDT",
    "Reporting by Jane Doe; Editing by John Roe",
    "Jane Doe contributed to this report.",
    "Von Erika Muster",
    # furniture
    "Advertisement",
    "Continue reading",
    "Read more",
    "Share this article",
    "Facebook Twitter WhatsApp Email",
    "Home News Sport Weather",
    "Home | About | Contact | Privacy Policy",
    "Skip to main content",
    "Loading…",
    "Load more comments",
    "Download our app",
    "Donate",
    "Follow us on Twitter",
    "Terms of Use",
    "Back to top",
    "Home > Business > Economy",
    "Related articles",
    "You may also like",
    "Most read",
    "Advertisement - story continues below",
    "Related: Ferry firm orders three new boats",
    "READ MORE: What the mayor said in May",
    "Contact: press@example.org",
    "Email: jane@example.org",
    "https://example.com/a/b",
    "Tags: port, ferry, council",
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt "
    "ut labore.",
]


@pytest.mark.parametrize("paragraph", BOILERPLATE)
def test_boilerplate(paragraph: str) -> None:
    assert role(paragraph) is Role.BOILERPLATE


CONTENT = [
    # articles about cookies, paywalls, error pages, bots, comments
    "The regulator fined the firm for making it harder to reject cookies than to accept all "
    "cookies.",
    "Under the new law, sites must obtain your consent before they store cookies on your device.",
    "Browsers will block third-party cookies by default next year, which worries the advertising "
    "industry.",
    "Cookies are back on the menu at the village bakery, which reopened on Saturday.",
    "The newspaper said it would put its website behind a paywall and ask readers to subscribe "
    "for £2 a month.",
    "Readers who want to subscribe to the paper can still do so at any kiosk, the publisher said.",
    "Users around the world saw a “502 Bad Gateway” message when they tried to reach the site on "
    "Tuesday.",
    "The minister's page was not found for hours, and visitors were shown a 404 error instead, "
    "officials said.",
    "CAPTCHA tests, which ask people to prove they are human, are now solved by bots in under a "
    "second.",
    "Hackers sent customers an email that asked them to verify their password and sign in again.",
    "The app, which you can download for free, shows when the next ferry leaves.",
    "He left a comment under the post and was arrested two days later.",
    "The privacy policy of the app allows it to share personal data with partners, researchers "
    "found.",
    "She resigned after her newsletter called the mayor a liar.",
    "The company declined to comment.",
    "The council did not respond to a request for comment.",
    "Sign language will be taught at all schools from next year.",
    "Copyright law lets libraries lend e-books, the court ruled.",
    "A photo of the empty bridge was shared thousands of times on Facebook and Twitter.",
    "Donations to the flood appeal have passed one million euros.",
    "Subscribers to the mobile network were left without a signal for most of Monday.",
    # headings, quotes, short sentences, lines that look like furniture
    "“Fierce battles”",
    "Power outage in the north",
    "What happens next",
    "A long night",
    "Why now?",
    "It rained.",
    "By the river",
    "By Monday the water had gone.",
    "Home at last",
    "Business as usual",
    "“Read more books,” she told the class.",
    "Share of women on boards rises",
    "Photographs and memories",
    "Sources close to the mayor said she would resign.",
    "Published in May, the study counts 300 bridges.",
    "Updated rules will apply from June.",
    "Related costs came to two million.",
    "News spread fast.",
    "Follow the money, the prosecutor told the jury.",
    "Reuters reported the sale first.",
    "Contact with the ship was lost at noon.",
    "Search teams went out again at first light.",
    "By Friday Mayor Anne Hall had lost her majority.",
    "The Home Office and the World Health Organization met.",
    "Continue reading, the teacher said, and the boy went on.",
    "• Two ferries will run all night",
    "Thursday's vote was the third this year.",
    "In 2021, 14 bridges were closed.",
]


@pytest.mark.parametrize("paragraph", CONTENT)
def test_content(paragraph: str) -> None:
    assert role(paragraph) is Role.CONTENT


WALLS = {
    "cookies": [
        "Your privacy matters",
        "We use cookies and similar technologies to make this site work.",
        "These cookies are essential for the site to work and cannot be switched off.",
        "Performance cookies help us see how visitors use our pages and which of them are never "
        "found.",
        "You can change your mind at any time in your settings.",
        "Accept all",
        "Reject all",
        "Manage options",
    ],
    "not found": [
        "404",
        "Sorry, the page you were looking for doesn't exist.",
        "You may have mistyped the address, or the page may have moved.",
        "Try searching, or go back to the homepage.",
        "Search",
    ],
    "bot": [
        "Checking if the site connection is secure",
        "example.com needs to review the security of your connection.",
        "Enable JavaScript and cookies to continue",
        "Ray ID: 71f2ab9c",
        "Performance & security by Cloudflare",
    ],
    "paywall": [
        "This article is reserved for subscribers.",
        "Subscribe now for unlimited access to every story.",
        "Only $1 a month for your first six months",
        "Cancel anytime.",
        "Already a subscriber? Sign in",
    ],
    "region": [
        "Unfortunately, our website is currently unavailable in most European countries.",
        "We are looking at options that support our full range of digital offerings to your "
        "market.",
    ],
}


@pytest.mark.parametrize("name", WALLS)
def test_every_paragraph_of_a_wall(name: str) -> None:
    article = read(TITLE, "\n\n".join(WALLS[name]))
    assert [block.text for block in article.content] == []


@pytest.mark.parametrize("name", WALLS)
def test_a_wall_in_one_block(name: str) -> None:
    text = " ".join(line if line[-1] in ".?!" else f"{line}." for line in WALLS[name])
    assert [block.text for block in read(TITLE, text).content] == []


def test_a_report_on_consent_banners_keeps_every_paragraph() -> None:
    body = [
        "Europe's data watchdogs want to put an end to the cookie banner.",
        "A draft seen on Monday says that sites must accept the choice that users make once in "
        "their browser.",
        "“Nobody reads what they accept,” said Anna Rossi, who leads the group.",
        "Publishers fear for their income: without consent, advertising earns them half as much.",
        "Under the plan, a site that asks for consent again within a year would pay a fine.",
        "Readers already click on “accept all” in nine cases out of ten, a study by two "
        "universities shows.",
    ]
    article = read("Regulators want to end cookie banners", "\n\n".join(body))
    assert [block.role for block in article.blocks] == [Role.CONTENT] * len(body)
