"""A server with a video desk: real clips and sounds, no weights (nothing is recognised, all the rest is measured)."""

from contextlib import contextmanager

from film_media import write_sound
from small_server import settled

from catalog.store.files import FoundFile
from catalog.values import TrackId, TrackMetadata
from encoders.media.audio import SandboxedAudioAnalyzer
from encoders.media.video import SandboxedVideoAnalyzer


def add_track(parts, track_id, path, **told):
    """Bring a sound file into the catalogue as a track of that id."""
    bare = SandboxedAudioAnalyzer(parts.models, workers=1, taggers=())
    queue = parts.catalogue.queue
    queue.offer([FoundFile(str(path), "", path.stat().st_size, path.stat().st_mtime_ns)])
    queued = next(each for each in queue.pending() if each.path == path)
    queue.finish(queued, track_id, TrackId(track_id), TrackMetadata(**told), bare.analyze(path))
    bare.close()


@contextmanager
def desk(folder, monkeypatch, sounds, **told):
    """Yield parts with tracks: `sounds` maps an id to (samples at 22,050 Hz, metadata)."""
    with settled(folder, monkeypatch, **told) as parts:
        parts.__dict__["video"] = SandboxedVideoAnalyzer(parts.models, models=())
        for track_id, (samples, metadata) in sounds.items():
            add_track(parts, track_id, write_sound(folder / f"{track_id}.wav", samples), **metadata)
        yield parts
        parts.video.close()
