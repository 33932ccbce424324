"""The commonest boilerplate of other languages than English, beside prose in them."""

import pytest

from mismatch.text import Role, read

TITLE = "Harbour bridge closes for repairs"


def role(paragraph: str) -> Role:
    (block,) = read(TITLE, paragraph).blocks
    return block.role


WORLD = [
    # German, French, Spanish, Italian, Portuguese, Dutch
    "Wir verwenden Cookies, um Ihnen das beste Erlebnis zu bieten.",
    "Kommentar schreiben",
    "Mehr zum Thema",
    "Ihre E-Mail-Adresse wird nicht veröffentlicht.",
    "Newsletter abonnieren",
    "Alle Rechte vorbehalten",
    "Seite nicht gefunden",
    "Lesen Sie auch: Neue Fähren für den Hafen",
    "Artikel teilen",
    "Nous utilisons des cookies pour améliorer votre expérience.",
    "Laisser un commentaire",
    "Tout accepter",
    "Votre adresse e-mail ne sera pas publiée.",
    "Abonnez-vous à notre lettre du matin",
    "Tous droits réservés",
    "Page introuvable",
    "Lire aussi : Trois bateaux neufs pour le port",
    "Partager",
    "Publicité",
    "Utilizamos cookies propias y de terceros.",
    "Deja un comentario",
    "Todos los derechos reservados",
    "Tu dirección de correo electrónico no será publicada.",
    "Suscríbete a nuestro boletín",
    "Página no encontrada",
    "Te puede interesar: El puerto compra tres barcos",
    "Compartir",
    "Questo sito utilizza i cookie.",
    "Lascia un commento",
    "Iscriviti alla newsletter",
    "Leggi anche",
    "Pagina non trovata",
    "Riproduzione riservata",
    "Condividi",
    "Este site utiliza cookies.",
    "Deixe um comentário",
    "Assine nossa newsletter",
    "Leia também",
    "Página não encontrada",
    "Todos os direitos reservados",
    "Compartilhar",
    "Deze website gebruikt cookies.",
    "Geef een reactie",
    "Lees ook",
    "Pagina niet gevonden",
    "Delen",
    # Russian, Polish, Turkish, Arabic, Chinese, Japanese
    "Этот сайт использует файлы cookie.",
    "Оставить комментарий",
    "Подпишитесь на нашу рассылку",
    "Читайте также: Порт купил три парома",
    "Поделиться",
    "Все права защищены",
    "Страница не найдена",
    "Ta strona używa plików cookie.",
    "Dodaj komentarz",
    "Zapisz się do newslettera",
    "Czytaj także",
    "Udostępnij",
    "Wszelkie prawa zastrzeżone",
    "Nie znaleziono strony",
    "Bu site çerez kullanmaktadır.",
    "Yorum yap",
    "Bültenimize abone olun",
    "Ayrıca okuyun",
    "Paylaş",
    "Tüm hakları saklıdır",
    "Sayfa bulunamadı",
    "يستخدم هذا الموقع ملفات تعريف الارتباط",
    "اترك تعليقا",
    "اشترك في نشرتنا البريدية",
    "اقرأ أيضا",
    "جميع الحقوق محفوظة",
    "الصفحة غير موجودة",
    "شارك",
    "本网站使用Cookie",
    "发表评论",
    "订阅我们的通讯",
    "相关阅读：港口购买三艘新渡轮",
    "版权所有 未经授权不得转载",
    "您访问的页面不存在",
    "分享到微信",
    "当サイトではCookieを使用しています",
    "コメントを残す",
    "関連記事",
    "無断転載を禁じます",
    "ページが見つかりません",
    "シェアする",
    "ニュースレター登録はこちら",
]


@pytest.mark.parametrize("paragraph", WORLD)
def test_other_languages(paragraph: str) -> None:
    assert role(paragraph) is Role.BOILERPLATE


WORLD_CONTENT = [
    "Das Gericht entschied, dass Cookies nur mit Zustimmung gesetzt werden dürfen.",
    "Le journal a annoncé que ses abonnés paieront un euro de plus par mois.",
    "El comentario del alcalde provocó protestas en toda la ciudad.",
    "Il giornale ha detto che la newsletter avrà un milione di lettori.",
    "A página do ministério ficou fora do ar durante toda a tarde de segunda-feira.",
    "De krant zegt dat lezers meer reacties op de website achterlaten dan vorig jaar.",
    "Комментарий министра вызвал спор в парламенте, заседание закончилось ночью.",
    "Sąd orzekł, że strona internetowa nie może zbierać danych bez zgody.",
    "Mahkeme, sitenin çerezleri izinsiz kullandığına karar verdi.",
    "قالت المحكمة إن الموقع جمع بيانات المستخدمين دون إذن منهم.",
    "法院裁定，该网站未经用户同意收集个人信息，罚款十万元。",
    "裁判所は、同意なしに個人情報を集めたとして会社に罰金を科した。",
]


@pytest.mark.parametrize("paragraph", WORLD_CONTENT)
def test_content_in_other_languages(paragraph: str) -> None:
    assert role(paragraph) is Role.CONTENT
