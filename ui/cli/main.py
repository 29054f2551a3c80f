"""``trichord``: the commands, their options, and how errors leave."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ui.cli.arena import arena_cli
from ui.cli.interchange import add_commands
from ui.cli.playlists import playlists_cli
from ui.cli.profile import profile_cli

if TYPE_CHECKING:
    from ui.compose import App

cli = typer.Typer(
    name="trichord",
    help="Find, continue and make music by conversation, on your own machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
models_cli = typer.Typer(help="Model weights: what there is, fetch, check.", no_args_is_help=True)
index_cli = typer.Typer(help="Vector indexes: build, check, go back.", no_args_is_help=True)
evaluate_cli = typer.Typer(help="Measure how good the answers are.", no_args_is_help=True)
simulate_cli = typer.Typer(help="Draw data to measure and to train with.", no_args_is_help=True)
train_cli = typer.Typer(help="Train models of your own.", no_args_is_help=True)
cli.add_typer(models_cli, name="models")
cli.add_typer(index_cli, name="index")
cli.add_typer(train_cli, name="train")
cli.add_typer(evaluate_cli, name="evaluate")
cli.add_typer(simulate_cli, name="simulate")
cli.add_typer(playlists_cli, name="playlists")
cli.add_typer(profile_cli, name="profile")
cli.add_typer(arena_cli, name="arena")
add_commands(playlists_cli)

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Count = Annotated[int, typer.Option("-n", help="How many tracks.", min=1, max=100)]


class _Shared:
    """What the options before the command said."""

    data_dir: Path | None = None


@cli.callback()
def shared(
    data_dir: Annotated[Path | None, typer.Option(help="Where everything is kept.", envvar="TRICHORD_DATA_DIR")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens.")] = False,
) -> None:
    """Find, continue and make music by conversation, on your own machine."""
    _Shared.data_dir = data_dir
    logging.basicConfig(level=logging.INFO if verbose else logging.ERROR, format="%(levelname)s %(name)s: %(message)s")


def main() -> None:
    """Run the command line. A user's error is one sentence and exit code 2; a fault keeps its trace."""
    try:
        cli(standalone_mode=True)
    except (ValueError, RuntimeError) as error:
        if type(error).__module__.split(".")[0] not in {"agent", "retrieval", "encoders", "catalog", "ui"}:
            raise
        typer.secho(f"trichord: {error}", err=True, fg=typer.colors.RED)
        sys.exit(2)


def app() -> App:
    """Return the parts over the chosen data directory."""
    from ui.compose import App
    from ui.settings import load_settings

    return App(load_settings(_Shared.data_dir))


@cli.command()
def ingest(
    paths: Annotated[list[Path] | None, typer.Argument(help="Folders, files or archives (.zip, .pk3).")] = None,
    prune: Annotated[bool, typer.Option(help="Forget tracks whose files are gone.")] = False,
    retry: Annotated[bool, typer.Option(help="Read quarantined files again, and those without a fingerprint.")] = False,
    report: Annotated[bool, typer.Option(help="Show quarantined files and why; reads nothing.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Bring music into the catalogue. Interrupt and run again at will: it goes on where it stopped."""
    from ui.cli import library

    library.report(app(), as_json) if report else library.ingest(app(), paths or [], prune, retry, as_json)


@cli.command()
def search(
    query: Annotated[str, typer.Argument(help="What to look for, in words.")],
    n: Count = 10,
    like: Annotated[list[str] | None, typer.Option(help="Id of a track to resemble; repeat for more.")] = None,
    freshness: Annotated[
        float | None, typer.Option(help="-1 (artists of --like) to 1 (other artists); the words decide unless told.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Find tracks by words; every wish gets a receipt."""
    from dataclasses import replace

    from catalog.values import TrackId
    from ui.cli import show

    parts = app()
    asked = parts.engine.request(query, n)
    dial = asked.freshness if freshness is None else freshness
    asked = replace(asked, like=tuple(map(TrackId, like or ())), freshness=dial)
    show.search(parts.engine.search(asked), as_json)
    parts.close()


@cli.command()
def chat(
    message: Annotated[str | None, typer.Argument(help="One message; without it, a conversation starts.")] = None,
    session: Annotated[str | None, typer.Option(help="Go on with this conversation.")] = None,
    attach: Annotated[list[Path] | None, typer.Option(help="A video, picture, sound or playlist file.")] = None,
    trace: Annotated[bool, typer.Option(help="Show what was understood and done.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Talk to the agent."""
    from ui.cli import conversation

    conversation.run(app(), message, session, attach or [], trace=trace, as_json=as_json)


@cli.command()
def suggest(
    video: Annotated[Path, typer.Argument(help="A clip or a picture.")],
    text: Annotated[str, typer.Option(help="What it should be like; outweighs the picture.")] = "",
    n: Count = 10,
    as_json: JsonFlag = False,
) -> None:
    """Find music for a video or a picture."""
    from ui.cli import show

    parts = app()
    suggestion = parts.suggester.suggest(_existing(video), text, n)
    if not as_json:
        show.brief(suggestion.brief)
    show.search(suggestion.result, as_json, scene=suggestion.brief)
    parts.close()


@cli.command()
def film(
    clip: Annotated[Path, typer.Argument(help="A video clip.")],
    text: Annotated[str, typer.Option(help="What the music should be like; outweighs the picture.")] = "",
    licence: Annotated[
        str, typer.Option(help="film, film-sharealike, film-noncommercial or any: what may lie under the picture.")
    ] = "film",
    export: Annotated[
        list[Path] | None, typer.Option(help="Write the cue sheet: .edl .csv .json .otio .fcpxml .txt; repeat.")
    ] = None,
    render: Annotated[Path | None, typer.Option(help="Write the film with its music to this MP4 file.")] = None,
    original: Annotated[str, typer.Option(help="The clip's own sound: keep, duck or remove.")] = "keep",
    keep: Annotated[bool, typer.Option(help="Leave the film on the video desk of this server.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Put music under a clip: per segment a track that fits, begun where it meets the cuts."""
    from ui.cli import film as desk

    wanted = desk.Wanted(text, licence, tuple(export or ()), render, original, keep)
    desk.film(app(), _existing(clip), wanted, as_json)


@cli.command()
def path(
    first: Annotated[str, typer.Argument(help="Where it begins: a title, or a track id.")],
    last: Annotated[str, typer.Argument(help="Where it ends: a title, or a track id.")],
    n: Annotated[int, typer.Option("-n", help="How many tracks, both ends included.", min=3, max=50)] = 8,
    as_json: JsonFlag = False,
) -> None:
    """Go from one track to another in small steps of sound, tempo and key."""
    from ui.cli import library

    library.path(app(), first, last, n, as_json)


@cli.command()
def identify(
    sound: Annotated[Path, typer.Argument(help="A recording, or a piece of one.")], as_json: JsonFlag = False
) -> None:
    """Tell which recording of the catalogue a sound was taken from."""
    from ui.api.routes import recognised
    from ui.cli import show

    parts = app()
    show.recognised(recognised(parts, _existing(sound)), as_json)
    parts.close()


@cli.command("continue")
def continue_(
    playlist: Annotated[Path | None, typer.Argument(help="A playlist file: M3U8, XSPF, JSPF, CSV or PLS.")] = None,
    title: Annotated[str, typer.Option(help="Start from a title alone, or name the file's playlist.")] = "",
    track: Annotated[list[str] | None, typer.Option(help="A track id to start from; repeat for more.")] = None,
    n: Annotated[int | None, typer.Option("-n", help="How many tracks to add.")] = None,
    minutes: Annotated[float | None, typer.Option(help="How long the added part should be.")] = None,
    order: Annotated[str | None, typer.Option(help="best (most fitting first) or smooth (in playing order).")] = None,
    arc: Annotated[
        str | None,
        typer.Option(help="Energy: flat, rise, fall, wave, or points: 0:0.2,0.5:0.9,1:0.3; or two sounds: sad,happy."),
    ] = None,
    include: Annotated[list[str] | None, typer.Option(help="A track id that must be in; repeat for more.")] = None,
    insert: Annotated[str, typer.Option(help="end, gaps (where steps are poorest) or even.")] = "end",
    max_per_artist: Annotated[int | None, typer.Option(help="At most so many tracks of an artist.")] = None,
    output: Annotated[Path | None, typer.Option(help="Write .m3u8, .xspf, .jspf or .csv.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Go on with a playlist."""
    from ui.cli import library

    how = library.How(order, arc, tuple(include or ()), insert, max_per_artist)
    library.continue_playlist(
        app(), None if playlist is None else _existing(playlist), title, track or [], n, minutes, output, as_json, how
    )


@cli.command()
def generate(
    text: Annotated[str, typer.Argument(help="What to compose, in words.")],
    duration: Annotated[float | None, typer.Option(help="Seconds; 30 unless the words say otherwise.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same music.")] = 0,
    candidates: Annotated[int, typer.Option(help="Write so many pieces and keep the best, 1 to 8.")] = 1,
    output: Annotated[Path, typer.Option(help="The file to write (FLAC).")] = Path("trichord.flac"),
    backend: Annotated[str | None, typer.Option(help="Who makes it (see: trichord backends).")] = None,
    melody: Annotated[
        Path | None,
        typer.Option(help="A tune to keep: MIDI, or a recording of one voice.", exists=True, dir_okay=False),
    ] = None,
    task: Annotated[
        Literal["keep", "chords", "skeleton", "quartet"] | None,
        typer.Option(
            help="What becomes of the melody: kept with a band, chords under it alone, a tune from its held notes, "
            "or a string quartet; else as the words say."
        ),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Compose new music to a file, marked as generated, measured back and compared with the catalogue."""
    from ui.cli import generating

    generating.generate(app(), text, duration, seed, candidates, output, backend, melody, task, as_json)


@cli.command()
def backends(as_json: JsonFlag = False) -> None:
    """List the music generators: what each can do, its licence, and what it takes to enable it."""
    from ui.cli import backends as listed

    parts = app()
    listed.show(parts.generators, as_json)
    parts.close()


@cli.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Where to listen; 127.0.0.1 unless told.")] = None,
    port: Annotated[int | None, typer.Option(help="7860 unless told.")] = None,
    page: Annotated[bool, typer.Option(help="Serve the page beside the API.")] = True,
) -> None:
    """Serve the page and the API."""
    import uvicorn

    from ui.api.app import create_app
    from ui.compose import App
    from ui.settings import load_settings

    settings = load_settings(_Shared.data_dir)
    told = {k: v for k, v in {"host": host, "port": port}.items() if v is not None}
    settings = settings.model_copy(update=told)
    parts = App(settings)
    for notice in parts.notices:
        typer.secho(f"notice: {notice}", err=True, fg=typer.colors.YELLOW)
    typer.echo(f"Trichord listens on http://{settings.host}:{settings.port}")
    uvicorn.run(
        create_app(parts, with_page=page),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        timeout_keep_alive=30,
        timeout_graceful_shutdown=5,
        server_header=False,
    )


@cli.command()
def mcp(
    folder: Annotated[
        list[Path] | None, typer.Option(help="A folder whose files the client may name; repeat for more.")
    ] = None,
) -> None:
    """Offer the agent's tools to a desktop client, over standard input and output (MCP)."""
    from ui.cli import tools

    tools.serve(app(), folder or [])


@cli.command()
def demo(
    music: Annotated[Path | None, typer.Option(help="Your own music folder instead of the demo catalogue.")] = None,
    full: Annotated[bool, typer.Option(help="Take many more packages (gigabytes).")] = False,
    start: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve when all is there.")] = True,
) -> None:
    """Set everything up with real free music, then serve."""
    from ui.cli import setup

    setup.demo(app(), music, full)
    if start:
        serve(None, None, page=True)


@cli.command()
def doctor(as_json: JsonFlag = False) -> None:
    """Say what is installed, what works, and the remedy for what does not."""
    from ui.cli import health

    sys.exit(health.report(app(), as_json))


@models_cli.command("list")
def models_list(as_json: JsonFlag = False) -> None:
    """List all weights that Trichord knows, with state, size and licence."""
    from ui.cli import weights

    weights.show(app().models.list(), as_json)


@models_cli.command("pull")
def models_pull(
    ids: Annotated[list[str] | None, typer.Argument(help="Which; the default set unless told.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Fetch weights, check them, convert where needed. Goes on where it stopped."""
    from ui.cli import weights

    weights.pull(app().models, ids, as_json)


@models_cli.command("verify")
def models_verify(
    ids: Annotated[list[str] | None, typer.Argument(help="Which; all that are there unless told.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Hash every file again."""
    from ui.cli import weights

    found = app().models.verify(ids or None)
    weights.show(found, as_json)
    sys.exit(0 if all(s.state == "present" for s in found) else 1)


@index_cli.command("build")
def index_build(as_json: JsonFlag = False) -> None:
    """Build fresh indexes, measure them and promote them."""
    from ui.cli import library

    library.build_indexes(app(), as_json)


@index_cli.command("verify")
def index_verify(as_json: JsonFlag = False) -> None:
    """Check every index file against its checksum."""
    from ui.cli import library

    sys.exit(library.verify_indexes(app(), as_json))


@index_cli.command("bench")
def index_bench(as_json: JsonFlag = False) -> None:
    """Measure the indexes in use: recall@10, latency by filter, size, build time."""
    from ui.cli import library

    sys.exit(library.bench_indexes(app(), as_json))


@index_cli.command("rollback")
def index_rollback(space: Annotated[str, typer.Argument(help="The space, such as musicnn-msd.")]) -> None:
    """Go back to the version before the one in use."""
    typer.echo(f"{space} is back at version {app().indexes.rollback(space)}.")


@evaluate_cli.command("retrieval")
def evaluate_retrieval(
    output: Annotated[Path, typer.Option(help="Folder of the report.")] = Path("trichord-report"),
    cases: Annotated[int, typer.Option(help="Cases a task.", min=10, max=10_000)] = 300,
    seed: Annotated[int, typer.Option(help="The same seed draws the same cases.")] = 7,
    pairs: Annotated[Path | None, typer.Option(help="Scenes with the music chosen for them, .json or .csv.")] = None,
    captions: Annotated[Path | None, typer.Option(help="Captions with aspects, .csv or .parquet.")] = None,
    limit: Annotated[int, typer.Option(help="How many captions ask.", min=1, max=100_000)] = 500,
    as_json: JsonFlag = False,
) -> None:
    """Measure ranking, hard wishes, "nothing fits", duplicates and latency, over your own catalogue and other data."""
    from ui.cli import evaluation

    asked = evaluation.Asked(cases, seed, pairs, captions, limit)
    evaluation.retrieval(app(), output, asked, as_json)


@evaluate_cli.command("playlists")
def evaluate_playlists(
    dataset: Annotated[list[Path], typer.Option(help="Playlist data; several are taken as one; docs/benchmarks.md.")],
    split: Annotated[str, typer.Option(help="By what lists are parted; snapshots of one playlist stay together.")] = (
        "playlist"
    ),
    part: Annotated[str, typer.Option(help="Which lists ask: tune (10 %) or test (20 %).")] = "test",
    seed: Annotated[int, typer.Option(help="The same seed splits and draws alike.")] = 0,
    output: Annotated[Path, typer.Option(help="Folder of the report.")] = Path("trichord-report"),
    challenge: Annotated[Path | None, typer.Option(help="challenge_set.json: answer it instead.")] = None,
    submission: Annotated[Path, typer.Option(help="Where the answers go.")] = Path("submission.csv.gz"),
    team: Annotated[str, typer.Option(help="The team of the submission.")] = "trichord",
    contact: Annotated[str, typer.Option(help="Its mail address.")] = "nobody@example.org",
    as_json: JsonFlag = False,
) -> None:
    """Measure playlist continuation on data of yours, as in the challenge of 2018, beside other libraries."""
    from ui.cli import evaluation

    if challenge is not None:
        evaluation.submission(app(), dataset, evaluation.Submission(challenge, submission, team, contact), seed)
        return
    evaluation.playlists(app(), dataset, split, part, seed, output, as_json)


@evaluate_cli.command("dialogue")
def evaluate_dialogue(
    data: Annotated[Path | None, typer.Option(help="Dialogues of `trichord simulate dialogues`, .jsonl.")] = None,
    n: Annotated[int, typer.Option("--n", help="How many to draw, without --data.", min=1, max=100_000)] = 200,
    seed: Annotated[int, typer.Option(help="The same seed draws the same dialogues.", min=0)] = 0,
    split: Annotated[str, typer.Option(help="Which templates and goals: train or test.")] = "test",
    noise: Annotated[float, typer.Option(help="Share of messages with noise.", min=0, max=1)] = 0.25,
    failures: Annotated[bool, typer.Option("--failures", help="List the first 30 turns that went wrong.")] = False,
    clips: Annotated[bool, typer.Option("--clips", help="Draw sessions of two turns about the sample clips.")] = False,
    cpcd: Annotated[
        Path | None, typer.Option(help="People's playlist dialogues (folder of CPCD) instead, over their own tracks.")
    ] = None,
    part: Annotated[str, typer.Option(help="Which half of --cpcd: tune, report or all.")] = "report",
    playlists: Annotated[
        list[Path] | None, typer.Option(help="Playlist data that the catalogue of --cpcd has as its own; repeatable.")
    ] = None,
    llm_alone: Annotated[bool, typer.Option("--llm-alone", help="Ask the language model for names; slow.")] = False,
    llm_turns: Annotated[int, typer.Option(help="On how many turns, with --llm-alone.", min=1)] = 20,
    plots: Annotated[Path | None, typer.Option(help="A folder for bar plots by turn and by language.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Hold simulated dialogues with the agent, on a copy of your catalogue, and measure what came of it."""
    from retrieval.errors import QueryError
    from ui.cli import curation, dialogues

    if playlists and cpcd is None:
        raise QueryError("--playlists goes with --cpcd: simulated dialogues are held over your own playlists.")
    model_turns = llm_turns if llm_alone else 0
    if cpcd is not None:
        curation.evaluate(app(), curation.Asked(cpcd, part, seed, model_turns, plots, tuple(playlists or ())), as_json)
        return
    asked = dialogues.Asked(data, dialogues.Draw(n, seed, split, noise, clips), model_turns, plots)
    dialogues.evaluate(app(), asked, 30 if failures else 0, as_json)


@simulate_cli.command("dialogues")
def simulate_dialogues(
    n: Annotated[int, typer.Option("--n", help="How many.", min=1, max=100_000)] = 200,
    seed: Annotated[int, typer.Option(help="The same seed draws the same dialogues.", min=0)] = 0,
    split: Annotated[str, typer.Option(help="Which templates and goals: train or test.")] = "test",
    noise: Annotated[float, typer.Option(help="Share of messages with noise.", min=0, max=1)] = 0.25,
    clips: Annotated[bool, typer.Option("--clips", help="Sessions of two turns about the sample clips.")] = False,
    output: Annotated[Path, typer.Option(help="The file to write, JSON Lines.")] = Path("dialogues.jsonl"),
) -> None:
    """Draw dialogues from your catalogue, with what every message means and which tracks are right."""
    from ui.cli import dialogues

    dialogues.simulate(app(), dialogues.Draw(n, seed, split, noise, clips), output)


@train_cli.command("ranker")
def train_ranker(
    sessions: Annotated[int, typer.Option(help="How many questions to draw from the catalogue.", min=100)] = 2_000,
    seed: Annotated[int, typer.Option(help="The same seed draws the same questions.")] = 7,
    output: Annotated[Path | None, typer.Option(help="Folder of the model; the one in use unless told.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Train the order of the results on your own catalogue and on what was liked."""
    from ui.cli import training

    training.ranker(app(), output, sessions, seed, as_json)


@train_cli.command("router")
def train_router(
    dialogues: Annotated[int, typer.Option(help="How many dialogues to draw from the catalogue.", min=100)] = 2_500,
    seed: Annotated[int, typer.Option(help="The same seed draws the same dialogues.", min=0)] = 100,
    output: Annotated[Path | None, typer.Option(help="Folder of the model; the one in use unless told.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Train what tells a message's kind, on dialogues drawn from your catalogue."""
    from ui.cli import training

    training.router(app(), output, dialogues, seed, as_json)


@train_cli.command("rewriter")
def train_rewriter(
    gguf: Annotated[Path, typer.Argument(help="The embedded model's weights (model.gguf).")],
    output: Annotated[Path, typer.Option(help="Folder of the adapter and its card.")],
    epochs: Annotated[int, typer.Option(help="Rounds over the pairs.", min=1, max=100)] = 2,
    seed: Annotated[int, typer.Option(help="The same seed gives the same order.", min=0)] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Train what says a message again in plain orders, on the pairs that ship with the package; best on a GPU."""
    from ui.cli import training

    training.rewriter(gguf, output, epochs, seed, as_json)


@train_cli.command("melody")
def train_melody(
    scores: Annotated[Path, typer.Option(help="A folder of MuseScore 3 files (.mscx); composer/opus/song/file.")],
    output: Annotated[Path, typer.Option(help="Folder of the model.")],
    epochs: Annotated[int, typer.Option(help="Rounds over the scores; the best one is kept.", min=1, max=1000)] = 18,
    seed: Annotated[int, typer.Option(help="The same seed gives the same model.", min=0)] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Train what writes the composer's melodies, on scores."""
    from ui.cli import training

    training.melody(scores, output, epochs, seed, as_json)


@train_cli.command("infilling")
def train_infilling(
    scores: Annotated[Path, typer.Option(help="A folder of MuseScore 3 files (.mscx), or grids.npz of a training.")],
    output: Annotated[Path, typer.Option(help="Folder of the model, and of the grids that were read.")],
    steps: Annotated[int, typer.Option(help="Batches to learn from; the best model on the way is kept.", min=1)] = 6000,
    batch: Annotated[int, typer.Option(help="Windows a batch.", min=2, max=8192)] = 512,
    dropout: Annotated[
        float, typer.Option(help="Share of the network that is left out at each step.", min=0, max=0.9)
    ] = 0.2,
    seed: Annotated[int, typer.Option(help="On a CPU the same seed gives the same model.", min=0)] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Train what fills in missing parts of a texture, on scores; on a GPU where there is one."""
    from agent.generation.infilling.training import Course
    from ui.cli import training

    training.infilling(scores, output, Course(steps, batch=batch, seed=seed, dropout=dropout), as_json)


@train_cli.command("detector")
def train_detector(
    folder: Annotated[Path, typer.Argument(help="Holds real/ and generated/GENERATOR/, any depth below.")],
    output: Annotated[Path | None, typer.Option(help="Folder of the detector; the one in use unless told.")] = None,
    epochs: Annotated[int, typer.Option(help="Rounds over the windows.")] = 12,
    dim: Annotated[int, typer.Option(help="Numbers a token; a multiple of 4.")] = 64,
    depth: Annotated[int, typer.Option(help="Layers.")] = 2,
    seed: Annotated[int, typer.Option(help="The same seed gives the same detector.", min=0)] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Train what tells how probably music was generated, and measure it on generators that were left out."""
    from encoders.detection.config import DetectorConfig
    from ui.cli import training

    config = DetectorConfig(dim=dim, depth=depth, epochs=epochs, seed=seed)
    training.detector(app(), folder, output, config, as_json)


@train_cli.command("reward")
def train_reward(
    minimum: Annotated[int, typer.Option(help="So many votes that prefer a side are wanted.", min=20)] = 50,
    seed: Annotated[int, typer.Option(help="The same seed gives the same model.", min=0)] = 0,
    output: Annotated[Path | None, typer.Option(help="Folder of the model; the one in use unless told.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Train what chooses the best of several pieces, on the votes of blind battles."""
    from ui.cli import training

    training.reward(app(), output, minimum, seed, as_json)


@train_cli.command("playlists")
def train_playlists(
    factors: Annotated[int, typer.Option(help="Numbers that describe a track in factorisation.", min=2, max=512)] = 64,
    neighbours: Annotated[int, typer.Option(help="Neighbours kept for each track.", min=5, max=2000)] = 200,
    epochs: Annotated[int, typer.Option(help="Rounds of the sequence model; 0: none.", min=0, max=1000)] = 5,
    seed: Annotated[int, typer.Option(help="The same seed gives the same models.", min=0)] = 0,
    resume: Annotated[bool, typer.Option(help="Go on with an interrupted run.")] = False,
    beside: Annotated[
        bool, typer.Option("--give-way", hidden=True, help="Let others go first; end with standard input.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Train playlist continuation on your own stored playlists; a running server goes on meanwhile."""
    from encoders.sequence.config import SequenceConfig
    from retrieval.continuation.first_stage import Options
    from ui.cli import training
    from ui.retraining import give_way

    if beside:
        give_way()
    sequence = SequenceConfig(width=factors, epochs=epochs, seed=seed) if epochs else None
    training.playlists(app(), Options(neighbours, factors, sequence, seed), resume, as_json)


@train_cli.command("trimodal")
def train_trimodal(
    pairs: Annotated[Path, typer.Option(help="Paired features, .npz or .parquet; see docs/extending.md.")],
    output: Annotated[Path | None, typer.Option(help="Folder of the model; the one in use unless told.")] = None,
    epochs: Annotated[int, typer.Option(help="At most so many; ends earlier when nothing gets better.")] = 60,
    seed: Annotated[int, typer.Option(help="The same seed gives the same model.")] = 0,
    batch_size: Annotated[int, typer.Option(help="Pairs a step; each is a negative for the others.")] = 256,
    text_dropout: Annotated[float, typer.Option(help="Share of pairs whose text is hidden in a step.")] = 0.5,
    turns: Annotated[int, typer.Option(help="Feedback turns to simulate where the file has none.", min=0, max=8)] = 2,
    resume: Annotated[bool, typer.Option(help="Go on with an interrupted run.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Train video, text and feedback to one music query."""
    from encoders.trimodal.config import TrainingConfig
    from ui.cli import training

    config = TrainingConfig(epochs=epochs, seed=seed, batch_size=batch_size, text_dropout=text_dropout)
    training.trimodal(app(), pairs, output, config, turns, resume, as_json)


def _existing(path: Path) -> Path:
    from encoders.errors import MediaError

    if not path.is_file():
        raise MediaError(f"There is no file {str(path)!r}; give the path of one.")
    return path
