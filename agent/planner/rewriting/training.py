"""Training the rewriter: a low-rank adapter (LoRA, Hu et al., 2021, arXiv:2106.09685) on the weights that users run.

The quantised weights of the GGUF file are what the adapter is trained on, so that it fits them as they are. Of the
output only the rows of common tokens and of those that occur are kept while training, which spares memory.
Needs the extra ``train``; a GPU does in two minutes what takes a CPU a day.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from agent.errors import ModelError
from agent.planner.rewriting.pairs import Pair, load_pairs, part_of
from agent.planner.rewriting.planner import LISTED, SYSTEM

_COMMON = 30_000  # tokens: the first of the vocabulary are its most frequent
_LAYERS = {
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj", "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
}  # fmt: skip
_ADAPTED = tuple(name.rsplit(".", 1)[1] for name in _LAYERS.values() if name.endswith("_proj"))
_IGNORED = -100  # what torch's cross entropy leaves out

Encoded = tuple[list[int], list[int]]


@dataclass(frozen=True, slots=True)
class Options:
    """How the adapter is trained; `rank` is that of the adapter, whose scale is 2 (alpha is twice the rank)."""

    rank: int = 4
    learning_rate: float = 8e-4
    dropout: float = 0.05
    epochs: int = 2
    batch: int = 32
    seed: int = 0


def train(
    gguf: Path,
    target: Path,
    options: Options,
    progress: Callable[[float], None] = lambda _: None,
    pairs: Sequence[Pair] | None = None,
) -> dict[str, Any]:
    """Train an adapter on a model's weights and write it as GGUF.

    Args:
        gguf: the model of the registry; its architecture is Qwen2.
        target: the file to write.
        options: how.
        progress: told the share that is done.
        pairs: what to learn from; those that ship with the package unless given.

    Returns:
        The card: the options, the number of pairs, and the loss (nats a token) on the tune part after each epoch.

    Raises:
        ModelError: the extra is not installed, or the file is no such model.
    """
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise ModelError("training the rewriter needs the extra: pip install 'trichord[train]'") from error
    from transformers import AutoTokenizer

    torch.manual_seed(options.seed)
    tokenizer = AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name)
    pairs = load_pairs() if pairs is None else pairs
    learnt = [p for p in pairs if part_of(p) == "train"]
    held = [p for p in pairs if part_of(p) == "tune"]
    encoded = {"train": [_encoded(p, tokenizer) for p in learnt], "tune": [_encoded(p, tokenizer) for p in held]}
    kept = _kept_tokens(row for rows in encoded.values() for row in rows)
    place = {int(token): n for n, token in enumerate(kept)}
    rows = {part: [_mapped(row, place) for row in told] for part, told in encoded.items()}
    device = "cuda" if torch.cuda.is_available() else "cpu"
    base = load_base(gguf, kept, device)
    config = LoraConfig(
        r=options.rank, lora_alpha=2 * options.rank, lora_dropout=options.dropout,
        target_modules=list(_ADAPTED), task_type="CAUSAL_LM",
    )  # fmt: skip
    model = get_peft_model(base, config)
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    losses = _fit(model, rows, options, device, progress)
    tensors = {n: p.detach().half().cpu().numpy() for n, p in model.named_parameters() if p.requires_grad}
    write_adapter(tensors, target, alpha=2.0 * options.rank)
    return {**asdict(options), "pairs": len(learnt), "tune_pairs": len(held), "tune_loss": losses}


def load_base(gguf: Path, kept: np.ndarray[Any, np.dtype[np.int64]], device: str) -> torch.nn.Module:
    """Return the model of a GGUF file with its weights as they are when they run, in bfloat16.

    Args:
        gguf: a Qwen2 model.
        kept: the tokens whose rows of the output are kept; they are what is embedded, too.
        device: of torch.

    Raises:
        ModelError: the file is of another architecture.
    """
    from gguf import GGUFReader
    from gguf.quants import dequantize
    from transformers import Qwen2Config, Qwen2ForCausalLM

    reader = GGUFReader(gguf)

    def told(name: str) -> Any:
        field = reader.get_field(f"qwen2.{name}")
        if field is None:
            raise ModelError(f"{gguf.name} is no Qwen2 model; the rewriter is trained on those")
        return field.contents()

    config = Qwen2Config(
        vocab_size=len(kept), hidden_size=told("embedding_length"), intermediate_size=told("feed_forward_length"),
        num_hidden_layers=told("block_count"), num_attention_heads=told("attention.head_count"),
        num_key_value_heads=told("attention.head_count_kv"), rms_norm_eps=told("attention.layer_norm_rms_epsilon"),
        max_position_embeddings=told("context_length"), tie_word_embeddings=True,
        rope_parameters={"rope_theta": told("rope.freq_base"), "rope_type": "default"},
    )  # fmt: skip
    model: torch.nn.Module = Qwen2ForCausalLM(config).bfloat16()
    state = model.state_dict()
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    output = "output.weight" if "output.weight" in tensors else "token_embd.weight"
    with torch.no_grad():
        for name, tensor in tensors.items():
            if (there := _called(name, output)) is None:
                continue
            data = tensor.data[kept] if name == output else tensor.data
            weights = np.array(dequantize(np.ascontiguousarray(data), tensor.tensor_type))
            state[there].copy_(torch.from_numpy(weights))
    return model.to(device)


def write_adapter(tensors: dict[str, np.ndarray[Any, Any]], target: Path, *, alpha: float) -> None:
    """Write an adapter's matrices, by their names in peft, as llama.cpp reads them."""
    from gguf import GGUFWriter

    names = {theirs: ours for ours, theirs in _LAYERS.items()}
    writer = GGUFWriter(str(target), "qwen2")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for name, matrix in sorted(tensors.items()):
        *_, layer, block, projection, side, _, _ = name.split(".")
        ours = f"blk.{layer}.{names[f'{block}.{projection}']}.weight.{side.lower()}"
        writer.add_tensor(ours, matrix.astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _called(name: str, output: str) -> str | None:
    """Return what transformers calls a tensor of a GGUF file; None for what is not needed."""
    if name == output:
        return "model.embed_tokens.weight"
    if name == "output_norm.weight":
        return "model.norm.weight"
    if not name.startswith("blk."):
        return None
    _, layer, part, kind = name.split(".")
    return f"model.layers.{layer}.{_LAYERS[part]}.{kind}" if part in _LAYERS else None


def _encoded(pair: Pair, tokenizer: Any) -> Encoded:
    """Return the tokens of what the model is asked, and of what it should say, in the template of Qwen."""
    asked = (
        f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n{LISTED if pair.listed else ''}{pair.message}"
        "<|im_end|>\n<|im_start|>assistant\n"
    )
    return (
        tokenizer(asked, add_special_tokens=False)["input_ids"],
        tokenizer(f"{pair.plain}<|im_end|>", add_special_tokens=False)["input_ids"],
    )


def _kept_tokens(rows: Any) -> np.ndarray[Any, np.dtype[np.int64]]:
    used = {token for asked, said in rows for token in (*asked, *said)}
    return np.array(sorted(used | set(range(min(_COMMON, max(used) + 1)))), np.int64)


def _mapped(row: Encoded, place: dict[int, int]) -> Encoded:
    asked, said = row
    return [place[token] for token in asked], [place[token] for token in said]


def _fit(
    model: Any, rows: dict[str, list[Encoded]], options: Options, device: str, progress: Callable[[float], None]
) -> list[float]:
    rng = random.Random(options.seed)
    learnt = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(learnt, lr=options.learning_rate, weight_decay=0.01)
    total = math.ceil(len(rows["train"]) / options.batch) * options.epochs
    losses, step = [], 0
    for _ in range(options.epochs):
        order = list(rows["train"])
        rng.shuffle(order)
        model.train()
        for start in range(0, len(order), options.batch):
            share = min(1.0, (step + 1) / 20) * (0.05 + 0.475 * (1 + math.cos(math.pi * step / total)))
            for group in optimiser.param_groups:
                group["lr"] = options.learning_rate * share
            loss = _loss(model, order[start : start + options.batch], device)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch has no types for it
            torch.nn.utils.clip_grad_norm_(learnt, 1.0)
            optimiser.step()
            step += 1
            progress(step / total)
        model.eval()
        with torch.no_grad():
            parts = [rows["tune"][n : n + 64] for n in range(0, len(rows["tune"]), 64)]
            losses.append(round(float(np.mean([_loss(model, part, device).item() for part in parts])), 4))
    return losses


def _loss(model: Any, rows: Sequence[Encoded], device: str) -> torch.Tensor:
    longest = max(len(asked) + len(said) for asked, said in rows)
    tokens = torch.zeros((len(rows), longest), dtype=torch.long)
    wanted = torch.full((len(rows), longest), _IGNORED)
    seen = torch.zeros((len(rows), longest), dtype=torch.long)
    for n, (asked, said) in enumerate(rows):
        end = len(asked) + len(said)
        tokens[n, :end] = torch.tensor([*asked, *said])
        wanted[n, len(asked) : end] = torch.tensor(said)
        seen[n, :end] = 1
    with torch.autocast(device, dtype=torch.bfloat16):
        loss: torch.Tensor = model(
            input_ids=tokens.to(device), attention_mask=seen.to(device), labels=wanted.to(device)
        ).loss
    return loss
