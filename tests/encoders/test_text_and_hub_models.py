import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_checkpoints import save_clap, save_clip, save_sentence_transformer

from encoders.errors import EncoderError, ModelCorruptError
from encoders.music.clap import ClapEncoder
from encoders.text.onnx_text import OnnxTextEncoder
from encoders.text.reranker import CrossEncoderReranker
from encoders.text.sentence import SentenceTransformerEncoder
from encoders.vision.clip import ClipEncoder


@pytest.mark.models
def test_bge_puts_a_query_next_to_what_answers_it(store):
    encoder = OnnxTextEncoder.from_store(store)
    documents = [
        "slow melancholic piano ballad, acoustic, quiet",
        "fast thrash metal with screaming vocals",
        "upbeat electronic dance track with a strong beat",
        "Bulgarian women's choir, a cappella",
    ]
    queries = ["sad piano music", "aggressive guitars", "something to dance to in a club", "voices without instruments"]
    nearest = (encoder.encode(queries, "query") @ encoder.encode(documents).T).argmax(axis=1)
    assert nearest.tolist() == [0, 1, 2, 3]


@pytest.mark.models
def test_a_text_has_one_vector_whatever_stands_beside_it(store):
    encoder = OnnxTextEncoder.from_store(store)
    alone = encoder.encode(["a quiet song"])
    among = encoder.encode(["a quiet song", "x " * 5000, ""])
    assert np.array_equal(alone[0], among[0])
    assert not np.allclose(encoder.encode(["a quiet song"], "query"), alone)


@pytest.mark.models
def test_hostile_texts_are_encoded(store):
    encoder = OnnxTextEncoder.from_store(store)
    texts = ["\ud800 alone", "\x00\x01", "😀" * 100, "‮ right to left", "a" * 200_000, " ", "' OR 1=1 --"]
    rows = encoder.encode(texts)
    assert np.isfinite(rows).all()
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)


@pytest.mark.models
def test_reranker_scores_in_order_and_in_range(store):
    reranker = CrossEncoderReranker.from_store(store)
    documents = ["the weather in Oslo", "a sad slow piano ballad", "heavy metal"]
    scores = reranker.score("sad piano music", documents)
    assert scores.shape == (3,)
    assert scores.dtype == np.float32
    assert scores.argmax() == 1
    assert ((scores >= 0) & (scores <= 1)).all()
    assert reranker.score("sad piano music", documents[::-1]).tolist() == scores[::-1].tolist()
    assert reranker.score("x", []).shape == (0,)


@pytest.mark.models
def test_a_damaged_model_file_is_named(store, tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"not a model")
    tokenizer = store.path("bge-small", "tokenizer.json").read_text(encoding="utf-8")
    (tmp_path / "tokenizer.json").write_text(tokenizer, encoding="utf-8")
    with pytest.raises(ModelCorruptError, match=r"model\.onnx"):
        OnnxTextEncoder(tmp_path, "x", "0")
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelCorruptError, match=r"tokenizer\.json"):
        OnnxTextEncoder(tmp_path, "x", "0")


def test_sentence_transformer_is_loaded_from_a_folder(tmp_path):
    folder = save_sentence_transformer(tmp_path)
    encoder = SentenceTransformerEncoder.load(folder, "mine", {"query": "find "})
    assert (encoder.space.id, encoder.space.dim) == ("mine", 32)
    assert np.allclose(encoder.encode(["sea"], "query"), encoder.encode(["find sea"]))
    assert not np.allclose(encoder.encode(["sea"], "query"), encoder.encode(["sea"]))
    again = SentenceTransformerEncoder.load(folder, "mine")
    assert again.space == encoder.space
    other = SentenceTransformerEncoder.load(save_sentence_transformer(tmp_path / "other", seed=1), "mine")
    assert other.space != encoder.space  # other weights, so another space


def test_clip_prepares_pictures_as_its_authors_do(tmp_path):
    """Resize, crop, scale and normalise give what the model class itself gives for the prepared tensor."""
    encoder = ClipEncoder.load(save_clip(tmp_path), "clip")
    grey = np.full((60, 60, 3), 128, dtype=np.uint8)
    mean = torch.tensor([0.48145466, 0.4578275, 0.40821073])
    std = torch.tensor([0.26862954, 0.26130258, 0.27577711])
    tensor = ((128 / 255 - mean) / std).reshape(1, 3, 1, 1).expand(1, 3, 30, 30)
    with torch.inference_mode():
        features = encoder.frames._model.get_image_features(pixel_values=tensor).pooler_output.numpy()
    np.testing.assert_allclose(encoder.frames.encode([grey])[0], features[0] / np.linalg.norm(features), atol=1e-5)


def test_clap_gives_the_same_vector_for_a_long_sound_each_time(tmp_path):
    encoder = ClapEncoder.load(save_clap(tmp_path), "clap")
    rng = np.random.default_rng(0)
    sound = (0.1 * rng.normal(size=16_000 * 9)).astype(np.float32)  # nine times the model's window
    first = encoder.music.encode(sound)
    np.random.seed(99)
    assert np.array_equal(first, encoder.music.encode(sound))
    assert encoder.music.sample_rate_hz == 16_000
    with pytest.raises(EncoderError, match="not empty"):
        encoder.music.encode(np.zeros(0, dtype=np.float32))


@pytest.mark.parametrize(("save", "load"), [(save_clip, ClipEncoder.load), (save_clap, ClapEncoder.load)])
def test_checkpoints_that_lack_weights_are_refused(tmp_path, save, load):
    folder = save(tmp_path)
    weights = load_file(folder / "model.safetensors")
    dropped = sorted(name for name in weights if "text_projection" in name)[0]
    del weights[dropped]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(EncoderError, match="lacks 1 weights"):
        load(folder)


@pytest.mark.parametrize("load", [ClipEncoder.load, ClapEncoder.load, SentenceTransformerEncoder.load])
def test_a_folder_without_a_model_and_a_pickled_one_are_refused(tmp_path, load):
    with pytest.raises(EncoderError):
        load(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}), encoding="utf-8")
    torch.save({"a": torch.zeros(1)}, tmp_path / "pytorch_model.bin")
    with pytest.raises(EncoderError):
        load(tmp_path)
