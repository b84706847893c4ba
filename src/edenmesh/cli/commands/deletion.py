"""`edenmesh purge`: removing records on this device only, at once or by a rule."""

from typing import Final

import click

from edenmesh.cli.drawing import amount, counted
from edenmesh.cli.reaching import Answer, Asking, Call, Client, ExitCode, command
from edenmesh.errors import NotPermitted, UsageError
from edenmesh.node import Json, PurgeResult, PurgeView, RuleView

_SHOWN_MAX: Final = 20
_YES: Final = click.option("--yes", is_flag=True, help="Do not ask. Nothing is ever done without this or an answer.")


@command(
    "purge",
    click.argument("table", default=""),
    click.argument("uuids", nargs=-1, metavar="UUID..."),
    click.option("--all", "is_all", is_flag=True, help="All records of TABLE."),
    _YES,
    click.option("--rule", is_flag=True, help="Do not purge now: make a rule for TABLE, by --after and --space."),
    click.option("--off", is_flag=True, help="With --rule: have no rule for TABLE any more."),
    click.option("--after", type=click.IntRange(1), default=None, metavar="DAYS", help="What came so long ago."),
    click.option(
        "--space", type=click.IntRange(1), default=None, metavar="MB", help="What is beyond it, oldest first."
    ),
    click.option("--receipts", type=click.IntRange(1, 2), default=1, metavar="N", help="Receipts needed: 1 or 2."),
    click.option("--rules", is_flag=True, help="List the rules."),
    examples=[
        "edenmesh purge cr_shelter 4f21",
        "edenmesh purge cr_shelter --all --yes",
        "edenmesh purge --rule cr_shelter --after 90 --receipts 2",
        "edenmesh purge --rule cr_shelter --off",
    ],
)
async def purge(
    call: Call,
    *,
    table: str,
    uuids: tuple[str, ...],
    is_all: bool,
    yes: bool,
    rule: bool,
    off: bool,
    after: int | None,
    space: int | None,
    receipts: int,
    rules: bool,
) -> ExitCode:
    """Remove records on this device only. They stay on other devices and at servers, and can be fetched again.

    Records that no receipt covers are shown with the reason, and go only after a yes. What no other device of the team
    is known to have does not go at all: sync first. A rule does it by itself for what came from others and has a
    receipt; there is none until you make one.
    """
    async with call.device() as device:
        if rules:
            return _draw_rules(call, await device.get("/api/purge/rules"))
        if rule:
            return await _rule(call, device, table, off=off, after=after, space=space, receipts=receipts)
        if after is not None or space is not None or off:
            raise UsageError(what="A rule is what --after, --space and --off are about.", do="Add --rule.")
        if not table or bool(uuids) == is_all:
            raise UsageError(
                what="It was not said what to purge.", do="Name TABLE and the records, or TABLE and --all."
            )
        body: dict[str, Json] = {"table": table, "all": is_all, "uuids": [*uuids]}
        views = (await device.post("/api/purge/look", body)).read(list[PurgeView])
        is_accepted = await _is_accepted(call, views, yes=yes)
        answer = await device.post("/api/purge", {**body, "unreceived": is_accepted})
    done = answer.read(PurgeResult)
    if call.is_json:
        call.screen.write_json(answer.value)
        return ExitCode.PARTLY if done.kept else ExitCode.OK
    gone = f"{counted(done.records, 'record')}, {counted(done.versions, 'change')}, {amount(done.size_bytes)}"
    call.screen.say(f"Purged here: {gone}.")
    call.screen.say("Other devices and servers keep them. To bring one back: edenmesh bin fetch TABLE UUID")
    if done.kept:
        call.screen.say(f"Kept: {counted(len(done.kept), 'record')}. Sync with another device, then purge again.")
        return ExitCode.PARTLY
    return ExitCode.OK


async def _is_accepted(call: Call, views: list[PurgeView], *, yes: bool) -> bool:
    """Whether a person accepts the warnings, asked for in words. Raises NotPermitted where they do not."""
    doubtful = [view for view in views if not view.is_received]
    for view in doubtful[:_SHOWN_MAX]:
        call.screen.note(f"{view.label} ({view.table} {view.uuid}): {'; '.join(view.warnings)}")
    if len(doubtful) > _SHOWN_MAX:
        call.screen.note(f"... and {len(doubtful) - _SHOWN_MAX:,} more")
    if doubtful:
        call.screen.note(
            f"{len(doubtful):,} of {len(views):,} records have no receipt, or something speaks against it."
        )
    only_here = sum(view.is_only_copy for view in doubtful)
    if only_here:
        call.screen.note(f"{counted(only_here, 'record')} will stay: sync with another device of the team first.")
    if len(doubtful) > only_here and not yes:
        asking = Asking()
        require_person(asking, call, "--yes")
        if await asking.ask("Purge them here all the same? Type 'yes': ") != "yes":
            raise NotPermitted(what="It was not confirmed.", kept="Nothing was purged.", do="Deliver first.")
    return bool(doubtful)


def require_person(asking: Asking, call: Call, option: str) -> None:
    """Raise NotPermitted where nobody can be asked; the option is what says yes for them."""
    if call.is_json or not asking.is_terminal:
        raise NotPermitted(
            what="What would be lost is listed above; nobody is here to be asked.",
            kept="Nothing was changed.",
            do=f"Look at it, then say {option}.",
        )


async def _rule(
    call: Call, device: Client, table: str, *, off: bool, after: int | None, space: int | None, receipts: int
) -> ExitCode:
    if not table:
        raise UsageError(
            what="It was not said for which table.", do="Name it, as in `edenmesh purge --rule TABLE --after DAYS`."
        )
    if off:
        await device.delete("/api/purge/rules", {"table": table})
        call.screen.say(f"Nothing of {table} is purged by itself any more.")
        return ExitCode.OK
    body: dict[str, Json] = {"table": table, "after_days": after or 0, "space_mb": space or 0, "receipts": receipts}
    answer = await device.put("/api/purge/rules", body)
    if call.is_json:
        call.screen.write_json(answer.value)
    else:
        call.screen.say(f"{_rule_words(answer.read(RuleView))} Only what others wrote and a gateway saw at a server.")
    return ExitCode.OK


def _rule_words(rule: RuleView) -> str:
    bounds = []
    if rule.after_days:
        bounds.append(f"{rule.after_days} days after it came")
    if rule.space_mb:
        bounds.append(f"where it takes more than {rule.space_mb} MB, the oldest first")
    return f"{rule.table} is purged here {' or '.join(bounds)}, with {rule.receipts} receipts or more."


def _draw_rules(call: Call, answer: Answer) -> ExitCode:
    if call.is_json:
        call.screen.write_json(answer.value)
        return ExitCode.OK
    for rule in answer.read(list[RuleView]):
        call.screen.say(_rule_words(rule))
    if not answer.read(list[RuleView]):
        call.screen.say("There are no rules: nothing is purged by itself.")
    return ExitCode.OK
