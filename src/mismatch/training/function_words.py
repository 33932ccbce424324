"""Function words of languages that the corpora lack, so that they do not pass for rare ones.

Document frequencies are counted on the corpora. In a language outside them every word would look
rare, the commonest ones too; these lists, written from memory, keep those from deciding.
"""

FUNCTION_WORDS = {
    "es": """el la los las un una unos unas de del al a en y o u que no se por con para su sus lo como
        más pero si ya le les me mi te tu nos es son era fue ha han hay ser está están este esta
        estos estas ese esa eso entre sobre sin hasta desde cuando muy también todo todos donde""",
    "it": """il lo la i gli le un uno una di del dello della dei degli delle a al allo alla ai agli
        alle da dal dalla in nel nella nei con su sul sulla per tra fra e o ma non che chi si è sono
        era ha hanno anche più come se ci ne suo sua loro questo questa questi dopo quando due""",
    "nl": """de het een en van in op te met voor aan dat die is zijn was niet er ook als maar om door
        bij naar over uit tot dan nog wel geen of heeft hebben had werd worden wordt zich ze zij hij
        hun deze dit meer na""",
    "pl": """i w we z ze na do nie się że to o od za po jak ale jest są był była było być przez dla
        oraz a czy co który która które jego jej ich tym tego ten ta te już tylko przed może""",
    "ru": """и в во не что он на я с со как а то все она так его но да ты к у же вы за бы по только ее
        мне было вот от меня еще нет о из ему когда даже для это этот эта эти был была были быть при
        также или до под над после который которая которые их мы они чтобы лет год""",
    "uk": """і й та в у на не що з із зі до за від як але це цей ця ці він вона воно вони його її їх
        про для по є був була було були бути також або який яка які після під при року""",
    "tr": """ve bir bu da de için ile olarak çok daha en gibi o ne ama kadar sonra ise olan oldu var
        yok mi mı mu mü diye her şey ya ki değil göre tarafından üzerinde""",
    "sv": """och i att det som en på är av för med den till inte ett han har de om var men sig från vi
        så kan när år säger hon under också efter eller nu""",
    "da": "og i at det som en på er af for med den til ikke et han har de om var men sig fra vi så kan",
    "id": """yang dan di dari ini itu untuk dengan dalam pada tidak akan adalah ke oleh juga karena
        telah sudah ada atau saat kata bisa lebih mereka kami dia""",
    "hi": """के में की है और से का को पर ने हैं यह कि भी एक इस हो था थे थी कर नहीं तो ही या साथ
        लिए गया जो कहा उन अपने""",
    "ar": """في من على إلى أن التي الذي عن مع هذا هذه كان كانت لا ما قد بعد ذلك بين كما أو ثم هو هي
        وقد ولا عند كل غير منذ حتى لم لن إن وفي ومن""",
    "fa": "و در به از که این را با است برای آن یک هم خود تا بر شد کرد می های ها بود نیز شده",
    "el": """και το η ο τα οι του της των στο στη στην στον με για από που να θα δεν είναι τον την
        ένα μια ως αλλά κατά μετά πως ότι""",
    "hu": "a az és hogy nem is egy meg ezt azt volt van csak már de mint el ki még pedig vagy után",
    "cs": "a v ve na se je že to z ze do s k i o pro za po by jako ale jsou byl byla bylo který která",
    "ro": "și în de la cu pe a al ale că nu se un o este sunt din pentru mai care au fost ca dar prin",
    "he": "של את על לא הוא זה עם כי גם אל היא אני יש כל או אם היה לו הם בין כך עוד",
    "ko": "및 등 이 그 저 것 수 더 또 등의 위해 대한 있는 있다 한다 했다 이번 지난",
}


def function_words() -> list[str]:
    """Every listed word once, in order."""
    return list(dict.fromkeys(word for text in FUNCTION_WORDS.values() for word in text.split()))
