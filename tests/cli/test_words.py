"""The words of the command line: homes, values, exit codes, help."""

from pathlib import Path

import click
import pytest

from edenmesh.cli import edenmesh, main
from edenmesh.cli.reaching.calls import ExampledCommand, default_home
from edenmesh.cli.reaching.exits import MEANINGS, ExitCode
from tests.cli.processes import call

HELP = Path(__file__).resolve().parents[2] / "docs" / "reference" / "cli.md"


def commands(group: click.Group) -> list[click.Command]:
    found: list[click.Command] = []
    for one in group.commands.values():
        found += commands(one) if isinstance(one, click.Group) else [one]
    return found


def test_every_command_has_a_home_json_a_passphrase_and_examples() -> None:
    found = commands(edenmesh)
    assert len(found) >= 28
    for one in found:
        assert isinstance(one, ExampledCommand)
        if one.name == "demo":  # it has devices of its own
            continue
        options = {option for parameter in one.params for option in parameter.opts}
        assert options >= {"--home", "--json", "--passphrase-file", "--passphrase-fd"}, one.name
        assert one.examples, one.name
        assert all("edenmesh" in example for example in one.examples), one.name
        assert not any("passphrase" in (parameter.envvar or "") for parameter in one.params)


def test_examples_name_options_that_are_there() -> None:
    checked = 0
    for one in commands(edenmesh):
        assert isinstance(one, ExampledCommand)
        options = {option for parameter in one.params for option in (*parameter.opts, *parameter.secondary_opts)}
        for example in one.examples:
            named = {word for word in example.split() if word.startswith("--")}
            assert named <= options, f"{one.name}: {example}"
            checked += len(named)
    assert checked >= 15


def test_exit_codes_are_documented() -> None:
    assert set(MEANINGS) == set(ExitCode)
    page = " ".join(HELP.read_text().split())
    for code, meaning in MEANINGS.items():
        assert f"{int(code)} {meaning}" in page


def test_help_is_no_error_and_no_command_is_one() -> None:
    shown = call(["--help"])
    assert (shown.code, shown.err) == (0, "")
    nothing = call(["nothing"])
    assert (nothing.code, nothing.out) == (2, "")
    assert "edenmesh --help" in nothing.err
    assert main(["--version"]) == 0


@pytest.mark.parametrize(
    ("environ", "home"),
    [
        ({"EDENMESH_HOME": "/a"}, "/a"),
        ({"XDG_DATA_HOME": "/data"}, "/data/edenmesh"),
        ({"EDENMESH_HOME": "", "XDG_DATA_HOME": "not/absolute", "HOME": "/x"}, "/x/.local/share/edenmesh"),
        ({"HOME": "/x"}, "/x/.local/share/edenmesh"),
    ],
)
def test_the_home_is_where_the_environment_says(
    environ: dict[str, str], home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/x")
    assert default_home(environ) == Path(home)
