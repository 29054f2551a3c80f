"""What the provenance says of who wrote what: given, filled in by which model, by rule."""

import hashlib
import json
import threading
from dataclasses import replace
from importlib.resources import files

import av
import numpy as np
import pytest
from part_files import parts_file

from agent.generation.broker import Broker
from agent.generation.choosing import choose
from agent.generation.composer import Composer
from agent.generation.filing import file_piece
from agent.generation.values import GenerationRequest
from ui.cli.generating import _origin_lines


def origins(**told):
    asked = {"text": "a string quartet", "duration_s": 20.0, "tempo_bpm": 100.0, "seed": 2} | told
    found = choose(GenerationRequest(**asked)).told["origins"]
    return {each["part"]: each for each in found["parts"]}, found["chords"], found["models"]


def test_a_quartet_says_which_parts_were_given_and_which_were_filled_in(tmp_path):
    given = parts_file(tmp_path / "outer.mid", [48, 53, 55, 48], [72, 69, 71, 72])
    parts, chords, models = origins(melody=given)
    assert parts["violin (lead)"] == {"part": "violin (lead)", "origin": "given", "file": "outer.mid"}
    assert parts["cello (bass)"]["origin"] == "given"
    assert parts["violin (pad)"] == {"part": "violin (pad)", "origin": "model", "by": "infilling"}
    assert parts["viola (pad)"]["by"] == "infilling"
    assert chords == {"origin": "model", "by": "infilling", "file": "outer.mid"}
    assert set(models) == {"infilling"}


def test_a_quartet_from_nothing_has_its_first_violin_from_the_melody_model():
    parts, chords, models = origins(chords=("C", "G7"))
    assert [each.get("by") for each in parts.values()] == ["melody", "infilling", "infilling", "infilling"]
    assert chords == {"origin": "given"}
    assert set(models) == {"infilling", "melody"}


def test_a_tune_is_given_and_a_skeleton_is_filled_in_by_a_model(tmp_path):
    tune = parts_file(tmp_path / "tune.mid", [72, 74, 76, 77])
    parts, chords, _ = origins(text="pop with flute", melody=tune, instruments=("flute",))
    assert parts["flute (lead)"]["origin"] == "given"
    assert chords["by"] == "infilling"
    assert {each["origin"] for name, each in parts.items() if name != "flute (lead)"} == {"rules"}
    parts, _, _ = origins(text="pop with flute, embellish my tune", melody=tune, instruments=("flute",))
    assert parts["flute (lead)"] == {
        "part": "flute (lead)",
        "origin": "skeleton given",
        "by": "infilling",
        "file": "tune.mid",
    }


def test_a_tune_that_a_model_heard_names_the_model(tmp_path):
    tune = replace(parts_file(tmp_path / "hum.wav.mid", [72, 74, 76, 77]), name="hum.wav", heard_by="basic-pitch")
    parts, _, _ = origins(text="pop with flute", melody=tune, instruments=("flute",))
    assert parts["flute (lead)"] == {
        "part": "flute (lead)",
        "origin": "given",
        "file": "hum.wav",
        "heard_by": "basic-pitch",
    }
    assert _origin_lines({"origins": {"parts": list(parts.values()), "chords": {"origin": "rules"}}})[0].startswith(
        "  written: flute (lead) as given, heard by the model basic-pitch"
    )


def test_a_piece_from_words_has_a_lead_by_the_melody_model_and_the_rest_by_rule():
    parts, chords, models = origins(text="pop", genre="pop")
    leads = [each for name, each in parts.items() if name.endswith("(lead)")]
    assert [each.get("by") for each in leads] == ["melody"]
    assert chords == {"origin": "rules"}
    weights = files("agent.generation.melodies").joinpath("melody.npz").read_bytes()
    assert models == {"melody": hashlib.sha256(weights).hexdigest()}


@pytest.mark.parametrize("wanted", [("bass", "drums")])
def test_what_steers_the_chords_is_named_though_it_is_not_played(tmp_path, wanted):
    tune = parts_file(tmp_path / "tune.mid", [72, 74, 76, 77])
    parts, chords, _ = origins(text="pop", melody=tune, wanted=wanted)
    assert {each["origin"] for each in parts.values()} == {"rules"}
    assert chords["file"] == "tune.mid"


def test_it_stands_in_the_sidecar_and_in_the_tags_of_the_file(tmp_path):
    given = parts_file(tmp_path / "tune.mid", [72, 74, 76, 77])
    request = GenerationRequest(text="a string quartet", duration_s=4.0, tempo_bpm=100.0, melody=given)
    target = tmp_path / "work" / "piece.flac"
    delivery = Broker([Composer()]).generate(request, target, lambda *_: None, threading.Event())
    filed = file_piece(delivery, {}, tmp_path)
    told = json.loads((tmp_path / f"{filed.file}.json").read_text(encoding="utf-8"))["origins"]
    assert [each["origin"] for each in told["parts"]] == ["given", "model", "model", "model"]
    with av.open(str(tmp_path / filed.file)) as file:
        tags = {name.upper(): value for name, value in file.metadata.items()}
        heard = np.concatenate([frame.to_ndarray().ravel() for frame in file.decode(audio=0)])
    assert json.loads(tags["TRICHORD"])["origins"] == told
    assert np.abs(heard).max() > 0
