"""The table of systems: whole, consistent, and the one place that tells who can do what."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from agent.generation.adapters.base import SystemBackend
from agent.generation.broker import Broker, Policy
from agent.generation.capabilities import Capability, needs, support, unmet
from agent.generation.composer import Composer
from agent.generation.errors import GenerationError
from agent.generation.material import Adapter, Clip, Curve, Gap, Lyrics, Section, Stem
from agent.generation.systems import read_systems, systems
from agent.generation.values import GenerationRequest, Support

NAMED = """
    composer musicgen musicgen-melody musicldm audioldm2 stable-audio-open ace-step yue diffrhythm mustango magenta-rt
    getmusic music-controlnet soundctm video2music d2m-gan filmcomposer multitrack-musicldm jen-1-composer
    jen-1-dreamstyler musicrl own-server own-program abc
""".split()
CLIP = Clip("/x")


def test_every_known_system_is_there_and_has_what_a_user_must_know():
    assert list(systems()) == [*NAMED[:11], *[name for name in systems() if name not in NAMED[:11]]]
    assert set(systems()) == set(NAMED)
    for system in systems().values():
        assert system.capabilities
        assert system.weights in {"own", "remote"} or system.citation
        assert (system.weights == "none") == (system.adapter == "none") == (system.served_by is not None)
        if system.weights_licence and "NC" in system.weights_licence:
            assert system.noncommercial, system.id


def test_composer_and_table_agree():
    entry = systems()["composer"]
    assert (Composer.id, Composer.title) == (entry.id, entry.title)


BASE = 'title="A"\nparadigm="any"\ncapabilities=["text"]\n'


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ('adapter="http"\nweights="none"', "without weights there is no adapter"),
        ('adapter="none"\nweights="none"\nserved_by="b"', "cannot serve it"),
        ('adapter="diffusers"\nweights="open"', "needs a `pipeline`"),
        ('adapter="http"\nweights="open"\nmax_seconds=-1', "limits of length"),
        ('adapter="http"\nweights="open"\nmax_secs=1', "max_secs"),
        ('adapter="ftp"\nweights="open"', "adapter"),
        ('adapter="http"\nweights="open"\n[a.http]\nsubmit="/x"\nfields={}\njob="id"', "a job needs"),
    ],
)
def test_a_wrong_row_is_refused(row, words):
    with pytest.raises(ValueError, match=words):
        read_systems(f"[a]\n{BASE}{row}")


def test_a_task_needs_more_than_a_melody():
    kept, filled = (needs(GenerationRequest(melody=CLIP, task=task)) for task in ("keep", "skeleton"))
    assert (kept, filled - kept) == ({Capability.MELODY}, {Capability.TASK})


@pytest.mark.parametrize(
    ("asked", "need"),
    [
        ({"text": "x"}, "text"),
        ({"genre": "jazz"}, "text"),
        ({"tempo_bpm": 90}, "tempo"),
        ({"key": "C major"}, "key"),
        ({"time_signature": "3/4"}, "time_signature"),
        ({"chords": ("C",)}, "chords"),
        ({"melody": CLIP}, "melody"),
        ({"curves": (Curve("rhythm", (0.0, 1.0)),)}, "rhythm"),
        ({"curves": (Curve("dynamics", (0.0, 1.0)),)}, "dynamics"),
        ({"vocals": False}, "instrumental"),
        ({"vocals": True}, "vocals"),
        ({"lyrics": Lyrics("la"), "vocals": True}, "lyrics"),
        ({"lyrics": Lyrics("[00:01]la")}, "timed_lyrics"),
        ({"sections": (Section("a"),)}, "sections"),
        ({"given": (Stem("bass", CLIP),)}, "stems_in"),
        ({"wanted": ("bass",)}, "stems_out"),
        ({"references": (CLIP,)}, "reference"),
        ({"references": (CLIP, CLIP)}, "concept"),
        ({"continues": CLIP}, "continuation"),
        ({"fills": Gap(CLIP, 2.0, 4.0)}, "inpainting"),
        ({"scene": "a harbour"}, "scene"),
        ({"video": CLIP}, "video"),
        ({"negative": "drums"}, "negative"),
        ({"quality": "draft"}, "steps"),
        ({"steps": 3}, "steps"),
        ({"adapters": (Adapter("a"),)}, "adapters"),
    ],
)
def test_each_wish_needs_its_capability(asked, need):
    assert needs(GenerationRequest(**asked)) == {Capability(need)}


def test_candidates_and_seeds_need_nothing():
    assert needs(GenerationRequest(candidates=4, seed=9, duration_s=90)) == frozenset()


def test_more_serves_less():
    diffrhythm, rt = systems()["diffrhythm"], systems()["magenta-rt"]
    assert not unmet(diffrhythm, GenerationRequest(vocals=True))
    assert not unmet(diffrhythm, GenerationRequest(lyrics=Lyrics("la")))
    assert not unmet(rt, GenerationRequest(references=(CLIP,)))


class Hungry(SystemBackend):
    """Takes more memory than there is."""

    error = None

    def _sound(self, request, folder, progress, cancel):
        raise self.error


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("CUDA out of memory. Tried to allocate 20 GiB"),
        RuntimeError("can't allocate memory: x"),
    ],
)
def test_running_out_of_memory_is_one_sentence(tmp_path, error):
    backend = Hungry(systems()["musicldm"])
    backend.error = error
    with pytest.raises(GenerationError, match="MusicLDM ran out of memory at 8 s; ask for a shorter piece"):
        backend.generate(GenerationRequest(duration_s=8), tmp_path / "a.flac", lambda *_: None, threading.Event())


@pytest.mark.parametrize(
    ("name", "asked", "expected"),
    [
        ("ace-step", {"lyrics": Lyrics("la"), "key": "C major"}, Support.full()),
        ("ace-step", {"chords": ("C",)}, Support.partial("chords by bar")),
        ("ace-step", {"duration_s": 5}, Support.no("5 s is under the 10 s that it makes; ask for a longer piece")),
        ("composer", {"continues": CLIP}, Support.no("it does not do going on from a recording")),
        ("composer", {"fills": Gap(CLIP, 2.0, 4.0)}, Support.no("it does not do filling a gap in a recording")),
        ("ace-step", {"fills": Gap(CLIP, 2.0, 4.0), "duration_s": 2}, Support.full()),
        ("composer", {"lyrics": Lyrics("la")}, Support.partial("sung lyrics")),
        ("musicgen", {"duration_s": 31}, Support.no("31 s is over MusicGen's limit of 30 s; ask for a shorter piece")),
    ],
)
def test_support_comes_from_the_table(name, asked, expected):
    request = replace(GenerationRequest(text="x"), **asked)
    assert support(systems()[name], request) == expected


def test_a_tempo_beyond_reach_is_told():
    slow = systems()["ace-step"].model_copy(update={"tempo_bpm": (60.0, 180.0)})
    told = support(slow, GenerationRequest(text="x", tempo_bpm=50))
    assert told.missing == ("50 BPM (it keeps to 60 to 180)",)


class Stub:
    """A backend under the id of a system of the table."""

    def __init__(self, id, seconds=1.0):
        self.id, self.title, self.licence, self.seconds = id, systems()[id].title, systems()[id].licence, seconds

    def supports(self, request):
        return support(systems()[self.id], request)

    def estimate_s(self, request):
        return self.seconds


SONG = GenerationRequest(text="soul", lyrics=Lyrics("la"))


def test_who_misses_less_comes_before_who_is_faster():
    broker = Broker([Stub("composer", 1.0), Stub("ace-step", 90.0)])
    asked = replace(SONG, chords=("C",), quality="draft")
    assert broker.route(asked).chosen == ("ace-step", "composer")


def test_a_system_that_is_not_set_up_is_named_where_it_could_do_all():
    told = Broker([Stub("composer")]).route(SONG).explanation
    assert told.startswith("Trichord composer meets it but for sung lyrics and needs about 1 s")
    assert told.endswith("ACE-Step 1.5 could do all of it and is not set up (see: trichord backends)")
    assert "not set up" not in Broker([Stub("composer")]).route(GenerationRequest(text="x")).explanation
    assert "not set up" not in Broker([Stub("ace-step")]).route(SONG).explanation


def test_licence_policy_rules_out_and_says_so():
    backends = [Stub("musicgen"), Stub("composer", 9.0)]
    routing = Broker(backends, Policy(commercial=True)).route(GenerationRequest(text="x"))
    assert routing.chosen == ("composer",)
    assert "MusicGen: its weights are CC-BY-NC-4.0, and only what may be used commercially" in routing.explanation
    assert Broker(backends).route(GenerationRequest(text="x")).chosen == ("musicgen", "composer")


def test_hardware_rules_out_what_runs_here_and_nothing_else():
    backends = [Stub("yue"), Stub("ace-step")]
    routing = Broker(backends, Policy(gpu_gb=0.0)).route(SONG)
    assert routing.chosen == ("ace-step",), "its server may be elsewhere"
    assert "YuE: it asks for a GPU with 24 GB, and here is none" in routing.explanation
    assert "here is one with 16 GB" in Broker(backends, Policy(gpu_gb=16.0)).route(SONG).explanation
    assert set(Broker(backends, Policy(gpu_gb=80.0)).route(SONG).chosen) == {"yue", "ace-step"}


def test_times_that_were_measured_outweigh_estimates():
    broker = Broker([Stub("ace-step", 1.0), Stub("yue", 2.0)])
    routing = broker.route(SONG, lambda id, request, own: {"ace-step": 50.0}.get(id, own))
    assert routing.chosen == ("yue", "ace-step")
    assert {each.backend: each.estimate_s for each in routing.considered}["ace-step"] == 50.0


def test_the_page_of_systems_is_the_table():
    page = (Path(__file__).parents[3] / "docs" / "adding-a-backend.md").read_text(encoding="utf-8")
    for system in systems().values():
        capabilities = ", ".join(each.value for each in Capability if each in system.capabilities)
        longest = "" if system.max_seconds is None else f"{system.max_seconds:g} s"
        weights = system.weights_licence or {"none": f"none; see {system.served_by}"}.get(system.weights, "")
        assert (
            f"| `{system.id}` | {system.title} | {system.paradigm} | {capabilities} | {longest} | {weights} |" in page
        )
