"""Final Cut Pro XML 1.10: the film on the spine, the music connected to it below, with level and fades.

Written here and not by OpenTimelineIO's adapter, which fails on 23.976, 29.97 and 59.94 frames a second and knows no
levels (1.0.0); the tests read it back with that at whole rates. All times are whole frames, as Final Cut wants them.
"""

from __future__ import annotations

from fractions import Fraction
from xml.sax.saxutils import quoteattr

from catalog.formats.cues.values import CueDocument, CueLine, frames, named, plain

_LINE = 1000


def write_fcpxml(document: CueDocument) -> str:
    """Return the document."""
    rate, film = document.rate, document.film
    length = _time(document.length, rate)
    sound = ' hasAudio="1" audioSources="1" audioChannels="2" audioRate="48000"' if film.has_audio else ""
    name = quoteattr(plain(film.name))
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<!DOCTYPE fcpxml>",
        '<fcpxml version="1.10">',
        "  <resources>",
        f'    <format id="r1" frameDuration="{_time(1, rate)}" width="{film.width}" height="{film.height}"/>',
        f'    <asset id="r2" name={name} start="0s" duration="{length}" format="r1" hasVideo="1" videoSources="1"'
        f"{sound}>",
        f"      {_media(document.clip)}",
        "    </asset>",
    ]
    for n, line in enumerate(document.lines, 3):
        parts += [
            f'    <asset id="r{n}" name={quoteattr(named(line.cue))} start="0s" '
            f'duration="{_time(max(1, frames(line.source_s, rate)), rate)}" hasAudio="1" audioSources="1" '
            'audioChannels="2" audioRate="48000">',
            f"      {_media(line.source)}",
            "    </asset>",
        ]
    parts += [
        "  </resources>",
        f"  <event name={name}>",
        f"    <project name={name}>",
        f'      <sequence format="r1" duration="{length}" tcStart="0s" tcFormat="NDF" audioLayout="stereo" '
        'audioRate="48k">',
        "        <spine>",
        f'          <asset-clip ref="r2" name={name} offset="0s" start="0s" duration="{length}" format="r1" '
        f'tcFormat="NDF"{_own_sound(document)}>',
        *(f"            {_connected(line, n, document)}" for n, line in enumerate(document.lines, 3)),
        "          </asset-clip>",
        "        </spine>",
        "      </sequence>",
        "    </project>",
        "  </event>",
        "</fcpxml>",
    ]
    return "\n".join(parts) + "\n"


def _own_sound(document: CueDocument) -> str:
    if not document.film.has_audio:
        return ""
    return ' audioRole="dialogue"' if document.sheet.original != "remove" else ' srcEnable="video"'


def _connected(line: CueLine, number: int, document: CueDocument) -> str:
    cue, rate = line.cue, document.rate
    first, last = frames(cue.start_s, rate), min(frames(cue.end_s, rate), document.length)
    fades = "".join(
        f'<{name} type="easeIn" duration="{_time(frames(length_s, rate), rate)}"/>'
        for name, length_s in (("fadeIn", cue.fade_in_s), ("fadeOut", cue.fade_out_s))
        if frames(length_s, rate)
    )
    level = f'<param name="amount">{fades}</param>' if fades else ""
    note = plain("; ".join(part for part in (cue.attribution, cue.licence) if part), _LINE)
    return (
        f'<asset-clip ref="r{number}" name={quoteattr(named(cue))} lane="-1" offset="{_time(first, rate)}" '
        f'start="{_time(frames(cue.offset_s, rate), rate)}" duration="{_time(last - first, rate)}" '
        f'audioRole="music" srcEnable="audio"><note>{_text(note)}</note>'
        f'<adjust-volume amount="{cue.gain_db:.1f}dB">{level}</adjust-volume></asset-clip>'
    )


def _media(source: str) -> str:
    return f'<media-rep kind="original-media" src={quoteattr(source)}/>'


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _time(frame: int, rate: Fraction) -> str:
    told = Fraction(frame) / rate
    # Final Cut writes times of one film over one denominator.
    return "0s" if told == 0 else f"{frame * rate.denominator}/{rate.numerator}s"
