"""Text -> music with the words visible: composed wishes over titled tracks, and people's own playlist requests.

    python tests/benchmarks/wishes.py --shared DIR [--cache DIR] [--show N]

Side by side in one run over the same documents: Trichord's search, BM25 (bm25s) and plain cosine of the same text
encoder. `pip install -e ".[benchmarks]"` brings bm25s. Gold is by fields (see `Wish`), never by anybody's ranking.
Wishes with an even number were looked at while the ranking was made ("tune"), the odd ones only counted ("report").
"""

from __future__ import annotations

import argparse
import csv
import gzip
import itertools
import logging
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from figures import SEED, machine, table
from peers import add_option, folder_of

from agent.evaluation.curation import read_curation
from catalog.store import Catalogue
from catalog.values import Described, Measurement, TrackId, TrackMetadata
from retrieval.errors import QueryError
from retrieval.evaluation.metrics import interval, ndcg_at
from retrieval.indexes.versions import IndexDirectory
from retrieval.search import SearchEngine
from retrieval.values import SearchRequest
from ui.compose import App
from ui.settings import load_settings

KEYS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
WISHES = 500
K = 10
Ranker = Callable[["Question"], Sequence[str]]


@dataclass(frozen=True)
class Song:
    id: str
    title: str
    artist: str
    album: str
    year: int | None
    genre: str
    subgenre: str
    energy: float
    valence: float
    tempo: float
    key: str
    loudness: float
    duration: float
    dance: float


@dataclass(frozen=True)
class Question:
    """What is asked, what earlier answers were liked, what was said before, and the gold: track id -> gain."""

    group: str
    text: str
    gold: Mapping[str, float]
    liked: tuple[str, ...] = ()
    n: int = 0
    kinds: tuple[str, ...] = field(default=())
    before: str = ""


def read_songs(folder: Path) -> list[Song]:
    """Return every titled track once, in the file's order."""
    songs: dict[str, Song] = {}
    with gzip.open(folder / "spotify_songs.csv.gz", "rt", encoding="utf-8") as lines:
        for r in csv.DictReader(lines):
            if not r["track_name"] or r["track_name"] == "NA":
                continue
            year = r["track_album_release_date"][:4]
            key = f"{KEYS[int(r['key'])]} {'major' if r['mode'] == '1' else 'minor'}" if int(r["key"]) >= 0 else ""
            songs.setdefault(
                r["track_id"],
                Song(
                    r["track_id"],
                    r["track_name"],
                    r["track_artist"],
                    r["track_album_name"],
                    int(year) if year.isdigit() else None,
                    r["playlist_genre"],
                    r["playlist_subgenre"],
                    float(r["energy"]),
                    float(r["valence"]),
                    float(r["tempo"]),
                    key,
                    float(r["loudness"]),
                    float(r["duration_ms"]) / 1000,
                    float(r["danceability"]),
                ),
            )
    return list(songs.values())


def described(song: Song) -> Described:
    numbers = [
        Measurement("energy", song.energy, 1.0),
        Measurement("valence", song.valence, 1.0),
        Measurement("loudness", song.loudness, 1.0),
        Measurement("danceability", song.dance, 1.0),
    ]
    if song.tempo > 0:
        numbers.append(Measurement("tempo", song.tempo, 1.0))
    if song.key:
        numbers.append(Measurement("key", None, 1.0, text=song.key))
    words = TrackMetadata(song.title, song.artist, song.album, song.year, (song.genre, song.subgenre))
    return Described(TrackId(song.id), words, song.duration, tuple(numbers))


# Each aspect: the ways to say it, and whether a song is what was said.
Aspect = tuple[str, tuple[str, ...], Callable[[Song], bool]]


def aspects_of(goal: Song, by_artist: Mapping[str, list[Song]], rng: np.random.Generator) -> Iterator[Aspect]:
    """Yield what could be wished for with this song in mind."""
    yield "genre", (goal.genre,), lambda s: s.genre == goal.genre
    yield "subgenre", (goal.subgenre,), lambda s: s.subgenre == goal.subgenre
    if goal.year is not None:
        start = goal.year // 10 * 10
        short = f"{start % 100:02d}s" if start < 2000 else f"{start}s"
        ways = (f"from the {short}", f"from the {start}s", f"released between {start} and {start + 9}")
        yield "decade", ways, lambda s: s.year is not None and start <= s.year < start + 10
    if goal.energy >= 0.8:
        yield "energy", ("energetic", "high energy", "powerful"), lambda s: s.energy >= 0.75
    elif goal.energy <= 0.4:
        yield "energy", ("calm", "relaxed", "mellow"), lambda s: s.energy <= 0.45
    if goal.valence >= 0.7:
        yield "mood", ("happy", "cheerful", "feel-good"), lambda s: s.valence >= 0.65
    elif goal.valence <= 0.3:
        yield "mood", ("sad", "melancholic", "gloomy"), lambda s: s.valence <= 0.35
    if goal.tempo > 40:
        bpm = round(goal.tempo / 5) * 5
        yield "tempo", (f"around {bpm} bpm", f"at about {bpm} bpm"), lambda s: abs(s.tempo - bpm) <= 0.1 * bpm
    own = by_artist[goal.artist]
    if len(own) >= 3:
        styles = {s.subgenre for s in own}
        energy = float(np.mean([s.energy for s in own]))
        near = lambda s: s.subgenre in styles and abs(s.energy - energy) <= 0.15  # noqa: E731
        if rng.random() < 0.5:
            yield "like", (f"like {goal.artist}", f"similar to {goal.artist}"), near
        else:
            ways = (f"like {goal.artist} but not by {goal.artist}", f"similar to {goal.artist} but by other artists")
            yield "not by", ways, lambda s: near(s) and s.artist != goal.artist


def compose(songs: Sequence[Song], n: int, seed: int = SEED) -> list[Question]:
    """Draw goals, two to four of their aspects each, and word them; every wish has at least three answers."""
    rng = np.random.default_rng(seed)
    by_artist: dict[str, list[Song]] = defaultdict(list)
    for s in songs:
        by_artist[s.artist].append(s)
    questions: list[Question] = []
    while len(questions) < n:
        goal = songs[int(rng.integers(len(songs)))]
        aspects = list(aspects_of(goal, by_artist, rng))
        drawn = [aspects[i] for i in rng.permutation(len(aspects))[: int(rng.integers(2, 5))]]
        kinds = {a[0] for a in drawn}
        if {"genre", "subgenre"} <= kinds or {"like", "not by"} <= kinds:
            continue
        gold = [s.id for s in songs if all(holds(s) for _, _, holds in drawn)]
        if len(gold) < 3:
            continue
        text = worded({kind: str(rng.choice(ways)) for kind, ways, _ in drawn}, rng)
        name = f"wish {len(questions)}"
        questions.append(Question(name, text, dict.fromkeys(gold, 1.0), (), len(questions), tuple(sorted(kinds))))
    return questions


def worded(said: Mapping[str, str], rng: np.random.Generator) -> str:
    """Return one sentence that says all the aspects."""
    before = " ".join(said[k] for k in ("energy", "mood", "subgenre", "genre") if k in said)
    thing = str(rng.choice(["songs", "tracks", "music"]))
    after = " ".join(said[k] for k in ("decade", "tempo", "like", "not by") if k in said)
    start = str(rng.choice(["", "I want ", "give me some ", "looking for ", "can you play "]))
    return " ".join(f"{start}{before} {thing} {after}".split())


def read_dialogues(folder: Path) -> tuple[list[Described], list[Question]]:
    """Return the closed catalogues as one, and a question a turn whose answers people liked for the first time."""
    tracks, dialogues = read_curation(folder)
    questions: list[Question] = []
    for dialogue in dialogues:
        liked: list[str] = []
        before = ""
        for turn in dialogue.turns:
            if turn.liked and turn.message:
                gold = {str(i): 1.0 for i in turn.liked}
                asked = Question(dialogue.id, turn.message, gold, tuple(liked), len(questions), before=before)
                questions.append(asked)
            liked += turn.liked
            before = turn.message
    return tracks, questions


class Peers:
    """BM25 and cosine over the same documents."""

    def __init__(self, catalogue: Catalogue, app: App) -> None:
        import bm25s

        tracks = catalogue.library.all()
        self.ids = [t.id for t in tracks]
        self._bm25s = bm25s
        self._bm25 = bm25s.BM25()
        self._bm25.index(bm25s.tokenize([t.document for t in tracks], stopwords="en", show_progress=False),
                         show_progress=False)  # fmt: skip
        assert app.text is not None
        self._text = app.text
        ids, self._matrix = catalogue.library.vectors(app.text.space.id)
        self._vector_ids = ids

    def bm25(self, question: Question) -> Sequence[str]:
        tokens = self._bm25s.tokenize([question.text], stopwords="en", show_progress=False)
        found, _ = self._bm25.retrieve(tokens, k=K + len(question.liked), show_progress=False)
        return [i for i in (self.ids[n] for n in found[0]) if i not in question.liked][:K]

    def cosine(self, question: Question) -> Sequence[str]:
        order = np.argsort(-(self._matrix @ self._text.encode([question.text], "query")[0]))
        found = (self._vector_ids[n] for n in order)
        return list(itertools.islice((i for i in found if i not in question.liked), K))


def ours(engine: SearchEngine) -> Ranker:
    def rank(question: Question) -> Sequence[str]:
        request = engine.request(question.text, K)
        liked = tuple(TrackId(i) for i in question.liked)
        asked = SearchRequest(
            request.text,
            request.constraints,
            like=request.like,
            taste=(*request.taste, *liked),
            exclude=frozenset(liked),
            n=K,
            max_per_artist=None,
        )
        try:
            return [c.track.id for c in engine.search(asked).candidates]
        except QueryError:
            # "I need more" before anything was liked: the chat asks back.
            return []

    return rank


def standing(engine: SearchEngine, rank: Ranker) -> Ranker:
    """Return a ranker for which a message without any wish ("I love them, thank you") leaves the last one standing."""

    def ranked(question: Question) -> Sequence[str]:
        request = engine.request(question.text, K)
        bare = not (request.text or request.constraints) and bool(question.before)
        return rank(replace(question, text=f"{question.before}. {question.text}") if bare else question)

    return ranked


def measure(questions: Sequence[Question], rankers: Mapping[str, Ranker]) -> dict[str, list[float]]:
    """Return nDCG@10 of every question by ranker."""
    return {name: [ndcg_at(rank(q), q.gold, K) for q in questions] for name, rank in rankers.items()}


def report(title: str, questions: Sequence[Question], scores: Mapping[str, list[float]]) -> None:
    rng = np.random.default_rng(SEED)
    groups = [q.group for q in questions]
    best = max(float(np.mean(v)) for name, v in scores.items() if not name.startswith("Trichord"))
    rows = []
    for name, values in scores.items():
        low, high = interval(values, rng, groups)
        rows.append([name, f"{np.mean(values):.3f} [{low:.3f}, {high:.3f}]", f"{np.mean(values) / best:.2f} x"])
    print(f"\n{title}, n {len(questions)}\n")
    print(table(["", f"nDCG@{K}", "against the better peer"], rows))


def by_kind(questions: Sequence[Question], scores: Mapping[str, list[float]]) -> None:
    kinds = sorted({k for q in questions for k in q.kinds})
    rows = []
    for kind in kinds:
        inside = [n for n, q in enumerate(questions) if kind in q.kinds]
        rows.append([kind, len(inside), *(f"{np.mean([v[n] for n in inside]):.3f}" for v in scores.values())])
    print("\n" + table(["wishes with", "n", *scores], rows))


def prepare(folder: Path, name: str, tracks: Sequence[Described], app: App) -> tuple[Catalogue, SearchEngine]:
    """Return a catalogue of the tracks with indexes, made once and kept in `folder`."""
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    catalogue = Catalogue(place / "catalogue.db")
    if catalogue.library.count() != len(tracks):
        for start in range(0, len(tracks), 2_000):
            catalogue.library.describe(tracks[start : start + 2_000])
    engine = SearchEngine(catalogue, IndexDirectory(place / "indexes"), app.text, app.music_space)
    if app.text is not None and IndexDirectory(place / "indexes").current(app.text.space.id) is None:
        engine.rebuild()
    return catalogue, engine


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_option(parser)
    parser.add_argument("--cache", type=Path, help="keep the catalogues here instead of a temporary folder")
    parser.add_argument("--data-dir", type=Path, help="where the weights lie (default: the user's)")
    parser.add_argument("--show", type=int, default=0, help="print this many of the worst tune wishes")
    options = parser.parse_args()
    logging.getLogger("retrieval").setLevel(logging.ERROR)
    app = App(load_settings(options.data_dir))
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.cache or Path(temporary)
        songs = read_songs(folder_of(options, "spotify_songs_32k"))
        dialogue_tracks, turns = read_dialogues(folder_of(options, "cpcd"))
        print(f"{machine()}; seed {SEED}")
        for name, tracks, questions in (
            ("composed wishes", [described(s) for s in songs], compose(songs, WISHES)),
            ("playlist dialogues", dialogue_tracks, turns),
        ):
            catalogue, engine = prepare(folder, name.replace(" ", "_"), tracks, app)
            peers = Peers(catalogue, app)
            rankers: dict[str, Ranker] = {"Trichord": ours(engine), "bm25s": peers.bm25, "cosine": peers.cosine}
            if any(q.before for q in questions):
                rankers |= {f"{n}, wishes stand": standing(engine, rank) for n, rank in rankers.items()}
            scores = measure(questions, rankers)
            for half, wanted in (("tune", 0), ("report", 1)):
                inside = [n for n, q in enumerate(questions) if q.n % 2 == wanted]
                picked = {k: [v[n] for n in inside] for k, v in scores.items()}
                report(f"{name} ({half})", [questions[n] for n in inside], picked)
                if half == "tune" and questions[0].kinds:
                    by_kind([questions[n] for n in inside], picked)
                if half == "tune":
                    for n in sorted(inside, key=lambda n: scores["Trichord"][n])[: options.show]:
                        print(f"{scores['Trichord'][n]:.2f} {len(questions[n].gold):5} {questions[n].text}")
            catalogue.close()
    app.close()


if __name__ == "__main__":
    main()
