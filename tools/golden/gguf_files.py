"""Golden values for GGUF files: blocks of every type as Python's gguf widens them, and tiny models of each architecture with the
results of transformers for the same file.

    python tools/golden/gguf_files.py packages/tensor-core/test/golden/gguf

The weights are random; the tensors of one file have different types, so that the reader meets all of them.
"""

import base64
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ["TQDM_DISABLE"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Q
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

torch.set_num_threads(1)
OUT = Path(sys.argv[1])
rng = np.random.default_rng(7)

# blocks ---------------------------------------------------------------------------------------------------------------------

TYPES = ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"]
# where the halves of a block stand: random bytes there could be infinities
HALVES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108],
          "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}


def random_blocks(name, count):
    elements, width = gguf.GGML_QUANT_SIZES[Q[name]]
    if name == "F32":
        return rng.normal(size=count).astype(np.float32).view(np.uint8)
    if name == "F16":
        return rng.normal(size=count).astype(np.float16).view(np.uint8)
    if name == "BF16":
        return (rng.normal(size=count).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16).view(np.uint8)
    blocks = rng.integers(0, 256, size=(count, width), dtype=np.uint8)
    for at in HALVES[name]:
        # subnormal, ordinary and large halves of both signs
        scales = rng.normal(size=count) * 10.0 ** rng.integers(-8, 4, size=count)
        blocks[:, at:at + 2] = scales.astype(np.float16).reshape(-1, 1).view(np.uint8)
    return blocks.reshape(-1)


def widened(name, data):
    return gguf.dequantize(data, Q[name]).astype(np.float32).reshape(-1)


def text(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def blocks():
    out = {}
    for name in TYPES:
        data = random_blocks(name, 64 if name in ("F32", "F16", "BF16") else 6)
        shaped = data.view(np.float32) if name == "F32" else data.view(np.float16) if name == "F16" else data
        out[name] = {"bytes": text(data), "values": text(widened(name, shaped))}
    return out


# tokenizers -----------------------------------------------------------------------------------------------------------------

CORPUS = ("how do i clean the bridge ? the water of the river is cold in 2024 and warm in 1999 . "
          "l'été est là, où êtes-vous ? I'm sure they're fine; we've seen 12345 of them.\n\nthe end").split(" ")


def byte_level():
    from transformers.convert_slow_tokenizer import bytes_to_unicode
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.train_from_iterator([" ".join(CORPUS)] * 3, trainers.BpeTrainer(
        vocab_size=330, special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=sorted(bytes_to_unicode().values()), show_progress=False))
    model = json.loads(tokenizer.to_str())["model"]
    tokens = [token for token, _ in sorted(model["vocab"].items(), key=lambda item: item[1])] + ["<think>"]
    types = [3, 3, 3] + [1] * (len(tokens) - 4) + [4]
    return tokens, types, [" ".join(pair) for pair in model["merges"]]


def pieces(gemma):
    mark = "▁"
    head = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"] if gemma else ["<unk>", "<s>", "</s>"]
    special = len(head)
    words = sorted({mark + w for w in CORPUS if "\n" not in w} | {w for w in CORPUS if "\n" not in w})
    parts = sorted({w[:n] for w in words for n in range(2, min(len(w), 6) + 1)} - set(words))
    characters = sorted(set("".join(words)) | {"\n"})
    blanks = ["  ", "   "] if gemma else [mark * 2]
    tokens = head + [f"<0x{b:02X}>" for b in range(256)] + blanks + parts + words
    tokens += [c for c in characters if c not in tokens] + ["<end_of_turn>", "<unused0>"]
    types = [3] * special + [6] * 256 + [1] * (len(tokens) - special - 258) + [3, 4]
    scores = [-float(i) if i >= special + 256 else 0.0 for i in range(len(tokens))]
    return tokens, types, scores


CHATML = ("{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
          "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")

# models ---------------------------------------------------------------------------------------------------------------------

# hidden width 64: rows of whole blocks of 32; feed-forward 256 gives `ffn_down` rows of whole blocks of 256
MODELS = {
    "llama": dict(layers=2, hidden=64, inner=256, heads=4, kv_heads=2, head=16, types=["Q4_0", "Q8_0", "F16", "Q5_1", "Q6_K"]),
    "llama-pieces": dict(layers=1, hidden=64, inner=256, heads=4, kv_heads=None, head=16, tied=True,
                         types=["Q5_0", "F32", "BF16", "Q4_1", "Q3_K"]),
    "qwen2": dict(layers=2, hidden=64, inner=256, heads=4, kv_heads=2, head=16, tied=True,
                  types=["Q8_0", "BF16", "Q4_1", "F16", "Q4_K"]),
    "qwen3": dict(layers=2, hidden=64, inner=256, heads=4, kv_heads=2, head=32,
                  types=["F16", "Q5_0", "Q8_0", "BF16", "Q5_K"]),
    "gemma3": dict(layers=7, hidden=32, inner=256, heads=2, kv_heads=1, head=16, tied=True,
                   types=["Q8_0", "Q4_0", "F32", "F16", "Q2_K"]),
}


def quantised(name, values):
    """Values in a type; K types have no quantiser in Python, so that they are given random blocks with small scales."""
    if not name.endswith("_K"):
        return gguf.quantize(values.astype(np.float32), Q[name]), Q[name]
    _, width = gguf.GGML_QUANT_SIZES[Q[name]]
    count = values.size // 256
    data = rng.integers(0, 256, size=(count, width), dtype=np.uint8)
    for at in HALVES[name]:
        data[:, at:at + 2] = np.full((count, 1), 0.0002, np.float16).view(np.uint8)
    return data.reshape(values.shape[0], -1), Q[name]


def write_model(path, name, spec):
    arch = name.split("-")[0]
    writer = gguf.GGUFWriter(path, arch)
    writer.add_context_length(128)
    writer.add_embedding_length(spec["hidden"])
    writer.add_block_count(spec["layers"])
    writer.add_feed_forward_length(spec["inner"])
    writer.add_head_count(spec["heads"])
    if spec["kv_heads"] is not None:
        writer.add_head_count_kv(spec["kv_heads"])
    writer.add_layer_norm_rms_eps(1e-5)
    if arch in ("qwen3", "gemma3"):
        writer.add_key_length(spec["head"])
        writer.add_value_length(spec["head"])
    writer.add_rope_freq_base(1_000_000.0 if arch == "gemma3" else 50_000.0)
    if arch == "gemma3":
        writer.add_sliding_window(6)
    if name in ("llama-pieces", "gemma3"):
        tokens, types, scores = pieces(arch == "gemma3")
        writer.add_tokenizer_model("llama")
        writer.add_tokenizer_pre("default")
        writer.add_token_list(tokens)
        writer.add_token_scores(scores)
        writer.add_token_types(types)
        writer.add_bos_token_id(2 if arch == "gemma3" else 1)
        writer.add_eos_token_id(1 if arch == "gemma3" else 2)
        writer.add_unk_token_id(3 if arch == "gemma3" else 0)
        if arch == "gemma3":
            writer.add_pad_token_id(0)
            writer.add_add_bos_token(True)
    else:
        tokens, types, merges = byte_level()
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre({"llama": "llama-bpe", "qwen2": "qwen2", "qwen3": "smollm"}[arch])
        writer.add_token_list(tokens)
        writer.add_token_types(types)
        writer.add_token_merges(merges)
        writer.add_bos_token_id(1)
        writer.add_eos_token_id(2)
        writer.add_pad_token_id(0)
        writer.add_add_bos_token(arch == "llama")
        writer.add_chat_template(CHATML)
    vocab, hidden, inner = len(tokens), spec["hidden"], spec["inner"]
    queries, keys = spec["heads"] * spec["head"], (spec["kv_heads"] or spec["heads"]) * spec["head"]
    types = iter(spec["types"] * 1000)

    def add(tensor, shape, kind=None):
        values = rng.normal(size=shape).astype(np.float32) * 0.15
        if kind == "norm":
            writer.add_tensor(tensor, (1.0 + values).astype(np.float32))
            return
        if kind == "bias":
            writer.add_tensor(tensor, values)
            return
        chosen = next(types)
        while shape[1] % gguf.GGML_QUANT_SIZES[Q[chosen]][0] != 0:
            chosen = next(types)
        data, raw = quantised(chosen, values)
        writer.add_tensor(tensor, data, raw_dtype=raw)

    add("token_embd.weight", (vocab, hidden))
    for i in range(spec["layers"]):
        at = f"blk.{i}."
        add(at + "attn_norm.weight", (hidden,), "norm")
        add(at + "attn_q.weight", (queries, hidden))
        add(at + "attn_k.weight", (keys, hidden))
        add(at + "attn_v.weight", (keys, hidden))
        add(at + "attn_output.weight", (hidden, queries))
        if arch == "qwen2":
            for part, width in (("q", queries), ("k", keys), ("v", keys)):
                add(at + f"attn_{part}.bias", (width,), "bias")
        if arch in ("qwen3", "gemma3"):
            add(at + "attn_q_norm.weight", (spec["head"],), "norm")
            add(at + "attn_k_norm.weight", (spec["head"],), "norm")
        add(at + "ffn_norm.weight", (hidden,), "norm")
        if arch == "gemma3":
            add(at + "post_attention_norm.weight", (hidden,), "norm")
            add(at + "post_ffw_norm.weight", (hidden,), "norm")
        add(at + "ffn_gate.weight", (inner, hidden))
        add(at + "ffn_up.weight", (inner, hidden))
        add(at + "ffn_down.weight", (hidden, inner))
    add("output_norm.weight", (hidden,), "norm")
    if not spec.get("tied"):
        add("output.weight", (vocab, hidden))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


TEXTS = ["how do i clean the bridge ?", " the  water\n\nof 12345 rivers", "l'été où êtes-vous", "x<|im_end|>y <end_of_turn>z</s> <think> <unused0>",
         "I'm SURE they're 3.14; 你好 🙂\t", "   three", ""]


def results(path, spec):
    folder, file = os.path.split(path)
    config = AutoConfig.from_pretrained(folder, gguf_file=file)
    # transformers 5.23 ignores `qwen3.attention.key_length`
    config.head_dim = spec["head"]
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, config=config, dtype=torch.float32,
                                                 attn_implementation="eager").eval()
    vocab = model.config.vocab_size
    rows = [[(7 * i + 3 * i * i + 11 * row) % vocab for i in range(6 + 5 * row)] for row in range(3)]
    with torch.no_grad():
        logits = [model(torch.tensor([row])).logits[0].log_softmax(-1) for row in rows]
    return {
        "ids": [tokenizer(t, add_special_tokens=False).input_ids for t in TEXTS],
        "withSpecial": tokenizer("how do i").input_ids,
        "bos": tokenizer.bos_token, "eos": tokenizer.eos_token, "pad": tokenizer.pad_token,
        "chat": None if tokenizer.chat_template is None else tokenizer.apply_chat_template(
            [{"role": "user", "content": "how do i"}], add_generation_prompt=True, tokenize=False),
        "rows": rows,
        "logProbs": [[round(lp[i, row[i + 1]].item(), 6) for i in range(len(row) - 1)] for lp, row in zip(logits, rows)],
    }


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    golden = {"blocks": blocks(), "texts": TEXTS, "models": {}}
    for name, spec in MODELS.items():
        path = str(OUT / f"{name}.gguf")
        state = rng.bit_generator.state
        write_model(path, name, spec)
        if spec["kv_heads"] is None:
            # transformers 5.23 leaves the rows of such a file permuted: its twin states the number of heads
            rng.bit_generator.state = state
            path = str(Path(tempfile.mkdtemp()) / f"{name}.gguf")
            write_model(path, name, {**spec, "kv_heads": spec["heads"]})
        golden["models"][name] = results(path, spec)
    (OUT / "golden.json").write_text(json.dumps(golden, ensure_ascii=False) + "\n")


main()
