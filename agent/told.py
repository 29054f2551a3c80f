"""What is said of a playlist that was made as asked: what was kept, what went, how long it is, how its energy goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from agent.languages.words import said
from catalog.store.library import Library
from catalog.values import Track, TrackId
from retrieval.constraints import ENDS, Constraint
from retrieval.continuation.arcs import read_arc
from retrieval.continuation.arranging import unknown
from retrieval.continuation.filling import LENGTH_SLACK
from retrieval.continuation.values import Arrangement, ContinuationRequest, Continued
from retrieval.filters import compile_constraints
from retrieval.state import State

# A course is told as followed from this difference of energy on.
_FELT = 0.1
# What comes first, ascending and descending.
_FIRST: Mapping[str, tuple[str, str]] = {
    **ENDS,
    "length": ENDS["duration"],
    "key": ("up the circle of fifths", "down the circle of fifths"),
    "title": ("A to Z", "Z to A"),
    "artist": ("A to Z", "Z to A"),
}


def told_of_list(
    library: Library,
    state: State,
    tracks: Sequence[Continued],
    before: Sequence[TrackId],
    request: ContinuationRequest,
    *,
    kept: Sequence[TrackId] = (),
    arrangement: Arrangement | None = None,
) -> tuple[str, ...]:
    """Return the sentences about a list.

    Args:
        library: knows the tracks that went.
        state: what the list was made from.
        tracks: the list.
        before: the tracks that it was made of; none: they are all new.
        request: what it was to be like.
        kept: the tracks that must stay, beside those that are pinned.
        arrangement: its order, if it is one by a property, at random or the other way round.
    """
    listed = [c.track for c in tracks]
    return (
        *_of_size(listed, before),
        *_of_length(listed, request),
        *_of_order(state, listed, arrangement),
        *_of_course(state, listed, request),
        *_of_kept(kept, listed, request),
        *_of_wishes(library, state, listed, before, request),
    )


def clock(seconds: float) -> str:
    """Return a length as ``48:05`` or ``1:59:40``."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def many(tracks: int) -> str:
    """Return a number of tracks in words."""
    return "1 track" if tracks == 1 else f"{tracks} tracks"


def _of_size(listed: Sequence[Track], before: Sequence[TrackId]) -> Iterator[str]:
    total = clock(sum(t.duration_s for t in listed))
    stay = sum(t.id in set(before) for t in listed)
    new, gone = len(listed) - stay, len(set(before)) - stay
    if not before:
        return
    stays = f"{stay} stay" if gone else f"all {stay} stay"
    parts = (stays, f"{gone} went" if gone else "", f"{new} new" if new else "")
    yield f"The list has {many(len(listed))} now, {total}: {', '.join(p for p in parts if p)}."


def _of_length(listed: Sequence[Track], request: ContinuationRequest) -> Iterator[str]:
    total = sum(t.duration_s for t in listed)
    asked = request.duration_s
    if asked is not None and request.n is None and abs(total - asked) > LENGTH_SLACK * asked:
        if total < asked:
            yield f"{clock(asked)} was asked for; this catalogue has no more that holds all of that."
        else:
            yield f"{clock(asked)} was asked for; what must stay, and the lengths of the tracks, allow no closer."
    if request.n is not None and request.insert == "end" and len(listed) < request.n:
        yield f"{request.n} tracks were asked for; this catalogue has no more that holds all of that."


def _of_order(state: State, listed: Sequence[Track], arrangement: Arrangement | None) -> Iterator[str]:
    if arrangement is None:
        return
    by = arrangement.by
    if by == "shuffle" or by == "reverse":
        yield "The order is a random one." if by == "shuffle" else "The order is the other way round."
        return
    named = "harmony" if by == "key" else by
    yield f"Ordered by {named}, {_FIRST[by][arrangement.descending]}."
    rows = state.snapshot.rows([t.id for t in listed])
    if strange := unknown(state.snapshot, rows, by):
        yield f"Nobody can tell the {named} of {many(strange)}: the end of the list."


def _of_course(state: State, listed: Sequence[Track], request: ContinuationRequest) -> Iterator[str]:
    arc = request.arc
    if arc is None or not listed:
        return
    if (between := read_arc(arc).between) is not None:
        yield from _of_sounds(state, listed, (str(arc[0]), str(arc[1])), between)
        return
    known = [e for t in listed if (e := t.number("energy")) is not None]
    if len(known) < 2:
        yield "Nobody can tell the energy of these tracks, so their course is anyone's guess."
        return
    part = max(1, len(known) // 4)
    middle = known[(len(known) - part) // 2 :][:part]
    first, mid, last = (float(np.mean(e)) for e in (known[:part], middle, known[-part:]))
    if arc == "flat":
        yield f"The energy stays between {min(known):.0%} and {max(known):.0%}."
    elif arc == "wave":
        yield f"The energy goes in two waves between {min(known):.0%} and {max(known):.0%}."
    elif isinstance(arc, str):
        change = last - first if arc == "rise" else first - last
        way = "rises" if arc == "rise" else "falls"
        if change >= _FELT:
            yield f"The energy {way} from {first:.0%} at the start to {last:.0%} at the end."
        else:
            yield f"The energy hardly {way} ({first:.0%} to {last:.0%}): these tracks allow no more."
    else:
        yield f"The energy goes from {first:.0%} over {mid:.0%} in the middle to {last:.0%}."


def _of_sounds(state: State, listed: Sequence[Track], said: tuple[str, str], between: tuple[str, str]) -> Iterator[str]:
    """Tell how much of two sounds is in the first and the last quarter of a list; `said` is what they were called."""
    rows = state.snapshot.rows([t.id for t in listed])
    part = max(1, len(rows) // 4)
    levels = [[float(state.snapshot.column(c)[some].mean()) for some in (rows[:part], rows[-part:])] for c in between]
    (first, gone), (before, last) = levels
    if (first - gone + last - before) / 2 >= _FELT:
        yield (
            f"The list goes from “{said[0]}” ({first:.0%} at the start, {gone:.0%} at the end) "
            f"to “{said[1]}” ({before:.0%}, {last:.0%})."
        )
    else:
        yield f"The list hardly goes from “{said[0]}” to “{said[1]}”: these tracks allow no more."


def _of_kept(must: Sequence[TrackId], listed: Sequence[Track], request: ContinuationRequest) -> Iterator[str]:
    place = {t.id: n for n, t in enumerate(listed, 1)}
    titles = {t.id: t.title for t in listed}
    kept = [i for i in (*must, *(i for _, i in request.pinned)) if i in place]
    if kept:
        yield f"Kept: {', '.join(f'“{titles[i]}” (#{place[i]})' for i in dict.fromkeys(kept))}."
    if moved := [titles[i] for p, i in request.pinned if i in place and place[i] != p]:
        yield f"“{moved[0]}” could not keep its place; the list ends before it."


def _of_wishes(
    library: Library,
    state: State,
    listed: Sequence[Track],
    before: Sequence[TrackId],
    request: ContinuationRequest,
) -> Iterator[str]:
    snapshot = state.snapshot
    compiled = compile_constraints(snapshot, request.constraints, state.playlists)
    here = {t.id for t in listed}
    # What only comes in does not undo what is there.
    inside = request.insert != "end"
    new = [t for t in listed if t.id not in set(before)]
    for wish, mask in zip(request.constraints, compiled.masks, strict=True):
        if wish.field == "per_artist":
            yield from _of_artists(new if inside else listed, wish, inside=inside)
            continue
        if mask is None or not wish.hard or wish.field == "order":
            continue
        words = said(wish)
        breaking = [t for t in listed if (row := snapshot.row_of.get(t.id)) is not None and not mask[row]]
        gone = [i for i in before if i not in here and (row := snapshot.row_of.get(i)) is not None and not mask[row]]
        if gone:
            yield f"Out for “{words}”: {_named(library.get_many(gone))}."
        if breaking:
            yield f"{_named(breaking)} stays, though it does not hold “{words}”."
        elif not gone:
            yield f"All hold “{words}”."


def _of_artists(listed: Sequence[Track], wish: Constraint, *, inside: bool) -> Iterator[str]:
    most = int(wish.bounds()[1])
    counts = Counter(t.artist for t in listed if t.artist)
    over = [a for a, n in counts.items() if n > most]
    if over:
        yield f"More than {most} by {over[0]}, since they must stay."
    else:
        yield f"At most {most} by one artist{' among the new ones' if inside else ''}."


def _named(tracks: Sequence[Track], most: int = 3) -> str:
    names = ", ".join(f"“{t.title}”" for t in tracks[:most])
    return names + (f" and {len(tracks) - most} more" if len(tracks) > most else "")
