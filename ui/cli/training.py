"""``trichord train``: models of your own, trained on your own data."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ui.cli.output import out

if TYPE_CHECKING:
    from agent.generation.infilling.training import Course
    from encoders.detection.config import DetectorConfig
    from encoders.trimodal.card import Card
    from encoders.trimodal.checkpoint import EpochLog
    from encoders.trimodal.config import TrainingConfig
    from encoders.trimodal.pairs import PairedFeatures
    from encoders.values import Space
    from retrieval.continuation.first_stage import Options
    from ui.compose import App

# So much of each file is decoded for the detector.
_HEARD_S = 180.0


def ranker(parts: App, output: Path | None, sessions: int, seed: int, as_json: bool) -> None:
    """Train a ranker and keep it where it orders better, out of fold, than the one in use."""
    from rich.console import Console
    from rich.progress import Progress

    from retrieval.ranking.training import train

    target = output or parts.settings.ranker_path
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("asking", total=sessions)
        report = train(
            [(parts.catalogue, parts.engine)],
            target,
            sessions=sessions,
            seed=seed,
            in_use=parts.ranker,
            progress=lambda n: bar.update(task, completed=n),
        )
    parts.close()
    if as_json:
        out(asdict(report))
        return
    for name, (mean, low, high) in report.ndcg.items():
        typer.echo(f"{name:12} nDCG@10 {mean:.3f} [{low:.3f}, {high:.3f}]  ({report.sessions} questions, out of fold)")
    when = "" if output else "; a server takes it at its next start"
    kept = f"The new ranker ({report.trees} trees) is in {target}{when}."
    typer.echo(kept if report.written else "The new ranker orders no better than the one in use, which stays.")


def router(parts: App, output: Path | None, dialogues: int, seed: int, as_json: bool) -> None:
    """Draw dialogues of the training half, train the router on them and write it with its card."""
    from rich.console import Console
    from rich.progress import Progress

    from agent.planner.routing.training import everyday_examples, examples_of, train_router
    from agent.simulation.drawing import draw_dialogues
    from agent.simulation.everyday import everyday_sayings
    from encoders.text.multilingual import MultilingualTextEncoder

    target = output or parts.settings.router_path.parent
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("dialogues", total=1.0)
        examples = examples_of(draw_dialogues(parts.engine.state.snapshot, dialogues, seed, "train"), parts.rules)
        examples += everyday_examples(everyday_sayings(seed), parts.rules)
        model, card = train_router(
            examples,
            MultilingualTextEncoder(),
            seed,
            lambda step, share: bar.update(task, description=step, completed=share),
        )
    parts.close()
    target.mkdir(parents=True, exist_ok=True)
    model.write(target / "router.npz")
    (target / "router.json").write_text(json.dumps(asdict(card), indent=2) + "\n", encoding="utf-8")
    if as_json:
        out(asdict(card))
        return
    when = "" if output else "; a server takes it at its next start"
    typer.echo(
        f"{card.examples} messages of {card.templates} templates. On templates left out {card.accuracy:.1%} of the "
        f"kinds are right; sure of {card.sure:.1%}, and right in {card.right_when_sure:.1%} of those. "
        f"It is in {target}{when}."
    )


def rewriter(gguf: Path, output: Path, epochs: int, seed: int, as_json: bool) -> None:
    """Train the rewriter's adapter and write it with its card."""
    from rich.console import Console
    from rich.progress import Progress

    from agent.errors import ModelError
    from agent.planner.rewriting.training import Options, train

    if not gguf.is_file():
        raise ModelError(f"there is no file {str(gguf)!r}; `trichord models pull` fetches model.gguf")
    output.mkdir(parents=True, exist_ok=True)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("training", total=1.0)
        options = Options(epochs=epochs, seed=seed)
        card = train(gguf, output / "rewriter.gguf", options, lambda share: bar.update(task, completed=share))
    (output / "rewriter.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    if as_json:
        out(card)
        return
    losses = ", ".join(f"{loss:.3f}" for loss in card["tune_loss"])
    typer.echo(
        f"{card['pairs']} pairs; nats a token on {card['tune_pairs']} left out, by epoch: {losses}. In {output}."
    )


def melody(scores: Path, output: Path, epochs: int, seed: int, as_json: bool) -> None:
    """Train the melody model on scores and write it with its figures."""
    from rich.console import Console
    from rich.progress import Progress

    from agent.generation.melodies.passages import read_passages
    from agent.generation.melodies.training import train_melody
    from agent.generation.values import GenerationError

    if not scores.is_dir():
        raise GenerationError(f"there is no folder {str(scores)!r}; give one with MuseScore 3 files (.mscx)")
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=1.0)
        read = list(read_passages(scores))
        model, card = train_melody(
            [passage for _, found in read for passage in found],
            sum(bool(found) for _, found in read),
            epochs,
            seed,
            lambda step, share: bar.update(task, description=step, completed=share),
        )
    output.mkdir(parents=True, exist_ok=True)
    model.write(output / "melody.npz")
    (output / "melody.json").write_text(json.dumps(asdict(card), indent=2) + "\n", encoding="utf-8")
    if as_json:
        out(asdict(card))
        return
    told = ", ".join(f"{value:.2f} {name}" for name, value in card.perplexity.items())
    typer.echo(
        f"{card.notes['train']} notes of {card.works['train']} works. Perplexity an event on "
        f"{card.works['test']} works left out: {told}. Epoch {card.best_epoch} is in {output}."
    )


def infilling(scores: Path, output: Path, course: Course, as_json: bool) -> None:
    """Train the infilling model on scores and write it with its figures."""
    from rich.console import Console
    from rich.progress import Progress

    from agent.generation.infilling.sheets import load_sheets, read_sheets, write_sheets
    from agent.generation.infilling.training import train_infilling
    from agent.generation.values import GenerationError

    if not scores.exists():
        raise GenerationError(f"there is no {str(scores)!r}; give a folder of MuseScore 3 files (.mscx), or grids.npz")
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=1.0)
        sheets = load_sheets(scores) if scores.is_file() else [one for _, found in read_sheets(scores) for one in found]
        model, card = train_infilling(
            sheets, course, lambda step, share: bar.update(task, description=step, completed=share)
        )
    output.mkdir(parents=True, exist_ok=True)
    if scores.is_dir():
        write_sheets(output / "grids.npz", sheets)
    model.write(output / "infilling.npz")
    (output / "infilling.json").write_text(json.dumps(asdict(card), indent=2) + "\n", encoding="utf-8")
    if as_json:
        out(asdict(card))
        return
    nats = card.nats["given the first"]
    typer.echo(
        f"{card.windows['train']} windows of {card.works['train']} works. On {card.works['test']} works left out at "
        f"most {nats:.3f} nats a sixteenth, three of four parts hidden. Step {card.best_step} is in {output}."
    )


def detector(parts: App, folder: Path, output: Path | None, config: DetectorConfig, as_json: bool) -> None:
    """Train a detector of generated music, each generator left out once, and say how each is told then."""
    from rich.console import Console
    from rich.progress import Progress

    from encoders.detection.examples import read_examples
    from encoders.detection.training import train_detector
    from encoders.music.logmel import SAMPLE_RATE_HZ

    target = output or parts.settings.detector_path
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("listening", total=1.0)
        examples = read_examples(
            folder,
            lambda path: parts.audio.waveform(path, SAMPLE_RATE_HZ, 0.0, _HEARD_S),
            lambda done, of: bar.update(task, completed=done, total=of),
        )
        bar.update(task, total=1.0)
        card = train_detector(
            examples, config, target, lambda step, share: bar.update(task, description=step, completed=share)
        )
    parts.close()
    if as_json:
        out(asdict(card) | {"better_than_chance": card.better_than_chance, "limits": card.limits})
        return
    for name, told in card.generators.items():
        typer.echo(
            f"{name}, left out: {told.auc:.1%} [{told.low:.1%}, {told.high:.1%}] of pairs right ({told.files} files)"
        )
    unused = "At least one generator that was left out may be told by chance alone: the detector is kept and not used."
    when = "" if output else "; an ingest uses it from its next start on"
    typer.echo(f"The detector is in {target}{when}." if card.better_than_chance else unused)


def reward(parts: App, output: Path | None, minimum: int, seed: int, as_json: bool) -> None:
    """Train a reward model on the votes of blind battles and say how right it is."""
    from rich.console import Console
    from rich.progress import Progress

    from agent.arena.hearing import heard_votes
    from agent.arena.reward import train_reward

    target, space = output or parts.settings.reward_path, parts.music_space
    folder = parts.settings.data_dir / "generated"
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("listening", total=1.0)
        votes = heard_votes(
            parts.catalogue,
            parts.audio,
            space,
            folder,
            lambda done, of: bar.update(task, completed=done, total=of),
        )
        model = train_reward(list(votes), space, minimum, seed)
    parts.close()
    model.write(target)
    card = model.card
    if as_json:
        out(asdict(card) | {"better_than_chance": card.better_than_chance})
        return
    typer.echo(
        f"{card.votes} votes on {card.words} different words. Of the {card.decided} that prefer a side it is right in "
        f"{card.accuracy:.1%} [{card.low:.1%}, {card.high:.1%}] on words left out; chance is 50 %."
    )
    when = "" if output else "; it chooses among several candidates from the next start on"
    unused = "That is not surely better than chance: it is kept and not used. More votes may help."
    typer.echo(f"The model is in {target}{when}." if card.better_than_chance else unused)


def playlists(parts: App, options: Options, resume: bool, as_json: bool) -> None:
    """Train the playlist models on the stored playlists that people made."""
    from rich.console import Console
    from rich.progress import Progress

    from retrieval.continuation.training import train

    lists = parts.engine.state.lists
    corpus = lists.corpus
    ids = list(parts.engine.state.snapshot.ids)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=1.0)
        card = train(
            corpus,
            ids,
            [str(place) for place in range(len(corpus))],
            parts.playlist_models,
            options,
            data="the user's own playlists",
            build=lists.over,
            resume=resume,
            report=lambda step, share: bar.update(task, description=step, completed=share),
        )
    parts.close()
    if as_json:
        out(asdict(card))
        return
    for name, measures in card.metrics.items():
        told = "  ".join(f"{m} {mean:.3f} [{low:.3f}, {high:.3f}]" for m, (mean, low, high) in measures.items())
        typer.echo(f"{name:8} {told}  (out of fold)")
    typer.echo(
        f"Learned from {card.lists} playlists ({card.entries} entries) in {card.train_s:g} s; a running server takes "
        "the models with its next question."
    )


def trimodal(
    parts: App, pairs: Path, output: Path | None, config: TrainingConfig, turns: int, resume: bool, as_json: bool
) -> None:
    """Train the tri-modal transformer, an epoch a line."""
    from encoders.trimodal.pairs import read_pairs, with_simulated_feedback
    from encoders.trimodal.training import train

    found = _in_spaces(parts, read_pairs(pairs))
    found = with_simulated_feedback(found, turns, config.seed)

    def told(line: EpochLog) -> None:
        words = f"epoch {line.epoch:4}  loss {line.loss:.4f}  recall@10 {line.recall_all:.3f}"
        typer.echo(f"{words}  without text {line.recall_without_text:.3f}", err=True)

    target = output or parts.settings.trimodal_path
    card = train(found, config, target, resume=resume, report=told)
    parts.close()
    out(card.model_dump(mode="json")) if as_json else _summary(card, target)


def _in_spaces(parts: App, pairs: PairedFeatures) -> PairedFeatures:
    """Name the spaces that the file does not name: those of the encoders in use, where the dimension is theirs."""
    in_use: dict[str, Space | None] = {
        "video": parts.picture_space,
        "text": None if parts.text is None else parts.text.space,
        "music": parts.music_space,
    }
    spaces = dict(pairs.spaces)
    for name, space in in_use.items():
        dim = getattr(pairs, name).shape[1]
        if name not in spaces and space is not None and space.dim == dim:
            spaces[name] = f"{space.id}@{space.weights_sha256}"
            typer.echo(f"{name}: taken for {space.id} ({dim}-d), the encoder in use.", err=True)
        elif name not in spaces:
            typer.echo(f"{name}: {dim}-d, of no encoder in use; Trichord will not use the model itself.", err=True)
    return replace(pairs, spaces=spaces)


def _summary(card: Card, target: Path) -> None:
    for split, uses in card.metrics.items():
        for name, m in uses.items():
            typer.echo(f"{split:10} {name:15} recall@10 {m.recall_at_10:.3f}  ({m.n} of {m.candidates} tracks)")
    typer.echo(f"The model of epoch {card.best_epoch} is in {target}.")
