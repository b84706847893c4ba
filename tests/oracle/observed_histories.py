"""Histories in which servers are seen often: by several gateways at once, going back, repeating what they had."""

from hypothesis import strategies as st

from edenmesh.core.records import OBSERVE, PUT, RESOLVE, RETRACT
from tests.oracle.histories import FIELDS, Step, Written, write_history

_NEAR = st.integers(min_value=1, max_value=4)
_steps = st.builds(
    Step,
    op=st.sampled_from((*[PUT] * 3, *[OBSERVE] * 7, RESOLVE, RETRACT)),
    author=st.integers(min_value=0, max_value=2),
    made=st.just(0),
    back=st.one_of(*[st.lists(_NEAR, min_size=1, max_size=2)] * 6, st.just([])).map(tuple),
    set=st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(("1", "2")), max_size=2),
    unset=st.one_of(st.just(frozenset()), st.just(frozenset()), st.frozensets(st.sampled_from(FIELDS), max_size=1)),
    add=st.just({}),
    remove=st.just(frozenset()),
    found=st.dictionaries(st.sampled_from(FIELDS), _NEAR, max_size=1),
    after=st.one_of(*[st.just(())] * 3, st.lists(_NEAR, min_size=1, max_size=1).map(tuple)),
    destination=st.just(0),
    ends=st.dictionaries(st.sampled_from(FIELDS), _NEAR, max_size=1),
    body=st.sampled_from((0, 0, 0, 1)),
)


@st.composite
def observed_histories(draw: st.DrawFn, steps_max: int = 8) -> Written:
    """Histories of which most versions are observations, some of them seen twice; some may not count."""
    steps: list[Step] = []
    for one in draw(st.lists(_steps, min_size=3, max_size=steps_max)):
        # A server gone back is seen as if for the first time.
        steps.append(one._replace(back=()) if one.after and one.op == OBSERVE else one)
        if one.op == OBSERVE and draw(st.booleans()):
            steps.append(_twin(steps[-1], draw(_steps)))
    written = write_history(steps, is_owned=True)
    ids = sorted(written)
    picked = draw(st.frozensets(st.integers(min_value=0, max_value=len(ids) - 1), max_size=1))
    return Written(written, frozenset(ids[one] for one in picked))


def _twin(seen: Step, other: Step) -> Step:
    """The same as another gateway sees it, which may know of other versions."""
    after = tuple(back + 1 for back in seen.after)
    set_ = {**seen.set, **other.set} if other.author else seen.set
    return other._replace(op=OBSERVE, back=tuple(back + 1 for back in seen.back), after=after, set=set_, body=seen.body)
