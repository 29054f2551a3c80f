"""Tiny randomly initialised checkpoints of the real classes, saved as their own libraries save them."""

import contextlib
import io
import json

import torch
from transformers import (
    BertConfig,
    BertModel,
    BertTokenizer,
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
    CLIPConfig,
    CLIPModel,
    CLIPTokenizer,
    HubertConfig,
    HubertModel,
    RobertaTokenizer,
    SiglipConfig,
    SiglipModel,
    T5Tokenizer,
    Wav2Vec2FeatureExtractor,
)

LETTERS = [chr(code) for code in range(ord("a"), ord("z") + 1)]


@contextlib.contextmanager
def quiet():
    """Progress bars of the libraries go nowhere."""
    with contextlib.redirect_stderr(io.StringIO()):
        yield


def save_clip(folder, seed=0):
    torch.manual_seed(seed)
    layers = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 4}
    marks = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    text = {**layers, **marks, "vocab_size": 100, "max_position_embeddings": 20}
    vision = {**layers, "image_size": 30, "patch_size": 10}
    with quiet():
        CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=16)).save_pretrained(folder)
    words = ["<|startoftext|>", "<|endoftext|>", *LETTERS, *(f"{letter}</w>" for letter in LETTERS)]
    CLIPTokenizer(vocab={word: i for i, word in enumerate(words)}, merges=[]).save_pretrained(folder)
    return folder


def save_clap(folder, seed=0):
    torch.manual_seed(seed)
    text = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 4}
    text |= {"vocab_size": 100, "max_position_embeddings": 40, "projection_dim": 16}
    sound = {"spec_size": 64, "hidden_size": 32, "patch_size": 4, "num_mel_bins": 16, "depths": [1, 1]}
    sound |= {"num_attention_heads": [2, 2], "window_size": 4, "patch_embeds_hidden_size": 16, "projection_dim": 16}
    sound |= {"num_hidden_layers": 2, "aff_block_r": 1, "enable_fusion": False}
    hearing = {"feature_size": 16, "max_length_s": 1, "sampling_rate": 16_000, "frequency_max": 8000}
    hearing |= {"hop_length": 256, "fft_window_size": 512, "truncation": "rand_trunc"}
    with quiet():
        ClapModel(ClapConfig(text_config=text, audio_config=sound, projection_dim=16)).save_pretrained(folder)
        ClapFeatureExtractor(**hearing).save_pretrained(folder)
    words = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *LETTERS, "Ġ"]
    RobertaTokenizer(vocab={word: i for i, word in enumerate(words)}, merges=[]).save_pretrained(folder)
    return folder


def save_siglip(folder, seed=0):
    torch.manual_seed(seed)
    layers = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 4}
    text = {**layers, "vocab_size": 100, "max_position_embeddings": 16, "projection_size": 32}
    vision = {**layers, "image_size": 30, "patch_size": 10}
    with quiet():
        SiglipModel(SiglipConfig(text_config=text, vision_config=vision)).save_pretrained(folder)
    # Published as a SentencePiece model, which transformers reads through the same tokenizer class as T5's.
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -1.0), *((letter, -2.0) for letter in LETTERS)]
    T5Tokenizer(vocab=pieces, extra_ids=0).save_pretrained(folder)
    return folder


def save_mert(folder, seed=0, **changes):
    """A MERT as it is published: HuBERT's weights, a config that names a class of its own."""
    torch.manual_seed(seed)
    layers = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 4}
    sound = {"conv_dim": [16, 16, 16], "conv_stride": [5, 4, 4], "conv_kernel": [10, 8, 8], "vocab_size": 10}
    position = {"num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2}
    with quiet():
        HubertModel(HubertConfig(**layers, **sound, **position)).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(sampling_rate=24_000, do_normalize=True).save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    own = {"model_type": "mert_model", "architectures": ["MERTModel"], "auto_map": {"AutoModel": "modeling.MERTModel"}}
    changed = {**config, **own, "attention_relax": -1.0, "feature_extractor_cqt": False, **changes}
    (folder / "config.json").write_text(json.dumps(changed), encoding="utf-8")
    return folder


def save_sentence_transformer(folder, seed=0):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    torch.manual_seed(seed)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    bert = folder / "bert"
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=37,
        max_position_embeddings=64,
    )
    with quiet():
        BertModel(config).save_pretrained(bert)
        BertTokenizer(vocab={word: i for i, word in enumerate(words)}).save_pretrained(bert)
        transformer = Transformer(str(bert))
        model = SentenceTransformer(modules=[transformer, Pooling(32)], device="cpu")
        model.save_pretrained(str(folder / "model"))
    return folder / "model"
