"""Tiny randomly initialised checkpoints of the real classes, saved as their own libraries save them."""

import contextlib
import io

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
    RobertaTokenizer,
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
