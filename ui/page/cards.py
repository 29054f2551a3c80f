"""Results as HTML cards. Every text is escaped here; nothing from a catalogue, a file or a model becomes markup."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from zlib import crc32

from agent.values import Evidence, GenerationOffer, TraceStep, TrackFact, TurnPlan
from retrieval.constraints import Receipt
from retrieval.scene import LIMITS

_STATUS = {
    "enforced": ("✓", "holds for every track"),
    "scored": ("≈", "weighs in the order"),
    "unenforceable": ("✗", "cannot be checked"),
}


_SHAPE = "M7 10v11H3V10zm0 0 5-8c2 0 3 1 2 5h6c1 0 2 1 1.500 2.500l-2.500 9c-.3 1-1 2.500-2 2.500H7"
_THUMB = f'<svg viewBox="0 0 24 24" aria-hidden="true"><path d="{_SHAPE}"/></svg>'
_THUMB_DOWN = f'<svg viewBox="0 0 24 24" aria-hidden="true"><path transform="rotate(180 12 12)" d="{_SHAPE}"/></svg>'


def cards(evidence: Evidence, session_id: str) -> str:
    """Return the result list of one turn."""
    if not evidence.tracks and evidence.generation is None and not evidence.playlist_id:
        return ""
    parts = ['<div class="tri-results">', receipts(evidence.receipts)]
    if evidence.scene:
        parts.append(f'<p class="tri-scene">I see: {escape(evidence.scene)}. <small>({escape(LIMITS)})</small></p>')
    parts += [_card(t, session_id) for t in evidence.tracks]
    if evidence.tracks:
        parts.append(_export([t.track_id for t in evidence.tracks]))
    if evidence.playlist_id:
        parts.append(_saved(evidence.playlist_id))
    if evidence.generation is not None and evidence.generation.id is not None:
        parts.append(generation_card(evidence.generation))
    return "".join(parts) + "</div>"


def _card(t: TrackFact, session_id: str) -> str:
    # crc32, not hash(): the colour of an album stays the same from one start of the server to the next.
    tile = crc32((t.album or t.artist or t.title).encode()) % 360
    facts = [f"{t.tempo_bpm:.0f} BPM" if t.tempo_bpm else "", t.key or "", _clock(t.duration_s), str(t.year or "")]
    tags = "".join(f'<span class="tri-tag">{escape(tag)}</span>' for tag in t.tags[:5])
    licence = escape(t.licence or "licence unknown")
    credit = f' title="{escape(t.attribution)}"' if t.attribution else ""
    badge = '<span class="tri-badge">generated</span>' if t.provenance == "generated" else ""
    ids = f'data-track="{escape(t.track_id)}" data-session="{escape(session_id)}"'
    name, source = escape(t.title), f"/v1/tracks/{escape(t.track_id)}/preview"
    return f"""<article class="tri-card" {ids} aria-label="{name}">
<div class="tri-tile" style="--h:{tile}" aria-hidden="true">{t.handle}</div>
<div class="tri-body"><h3><span class="tri-handle">#{t.handle}</span> {name} {badge}</h3>
<p class="tri-by">{escape(t.artist or "artist unknown")}{" · " + escape(t.album) if t.album else ""}</p>
<p class="tri-why">{escape(t.why)}</p>
<p class="tri-facts">{escape(" · ".join(f for f in facts if f))} <span{credit}>· {licence}</span></p>
<p class="tri-tags">{tags}</p>
<div class="tri-row"><audio controls preload="none" src="{source}" aria-label="Preview of {name}"></audio>
{_react("like", name, _THUMB)}{_react("dislike", name, _THUMB_DOWN)}
</div></div><div class="tri-fit" title="probability that it fits">{t.score:.0%}</div></article>"""


def _react(kind: str, name: str, icon: str) -> str:
    label = f"{kind.capitalize()} {name}"
    state = f'data-react="{kind}" aria-pressed="false" aria-label="{label}"'
    return f'<button type="button" class="tri-btn" {state}>{icon}</button>'


def _export(ids: Sequence[str]) -> str:
    joined = escape(",".join(ids))
    buttons = "".join(
        f'<button type="button" class="tri-btn" data-export="{f}" data-ids="{joined}">{f.upper()}</button>'
        for f in ("m3u8", "xspf", "jspf")
    )
    note = '<span class="tri-note" role="status"></span>'
    return f'<div class="tri-row tri-export"><span>Export this list:</span>{buttons}{note}</div>'


def _saved(playlist_id: str) -> str:
    links = " ".join(
        f'<a class="tri-btn" href="/v1/playlists/{escape(playlist_id)}/export?format={f}" download>{f.upper()}</a>'
        for f in ("m3u8", "xspf", "jspf")
    )
    return f'<div class="tri-row tri-export"><span>Your playlist:</span>{links}</div>'


def generation_card(offer: GenerationOffer) -> str:
    """Return a card that follows a running generation by itself."""
    label = f'data-generation="{escape(offer.id or "")}" aria-label="Generated piece"'
    return f"""<article class="tri-card tri-gen" {label}>
<div class="tri-tile" style="--h:280" aria-hidden="true">♪</div><div class="tri-body">
<h3>{escape(offer.text[:120])} <span class="tri-badge">generated</span></h3>
<progress max="1" value="0" aria-label="Progress"></progress>
<p class="tri-facts" role="status">queued</p><div class="tri-row tri-audio"></div></div></article>"""


def receipts(given: Sequence[Receipt]) -> str:
    """Return what became of each wish, as chips."""
    chips = []
    for r in given:
        sign, meaning = _STATUS[r.status]
        chips.append(
            f'<li class="tri-chip tri-{r.status}" title="{escape(meaning)}: {escape(r.evidence)}">'
            f"{sign} {escape(r.constraint.words)}</li>"
        )
    return f'<ul class="tri-chips" aria-label="Your wishes">{"".join(chips)}</ul>' if chips else ""


def trace(plan: TurnPlan, steps: Sequence[TraceStep]) -> str:
    """Return what was understood and done; who understood it is said once, by the step where it has come."""
    told = f"<li><b>understood</b> {escape(plan.intent)} ({plan.confidence:.0%} sure, by {escape(plan.planner)})</li>"
    lines = [] if any(s.name == "understand" for s in steps) else [told]
    lines += [f"<li><b>{escape(s.name)}</b> {escape(s.detail)} <i>{s.ms:.0f} ms</i></li>" for s in steps]
    return f'<ol class="tri-trace">{"".join(lines)}</ol>'


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
