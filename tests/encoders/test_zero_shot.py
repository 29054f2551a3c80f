"""Prompt ensembles, and a clip from pixels to setting words by a joint model."""

import numpy as np
import pytest
from tiny_checkpoints import save_clip

from encoders.chosen import Gatekeeper, choose_music, choose_pictures
from encoders.errors import EncoderError, SelfTestError
from encoders.media.video import SandboxedVideoAnalyzer
from encoders.models.store import ModelStore
from encoders.selftest import Check, GateReport, gate_pictures
from encoders.values import Space
from encoders.vectors import unit_rows
from encoders.vision.clip import ClipEncoder
from encoders.vision.reading import load_words
from encoders.vision.zero_shot import ZeroShotReader
from encoders.zero_shot import PICTURE_TEMPLATES, ensemble, probabilities
from retrieval.scene import brief_from

SPACE = Space("joint", 3, "test", "0")
PLAIN = {"night": (10, 10, 60), "forest": (20, 160, 40), "fire": (230, 60, 20)}


class Joint:
    """Texts and pictures by colour: a text's colours are those of the words in it, the template adds its own noise."""

    space = SPACE

    def encode(self, items, role="document"):
        rows = [self._text(i) if isinstance(i, str) else i.mean(axis=(0, 1)) - 80.0 for i in items]
        return unit_rows(np.array(rows, np.float32).reshape(len(rows), 3))

    def _text(self, text):
        noise = 25 * np.random.default_rng(len(text)).normal(size=3)
        named = [np.array(colour) - 80.0 for word, colour in PLAIN.items() if word in text]
        return sum(named, noise)


def test_an_ensemble_is_the_unit_mean_of_its_wordings():
    encoder = Joint()
    rows = ensemble(encoder, ["night", "fire"], ("a photo of {}", "{}"))
    said = encoder.encode(["a photo of fire", "fire"]).mean(axis=0)
    np.testing.assert_allclose(rows[1], said / np.linalg.norm(said), atol=1e-6)
    assert ensemble(encoder, [], ("{}",)).shape == (0, 3)
    for wrong in ((), ("no place",)):
        with pytest.raises(EncoderError, match="each with"):
            ensemble(encoder, ["night"], wrong)


def test_many_wordings_are_steadier_than_one():
    """Over all templates the ensemble lies nearer to what the label means than a single wording does on average."""
    encoder = Joint()
    truth = unit_rows(np.array([PLAIN["forest"]], np.float32) - 80.0)[0]
    single = [float(encoder.encode([t.replace("{}", "forest")])[0] @ truth) for t in PICTURE_TEMPLATES]
    assert float(ensemble(encoder, ["forest"], PICTURE_TEMPLATES)[0] @ truth) > np.mean(single)


def test_shares_sum_to_one_and_follow_the_cosines():
    shares = probabilities(np.eye(3, dtype=np.float32), np.eye(3, dtype=np.float32), 100.0)
    np.testing.assert_allclose(shares, np.eye(3), atol=1e-6)


@pytest.fixture(scope="module")
def clip_file(tmp_path_factory):
    """Two seconds of night, then two of fire."""
    import av

    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for n in range(40):
            picture = np.full((96, 160, 3), PLAIN["night" if n < 20 else "fire"], np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def analyzer(tmp_path, reader):
    return SandboxedVideoAnalyzer(ModelStore(tmp_path / "no-models"), models=(), reader=reader)


def test_a_clip_is_read_in_time_by_a_joint_model(tmp_path, clip_file, monkeypatch):
    monkeypatch.setattr("encoders.vision.zero_shot.load_words", lambda: tuple((word, ()) for word in PLAIN))
    looks = analyzer(tmp_path, ZeroShotReader(Joint(), Joint(), 20.0))
    seen = looks.analyze(clip_file)
    looks.close()
    assert {word for word, _ in seen.settings[:2]} == {"night", "fire"}
    assert seen.moments[0].settings[0][0] == "night"
    assert seen.moments[-1].settings[0][0] == "fire"
    assert seen.embeddings["joint"].space == SPACE == looks.spaces[-1]
    brief = brief_from(seen)
    assert set(brief.setting[:2]) == {"night", "fire"}
    assert "night" in brief.segments[0].words if brief.segments else "night" in brief.words


def test_clip_from_a_checkpoint_to_a_brief(tmp_path, clip_file):
    """The whole real path on random weights: what it says is noise, that it is said is not."""
    encoder = ClipEncoder.load(save_clip(tmp_path / "clip"))
    looks = analyzer(tmp_path, ZeroShotReader(encoder.text, encoder.frames, encoder.scale))
    seen, again = looks.analyze(clip_file), looks.analyze(clip_file)
    looks.close()
    assert seen.settings == again.settings
    assert len(brief_from(seen).setting) == 5
    assert {word for word, _ in seen.settings} <= {word for word, _ in load_words()}
    vector = seen.embeddings[encoder.space.id].vector
    assert vector.shape == (encoder.space.dim,)
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


def test_a_random_clip_is_refused_with_the_reason(tmp_path):
    with pytest.raises(SelfTestError, match=r"clip-\w{8} was refused: .* the limit is"):
        choose_pictures(f"clip:{save_clip(tmp_path / 'clip')}", Gatekeeper(tmp_path / "encoders.json"))


@pytest.mark.parametrize(
    ("choose", "setting", "told"),
    [
        (choose_pictures, "clip", "clip:NAME"),
        (choose_pictures, "resnet:x", "vision_encoder is 'resnet:x'"),
        (choose_music, "vggish", "musicnn or one of clap:NAME"),
        (choose_music, "mulan:x", "CC-BY-NC"),
        (choose_music, "mert:/nowhere/at all", "config.json"),
    ],
)
def test_what_cannot_be_chosen_is_told(tmp_path, choose, setting, told):
    with pytest.raises(EncoderError, match=told):
        choose(setting, Gatekeeper(tmp_path / "encoders.json"))


def test_a_verdict_is_kept_by_the_weights_and_a_refusal_is_not(tmp_path):
    keeper = Gatekeeper(tmp_path / "deep" / "encoders.json")
    asked = []

    def good():
        asked.append("good")
        return GateReport(SPACE, (Check("x", 1.0, 0.0, True),))

    def bad():
        asked.append("bad")
        raise SelfTestError("no")

    first = keeper.admit(SPACE, good)
    assert Gatekeeper(tmp_path / "deep" / "encoders.json").admit(SPACE, good) == first
    other = Space("joint", 3, "test", "1")
    for _ in range(2):
        with pytest.raises(SelfTestError):
            keeper.admit(other, bad)
    assert asked == ["good", "bad", "bad"]
    (tmp_path / "deep" / "encoders.json").write_text("[damaged", encoding="utf-8")
    keeper.admit(SPACE, good)
    assert asked[-1] == "good"


def test_a_joint_model_whose_texts_and_pictures_are_not_aligned_is_refused():
    class Frames:
        space = SPACE

        def encode(self, frames):
            rows = [[f.std(), np.abs(np.diff(f[:, :, 0].astype(float), axis=1)).mean(), f.mean()] for f in frames]
            return unit_rows(np.array(rows, np.float32))

    class Words(Joint):
        def _text(self, text):
            return sum((np.random.default_rng(sum(map(ord, w))).normal(size=3) for w in text.split()), np.zeros(3))

    with pytest.raises(SelfTestError, match="was refused"):
        gate_pictures(Words(), Frames())
