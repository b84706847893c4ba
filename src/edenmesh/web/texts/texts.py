"""Texts by gettext: English in the source, other languages from compiled catalogues in `locale/`.

A pseudo-language is English bent so that nobody can overlook a text that was not marked, written from right to left so
that nobody can overlook a page that takes left for granted. It needs no catalogue.
"""

import gettext
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DOMAIN: Final = "edenmesh"
ENGLISH: Final = "en"
PSEUDO: Final = "qps"
"""The pseudo-language: a tag of the range that ISO 639-3 keeps for private use."""
_LOCALE: Final = Path(__file__).parent / "locale"
_RIGHT_TO_LEFT: Final = frozenset(("ar", "dv", "fa", "he", "ku", "ps", "qps", "ug", "ur", "yi"))
_KEPT: Final = re.compile(r"(%\([a-z_]+\)[a-z]|%%|</?[a-z][^>]*>|&[a-z]+;)")
_BENT: Final = str.maketrans("aeiouyAEIOUcnsz", "àéîöûýÀÉÎÖÛçñšž")


class _Pseudo(gettext.NullTranslations):
    """English, bent: letters with marks, longer, in brackets; what stands for a value or a tag is left alone."""

    def gettext(self, message: str) -> str:
        return _bend(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return _bend(msgid1 if n == 1 else msgid2)


@dataclass(frozen=True, slots=True)
class Texts:
    """One language: its texts and the way it is written."""

    language: str
    translations: gettext.NullTranslations

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`, as HTML wants it."""
        return "rtl" if self.language.partition("-")[0] in _RIGHT_TO_LEFT else "ltr"

    def __call__(self, message: str, **values: object) -> str:
        """The text of a message, its values put in: `texts("%(count)d peers", count=3)`."""
        text = self.translations.gettext(message)
        return text % values if values else text

    def plural(self, one: str, many: str, count: int, **values: object) -> str:
        """The text for so many; `count` is a value, too."""
        return self.translations.ngettext(one, many, count) % {"count": count, **values}


def mark(message: str) -> str:
    """Mark a message that is looked up later, so that it is extracted with the others."""
    return message


def languages() -> list[str]:
    """The languages there are, English first; the pseudo-language is not offered."""
    return [ENGLISH, *sorted(path.parent.parent.name for path in _LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))]


def texts_for(wanted: str) -> Texts:
    """The texts for an Accept-Language header (RFC 9110, section 12.5.4) or a tag; English where none fits."""
    there = languages()
    for tag in _by_weight(wanted):
        if tag == PSEUDO:
            return Texts(PSEUDO, _Pseudo())
        for language in (tag, tag.partition("-")[0]):
            if language in there:
                return Texts(language, gettext.translation(DOMAIN, _LOCALE, [language], fallback=True))
    return Texts(ENGLISH, gettext.NullTranslations())


def _by_weight(header: str) -> list[str]:
    weighed: list[tuple[float, str]] = []
    for part in header[:500].split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), tag.strip()))
        except ValueError:
            continue
    return [tag for _, tag in sorted(weighed, key=lambda one: one[0])]


def _bend(message: str) -> str:
    parts = _KEPT.split(message)
    bent = "".join(part if number % 2 else part.translate(_BENT) for number, part in enumerate(parts))
    return f"[{bent}{'~' * (len(message) // 4)}]"
