"""What the screens say, in the language of who reads: gettext, plural forms, dates, numbers, and the way they run."""

from edenmesh.web.texts.texts import PSEUDO, Texts, languages, mark, texts_for

__all__ = ["PSEUDO", "Texts", "languages", "mark", "texts_for"]
