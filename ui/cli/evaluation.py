"""``trichord evaluate``: how good the answers are, over your own catalogue and over outside data."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ui.cli.output import out

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from retrieval.continuation.models.titles import Embed
    from retrieval.evaluation.captions import Captioned
    from retrieval.evaluation.pairs import ScenePair
    from retrieval.evaluation.values import TaskReport
    from ui.compose import App

    Task = Callable[[np.random.Generator], list[TaskReport]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What to measure: `cases` a task of the catalogue's own, and outside data with at most `limit` captions."""

    cases: int
    seed: int
    pairs: Path | None
    captions: Path | None
    limit: int


def retrieval(parts: App, output: Path, asked: Asked, as_json: bool) -> None:
    """Run every task and write the report."""
    import numpy as np

    from retrieval.errors import QueryError, RetrievalError
    from retrieval.evaluation.captions import read_captions
    from retrieval.evaluation.pairs import read_pairs
    from retrieval.evaluation.report import markdown, write_plots, write_report

    # Outside data are read first: what is wrong with them shows before an hour of work.
    captions = None if asked.captions is None else read_captions(asked.captions)
    pairs, left_out = ([], 0) if asked.pairs is None else read_pairs(asked.pairs)
    tracks = len(parts.engine.state.snapshot)
    if tracks < 2 and (captions is None or pairs):
        raise QueryError(f"The catalogue has {tracks} tracks; ingest at least two to evaluate.")
    # Each task draws from a stream of its own, whichever others run, so that one case more here changes nothing there.
    run = [*_own(parts, asked.cases, tracks), *_outside(parts, asked, pairs, captions)]
    streams = np.random.default_rng(asked.seed).spawn(len(run))
    reports = [r for task, rng in zip(run, streams, strict=True) if task is not None for r in task(rng)]
    about = f"{tracks} tracks, ranker {parts.ranker.name}, seed {asked.seed}, {asked.cases} cases a task."
    if left_out:
        about += f" {left_out} pairs without a plain file for their scene were left out."
    written = write_report(reports, output, about)
    try:
        written += write_plots(reports, output)
    except RetrievalError as error:
        # The figures are there all the same.
        typer.echo(str(error), err=True)
    parts.close()
    if as_json:
        out([asdict(r) for r in reports])
        return
    typer.echo(markdown(reports, about))
    typer.echo("Written: " + ", ".join(str(p) for p in written))


def _own(parts: App, cases: int, tracks: int) -> list[Task | None]:
    """Return the tasks over the user's own catalogue; None for each where it is too small."""
    from retrieval.evaluation import tasks

    engine = parts.engine
    run: list[Task] = [
        lambda rng: [tasks.text_to_music(engine, cases, rng)],
        lambda rng: [tasks.music_to_music(engine, cases, rng)],
        lambda rng: [tasks.hard_wishes(engine, cases, rng)],
        lambda rng: [tasks.nothing_fits(engine, rng)],
        lambda rng: [tasks.duplicates(engine, cases, rng)],
        lambda rng: [tasks.latency(engine, min(cases, 100), rng)],
        lambda rng: [tasks.title_to_music(engine, cases, rng)],
    ]
    return [task if tracks >= 2 else None for task in run]


def _outside(parts: App, asked: Asked, pairs: list[ScenePair], rows: list[Captioned] | None) -> list[Task | None]:
    """Return the two tasks over outside data; None for one that was not given."""
    from retrieval.evaluation.captions import CaptionParts, captions
    from retrieval.evaluation.pairs import scenes_to_music

    def by_scenes(rng: np.random.Generator) -> list[TaskReport]:
        return [scenes_to_music(parts.engine.state.snapshot, pairs, parts.suggester.look, rng)]

    def by_captions(rng: np.random.Generator) -> list[TaskReport]:
        means = CaptionParts(parts.text, parts.music_space, parts.ranker)
        with tempfile.TemporaryDirectory() as folder:
            return captions(rows or [], asked.limit, rng, Path(folder), means)

    return [by_scenes if pairs else None, by_captions if rows is not None else None]


def embedder(parts: App) -> Embed | None:
    """Return what embeds titles, where the text model was pulled."""
    from retrieval.continuation.models.titles import EmbedOnce

    return None if parts.text is None else EmbedOnce(parts.text)


def playlists(parts: App, paths: list[Path], split: str, part: str, seed: int, output: Path, as_json: bool) -> None:
    """Split by playlist, train every model and peer, ask all scenarios, and write the report."""
    from rich.console import Console
    from rich.table import Table

    from retrieval.continuation.first_stage import Options
    from retrieval.errors import QueryError
    from retrieval.evaluation.playlists.datasets import read_dataset, split_by_playlist
    from retrieval.evaluation.playlists.run import MEASURES, OURS, best_peer, evaluate, table, write_report

    if split != "playlist":
        raise QueryError(f"The split is {split[:40]!r}; only `playlist` keeps what is tested out of the training.")
    if part not in {"tune", "test"}:
        raise QueryError(f"The part is {part[:40]!r}; choose tune or test.")
    dataset = read_dataset(paths)
    console = Console(stderr=True)
    outcome = evaluate(
        dataset,
        split_by_playlist(dataset, seed),
        Options(seed=seed),
        part=part,
        embed=embedder(parts),
        report=console.print,
    )
    parts.close()
    lines = table(outcome)
    write_report(outcome, output)
    ratios = {
        m: (best_peer(outcome, n), *outcome.ratio(OURS, best_peer(outcome, n), n)) for n, m in enumerate(MEASURES)
    }
    if as_json:
        out({"dataset": dataset.name, "part": part, "seed": seed, "table": lines, "ratios": ratios})
        return
    shown = Table(*lines[0], title=f"{dataset.name}: R-precision by scenario, means, 95 % intervals over playlists")
    for line in lines[1:]:
        shown.add_row(*line)
    Console().print(shown)
    for measure, (peer, ratio, low, high) in ratios.items():
        typer.echo(f"{measure}: {ratio:.2f} [{low:.2f}, {high:.2f}] times {peer.strip()}")
    typer.echo(f"Written: {output}")


@dataclass(frozen=True, slots=True)
class Submission:
    """Where the challenge set is, where its answer goes, and who gives it."""

    challenge: Path
    output: Path
    team: str
    contact: str


def submission(parts: App, paths: list[Path], asked: Submission, seed: int) -> None:
    """Train on all lists, answer the challenge set, and check what was written as the challenge does."""
    from retrieval.continuation.first_stage import Options
    from retrieval.errors import QueryError
    from retrieval.evaluation.playlists.challenge import answers, check_submission, read_challenge, write_submission
    from retrieval.evaluation.playlists.datasets import read_dataset
    from retrieval.evaluation.playlists.run import ranker_of_all

    challenge = read_challenge(asked.challenge)
    dataset = read_dataset(paths)
    rank, popular = ranker_of_all(dataset, Options(seed=seed), embedder(parts))
    parts.close()
    write_submission(asked.output, asked.team, asked.contact, answers(dataset, challenge, rank, popular))
    if faults := check_submission(asked.output, challenge):
        raise QueryError(f"The submission would be refused ({len(faults)} faults): {faults[0]}.")
    typer.echo(f"{len(challenge)} playlists are answered in {asked.output}; it passes the challenge's checks.")
