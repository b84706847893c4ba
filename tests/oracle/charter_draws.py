"""Long worlds of charter entries, always the same for a seed: of many devices, of stewards, of teams that become one.

They are kept, and to be looked at, not played on.
"""

from collections.abc import Iterable
from functools import lru_cache
from random import Random
from typing import Final

from edenmesh.core.trust import Charter, Leave
from tests.oracle.charter_worlds import ACTIONS, DEVICES, TEAM_ACTIONS, Step, World, random_steps

COUNCIL: Final = (
    *("meet", "meet", "hear", "accept", "destination", "form", "erase", "confirm", "confirm"),
    *("accept", "destination", "form", "ask", "erase", "take", "give", "meet", "confirm", "revoke"),
)


@lru_cache(maxsize=300)
def random_world(seed: int) -> World:
    """A long world, always the same for a seed; to be looked at, not played on."""
    random = Random(seed)
    return World(random_steps(random, random.randrange(5, 50)), stewards=seed % 4)


@lru_cache(maxsize=300)
def random_council(seed: int) -> World:
    """A world of three or four stewards who decide much."""
    random = Random(seed)
    drawn = _drawn(random, random.randrange(20, 60), COUNCIL)
    steps = [step._replace(actor=step.actor % 4, target=step.target % 5) for step in drawn]
    return World(steps, stewards=2 + seed % 2)


@lru_cache(maxsize=300)
def random_succession(seed: int) -> World:
    """A world in which stewards put another founder in the place of the first, and all go on together."""
    random = Random(seed)
    drawn = _drawn(random, 25, (*COUNCIL, "give", "introduce"))
    steps = [step._replace(actor=step.actor % 4, target=step.target % 4) for step in drawn]
    world = World(steps[:5], stewards=3)
    for action, target in (("take", 3), ("revoke", 3), ("revoke", 5)):
        world.play(Step(ACTIONS.index(action), 0, target, random.randrange(16)))
    world.heard[1] |= world.heard[0] if seed % 3 else frozenset()
    found = world.refound(2, {1}, 1)
    for number in range(4) if found is not None else ():
        world.heard[number] |= world.heard[2]
        world.homes[number] = world.homes[2]
    steps.insert(random.randrange(6, 20), Step(ACTIONS.index("revoke"), 2, 0, random.randrange(10, 15)))
    for step in steps[5:25]:
        world.play(step)
    return world


@lru_cache(maxsize=300)
def random_union(seed: int) -> World:
    """A world of two teams that devices 2 and 5 both belong to, until the teams become one and go on together."""
    random = Random(seed)
    world = World(stewards=1, teams=True)
    homes = {0: world.homes[0], 3: world.homes[3]}
    for lead in homes:
        for guest in (2, 5):
            world.write(world._act("introduce", lead, guest, 0) or Leave(device=b""), lead)
        world.heard[lead + 1] = world.heard[lead]
    for drawn in _drawn(random, 12, ("admit", "admit", "take", "revoke", "certify", "leave")):
        lead = random.choice((0, 3))
        is_taking = ACTIONS[drawn.action] in ("take", "revoke")
        actor = lead if is_taking else random.choice((2, 5))
        world.homes[actor] = homes[lead]
        if drawn.choice % 3:
            world.heard[actor] |= world.heard[lead]
        world.play(drawn._replace(actor=actor, target=random.choice((1, 2, 4, 5))))
        # A lead stands on nothing that its charter refuses, else the union would not be one.
        heard = (world.entries[one] for one in world.heard[lead] | world.heard[actor])
        world.heard[lead] |= {bytes(one) for one in Charter.of(heard, world.homes[lead]).entries}
    united = world.refound(random.choice((0, 3)), {0, 3}, 1)
    for number in range(DEVICES) if united is not None else ():
        world.heard[number] |= world.heard[0]
        world.homes[number] = world.homes[0]
    for step in _drawn(random, 10, ACTIONS):
        world.play(step)
    return world


@lru_cache(maxsize=300)
def random_teams(seed: int) -> World:
    """A long world with more than one mesh."""
    random = Random(seed)
    steps = random_steps(random, random.randrange(20, 60), TEAM_ACTIONS)
    return World(steps, stewards=1 + seed % 2, teams=True)


def _drawn(random: Random, size: int, actions: Iterable[str]) -> list[Step]:
    """Steps of some kinds of action only."""
    places = [ACTIONS.index(action) for action in sorted(actions)]
    return [step._replace(action=random.choice(places)) for step in random_steps(random, size)]
