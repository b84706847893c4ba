"""Texts: all are gathered for translators, in the file that is committed; the pseudo-language bends every one."""

from pathlib import Path

from edenmesh.web.texts import PSEUDO, languages, texts_for
from tools.texts import TEMPLATE, catalogue, compile_all, in_python, in_template, template


def test_the_file_for_translators_holds_every_text_there_is() -> None:
    found = catalogue()
    assert TEMPLATE.read_bytes() == template(found), "run `make texts`"
    assert len(found) > 200
    ids = {message.id for message in found}
    for text in ("Save as draft", "Delivered to %(server)s", ("%(count)d record", "%(count)d records")):
        assert text in ids, text


def test_messages_are_found_wherever_they_are_said() -> None:
    python = 'visit.texts("One %(n)s", n=1)\nself._texts("Two")\nmark("Three")\nt.plural("a", "b", 3)\nother("no")\n'
    assert [message for _, message in in_python(python)] == ["One %(n)s", "Two", "Three", ("a", "b")]
    html = '{{ _("One") }}<a title="{{ _("Two") }}">{{ texts.plural("a", "b", n) }}</a>{{ x("no") }}'
    assert sorted(str(message) for _, message in in_template(html)) == ["('a', 'b')", "One", "Two"]


def test_a_translation_is_compiled_and_used(tmp_path: Path) -> None:
    folder = tmp_path / "sv" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    (folder / "edenmesh.po").write_text(f'{head}msgid "Save"\nmsgstr "Spara"\n')
    assert compile_all(tmp_path) == 1
    assert (folder / "edenmesh.mo").stat().st_size > 50


def test_the_pseudo_language_bends_every_text_and_leaves_values_alone() -> None:
    texts = texts_for(PSEUDO)
    assert texts.direction == "rtl"
    assert PSEUDO not in languages()
    assert texts("Delivered to %(server)s", server="Eden") == "[Délîvéréd tö Eden~~~~~]"
    assert "3" in texts.plural("%(count)d record", "%(count)d records", 3)
    assert texts_for("xx, en;q=0.5").language == "en"
    assert texts_for(";;q=,,\x00" * 200).language == "en"
