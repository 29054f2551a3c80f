"""MIDI files with parts to hand over."""

import pretty_midi

from agent.generation.material import Clip


def parts_file(path, *lines, tempo=100.0):
    """Write one track a line, eight bars of half notes."""
    midi = pretty_midi.PrettyMIDI(initial_tempo=tempo)
    for pitches in lines:
        track = pretty_midi.Instrument(48)
        track.notes = [pretty_midi.Note(80, p, n * 1.2, n * 1.2 + 1.1) for n, p in enumerate((pitches * 16)[:16])]
        midi.instruments.append(track)
    midi.write(str(path))
    return Clip(str(path), "midi", path.name)
