"""The language X believes a post to be in: by its commonest words, wrong now and then as X's own guess is."""

from __future__ import annotations

import re
from functools import lru_cache

_WORDS = {
    "en": """the a an and or of to in is it on at for with my i me this that was are be will you your not no up
        down out all just who what how when if from by as but so do does have has had can could
        would did today now more here going we us they them there been about over into still get got
        than then too very anyone we're i'm it's don't""",
    "de": """der die das den dem ein eine einen und oder von zu im in ist es an am auf aus für mit mein ich mir
        dies wird sind sein nicht kein heute jetzt mehr hier wir sie aber auch noch wieder bis bei
        nach was wie ihr bleibt bleibe sieht geht kommt schon nur doch sehr stark""",
    "es": """el la los las un una y o de del a en es por para con mi yo esta este esto está están que no hoy
        ahora más aquí nosotros pero también va van ya muy se su sus nadie alguien hasta cuando como
        sobre sin todo subir baja al""",
    "fr": """le la les un une et ou de du des à en est au aux pour avec mon je me ce cette que qui ne pas plus
        aujourd'hui ici nous vous mais aussi va très se sa son ses tout sans sur bien ça il elle on
        je pense faible""",
    "pt": """o a os as um uma e ou de do da dos das em no na é por para com meu eu este esta isso está que não
        hoje agora mais aqui nós mas também vai muito se seu sua alguém ninguém até quando como
        sobre sem tudo ao vou demais""",
}
_COMMON = {language: frozenset(words.split()) for language, words in _WORDS.items()}
LANGUAGES = frozenset(
    """am ar bg bn bo ca ckb cs cy da de dv el en es et eu fa fi fr gu he hi ht hu hy id in is it iw ja ka km kn ko lo
    lt lv ml mr my ne nl no or pa pl ps pt ro ru sd si sk sl sr sv ta te th tl tr ug uk ur vi zh und""".split()  # noqa: SIM905 - a table
)


@lru_cache(8192)
def language_of(text: str) -> str:
    """A language tag: the language most of whose common words appear, English where none does, "und" without words.

    Cashtags, hashtags, mentions and links do not count.
    """
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", re.sub(r"[$#@]\w+|https?://\S+", " ", text.lower()))
    if not words:
        return "und"
    return max(_COMMON, key=lambda language: sum(word in _COMMON[language] for word in words))
