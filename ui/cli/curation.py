"""``trichord evaluate dialogue --cpcd DIR``: people's own playlist dialogues over a catalogue of their tracks."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from catalog.names import fold
from retrieval.editions import strip_edition
from retrieval.reading.artists import credits_of
from ui.cli.output import out

if TYPE_CHECKING:
    from catalog.values import Described
    from ui.compose import App

_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What to play: the folder, which half of it, and on how many turns the language model alone is asked.

    `playlists` are playlist data that the catalogue has as its own, as an installation with playlists would.
    """

    folder: Path
    part: str
    seed: int
    model_turns: int
    plots: Path | None
    playlists: tuple[Path, ...] = ()


def evaluate(parts: App, asked: Asked, as_json: bool) -> None:
    """Play the dialogues with the agent over a temporary catalogue of their tracks, and print the table."""
    import numpy as np
    from rich.console import Console
    from rich.progress import track

    from agent.assistant import Assistant
    from agent.evaluation.curating import CuratedStage, curated_reports, deep_enough, ndcg_by
    from agent.evaluation.curation import part_of, read_curation
    from agent.evaluation.playing import MAX_LIST, Deep, peers
    from retrieval.evaluation.report import markdown, write_bars

    tracks, dialogues = read_curation(asked.folder)
    played = part_of(dialogues, asked.part)
    with (
        _shelf(parts, tracks, asked.playlists) as app,
        closing(Assistant(Deep(app.planner, deep_enough), app.tools, app.settings.data_dir / "sessions.db")) as agent,
    ):
        rankers = peers(app.engine.state.snapshot, app.text, MAX_LIST)
        model = app.names_alone if asked.model_turns else None
        stage = CuratedStage(agent, rankers, model, asked.model_turns)
        shown = track(played, "dialogues", console=Console(stderr=True))
        lists = app.catalogue.playlists.page(1)[1]
        answers = [answer for dialogue in shown for answer in stage.play(dialogue)]
    rng = np.random.default_rng(asked.seed)
    reports = curated_reports(answers, rng)
    about = (
        f"{len(played)} of {len(dialogues)} dialogues ({asked.part}), {len(answers)} turns over {len(tracks)} tracks; "
        f"planner: {parts.settings.planner}" + (f"; {lists} playlists." if lists else ".")
    )
    written = []
    if asked.plots is not None:
        by_turn = ndcg_by(answers, lambda a: str(a.place), rng)
        whole = ndcg_by(answers, lambda _: "en", rng)
        plots = {"CPCD nDCG@20 by turn": by_turn, "CPCD nDCG@20 by language": whole}
        written = write_bars(plots, asked.plots)
    if as_json:
        out({"about": about, "tasks": [asdict(r) for r in reports]})
        return
    typer.echo(markdown(reports, about))
    if written:
        typer.echo("Written: " + ", ".join(map(str, written)))


@contextmanager
def _shelf(parts: App, tracks: list[Described], playlists: Sequence[Path] = ()) -> Iterator[App]:
    """Yield an App over a catalogue of these tracks alone, which goes with it; encoders and models are the user's."""
    from ui.compose import App

    settings = parts.settings
    parts.close()
    with tempfile.TemporaryDirectory() as name:
        own = {"data_dir": Path(name), "models_dir": settings.models_path, "retrain_playlists": False}
        app = App(settings.model_copy(update=own))
        try:
            for start in range(0, len(tracks), _AT_ONCE):
                app.catalogue.library.describe(tracks[start : start + _AT_ONCE])
            _import(app, tracks, playlists)
            app.engine.rebuild()
            yield app
        finally:
            app.close()


def _import(app: App, tracks: list[Described], paths: Sequence[Path]) -> None:
    """Store the lists of playlist data, their entries linked by title and artist.

    Entries of others keep their words, as in any import, where their artist has tracks here; the rest would tell
    nothing of this catalogue.
    """
    from catalog.values import PlaylistItem
    from retrieval.evaluation.playlists.datasets import read_lists

    here = {_song(t.metadata.title, t.metadata.artist or ""): t.id for t in reversed(tracks)}
    artists = {name for t in tracks for name in credits_of(t.metadata.artist or "")}
    named, lists = read_lists(paths)
    items = {
        i: PlaylistItem(here.get(_song(t.title, t.artist)), t.title, t.artist)
        for i, t in named.items()
        if not artists.isdisjoint(credits_of(t.artist))
    }
    for listed in lists:
        if kept := [items[i] for i in listed.tracks if i in items]:
            app.catalogue.playlists.create(listed.title, kept)


def _song(title: str, artist: str) -> tuple[str, str]:
    """Return what two spellings of one song share: its plain title and its main artist."""
    return fold(strip_edition(title)), next(iter(credits_of(artist)), "")
