"""Language tags (BCP 47) and what languages call themselves: pure functions."""

import re

MAX_LENGTH = 35
#: Language, script, region, variants; no extensions, nothing private. ``_`` is taken for ``-``.
PATTERN = (
    r"^[A-Za-z]{2,3}([-_][A-Za-z]{4})?([-_]([A-Za-z]{2}|[0-9]{3}))?([-_]([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3})){0,3}$"
)
_TAG = re.compile(PATTERN)
_NAMES = dict(
    line.split(" ", 1)
    for line in """\
ar العربية
be Беларуская
bg Български
cs Čeština
da Dansk
de Deutsch
el Ελληνικά
en English
es Español
et Eesti
fa فارسی
fi Suomi
fr Français
he עברית
hi हिन्दी
hr Hrvatski
hu Magyar
hy Հայերեն
id Bahasa Indonesia
it Italiano
ja 日本語
ka ქართული
kk Қазақша
ko 한국어
lt Lietuvių
lv Latviešu
nb Norsk bokmål
nl Nederlands
no Norsk
pl Polski
pt Português
ro Română
ru Русский
sk Slovenčina
sl Slovenščina
sr Српски
sv Svenska
th ไทย
tr Türkçe
uk Українська
uz O'zbekcha
vi Tiếng Việt
zh 中文""".splitlines()
)
# ISO 639-2 → the code of two letters, which BCP 47 demands (RFC 5646, 2.2.1).
_SHORT: dict[str, str] = dict(
    re.findall(
        r"(\w{3}) (\w{2})",
        """
        ara ar  arm hy  bel be  bul bg  ces cs  chi zh  cze cs  dan da  deu de  dut nl  ell el  eng en  est et  fas fa
        fin fi  fra fr  fre fr  geo ka  ger de  gre el  heb he  hin hi  hrv hr  hun hu  hye hy  ind id  ita it  jpn ja
        kat ka  kaz kk  kor ko  lav lv  lit lt  nld nl  nob nb  nor no  per fa  pol pl  por pt  ron ro  rum ro  rus ru
        slk sk  slo sk  slv sl  spa es  srp sr  swe sv  tha th  tur tr  ukr uk  uzb uz  vie vi  zho zh
        """,
    )
)


def normalise(tag: str) -> str:
    """``DE_de`` → ``de-DE``: the case and the separators of RFC 5646, 2.1.1; two letters for a language that has them.

    :raises ValueError: it is no language tag.
    """
    if not _TAG.match(tag) or tag.endswith("\n"):
        raise ValueError("must be a language tag like `de`, `en-US` or `zh-Hant`")
    language, *rest = tag.replace("_", "-").lower().split("-")
    parts = [_SHORT.get(language, language)]
    for part in rest:
        is_region = len(part) == 2 or (len(part) == 3 and part.isdigit())
        parts.append(part.upper() if is_region else part.title() if len(part) == 4 and part.isalpha() else part)
    return "-".join(parts)


def own_name(tag: str) -> str:
    """What to call a normalised tag's language: ``Deutsch``, ``English (US)``; the tag itself if it is a rare one."""
    language, _, rest = tag.partition("-")
    name = _NAMES.get(language)
    if name is None:
        return tag
    return f"{name} ({rest})" if rest else name
