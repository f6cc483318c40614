"""Golden files for packages/tensor-core/src/formats, from safetensors, torch, transformers and peft.

    python tools/golden/formats.py

writes packages/tensor-core/test/golden/formats.json.
"""
import base64
import json
import os
import tempfile

import peft
import safetensors.torch as st
import torch
import transformers
from peft.tuners.tuners_utils import check_target_module_exists
from peft.utils.other import get_pattern_key

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "..", "packages", "tensor-core", "test", "golden", "formats.json")
torch.set_num_threads(1)


def b64(path):
    with open(path, "rb") as f:
        return base64.b64encode(f.read()).decode()


def numbers(t):
    return [x if x == x and abs(x) != float("inf") else str(x) for x in t.flatten().double().tolist()]


def all_types():
    torch.manual_seed(1)
    x = torch.randn(3, 4) * torch.logspace(-9, 6, 4)
    x[0, 0], x[0, 1], x[0, 2], x[0, 3] = float("nan"), float("inf"), -float("inf"), -0.0
    tensors = {
        "F64": x.double(), "F32": x, "F16": x.half(), "BF16": x.bfloat16(),
        "I64": torch.tensor([2**40, -3, 0]), "I32": torch.tensor([2**24, -5], dtype=torch.int32),
        "I16": torch.tensor([-32768, 32767], dtype=torch.int16), "I8": torch.tensor([-128, 127], dtype=torch.int8),
        "U8": torch.tensor([0, 255], dtype=torch.uint8), "BOOL": torch.tensor([True, False, True]),
        "empty": torch.zeros(0, 7), "scalar": torch.tensor(2.5),
    }
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "x.safetensors")
        st.save_file(tensors, path, metadata={"format": "pt", "note": "a \"quoted\" text"})
        data = b64(path)
    return {"file": data, "metadata": {"format": "pt", "note": "a \"quoted\" text"},
            "tensors": {k: {"shape": list(v.shape), "values": numbers(v.float() if v.dtype.is_floating_point else v)} for k, v in tensors.items()}}


def rounding():
    """float32 bits to bfloat16 and half bits: ties, subnormals, the edges of the ranges, and random bits."""
    torch.manual_seed(2)
    edges = [0x3F808000, 0x3F818000, 0x3F808001, 0x3F807FFF, 0x7F7FFFFF, 0x7F800000, 0xFF800000, 0x00000001, 0x807FFFFF,
             0x33000000, 0x33000001, 0x32FFFFFF, 0x33800000, 0x33C00000, 0x38800000, 0x387FFFFF, 0x387FE000, 0x387FF000,
             0x477FE000, 0x477FEFFF, 0x477FF000, 0x47800000, 0x3F801000, 0x3F803000, 0x3F802FFF, 0x80000000, 0]
    random = torch.randint(-(2**31), 2**31, (300,)).tolist()
    near = (0x33000000 + torch.randint(0, 0x15000000, (300,))).tolist()
    bits = torch.tensor([b - 2**32 if b >= 2**31 else b for b in edges] + random + near, dtype=torch.int64).to(torch.int32)
    x = bits.view(torch.float32)
    keep = ~x.isnan()
    x, bits = x[keep], bits[keep]
    return {"float32": bits.tolist(), "bfloat16": (x.bfloat16().view(torch.int16).int() & 0xFFFF).tolist(),
            "float16": (x.half().view(torch.int16).int() & 0xFFFF).tolist()}


def small(**more):
    return transformers.LlamaConfig(vocab_size=20, hidden_size=8, intermediate_size=12, num_hidden_layers=2, num_attention_heads=4,
                                    num_key_value_heads=2, max_position_embeddings=64, **more)


def configs():
    """config.json as transformers 5 writes it."""
    llama3 = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 32}
    made = {
        "plain": small(),
        "llama3": small(rope_parameters=llama3, tie_word_embeddings=True, attention_bias=True, mlp_bias=True, eos_token_id=[3, 4], head_dim=6),
        "linear": small(rope_parameters={"rope_type": "linear", "rope_theta": 10000.0, "factor": 2.0}),
        "yarn": small(rope_parameters={"rope_type": "yarn", "rope_theta": 10000.0, "factor": 2.0, "original_max_position_embeddings": 32}),
        "mistral": transformers.MistralConfig(vocab_size=20, hidden_size=8, intermediate_size=12, num_hidden_layers=1, num_attention_heads=4, num_key_value_heads=2, head_dim=2, sliding_window=None),
        "mistral-window": transformers.MistralConfig(sliding_window=16),
        "gpt2": transformers.GPT2Config(),
    }
    out = {}
    for name, config in made.items():
        with tempfile.TemporaryDirectory() as d:
            config.save_pretrained(d)
            with open(os.path.join(d, "config.json")) as f:
                out[name] = json.load(f)
    return out


def adapter():
    """A random adapter as peft saves it, with patterns, rslora and bfloat16, and the scales that peft computes for it."""
    torch.manual_seed(3)
    model = transformers.LlamaForCausalLM(small())
    config = peft.LoraConfig(r=4, lora_alpha=8, use_rslora=True, lora_dropout=0.1, target_modules=["q_proj", "v_proj", "down_proj"],
                             rank_pattern={"layers.1.self_attn.q_proj": 2, "v_proj": 3}, alpha_pattern={r".*\.0\..*proj": 5}, task_type="CAUSAL_LM",
                             modules_to_save=["norm"])
    wrapped = peft.get_peft_model(model, config)
    for name, p in wrapped.named_parameters():
        if "lora_" in name:
            p.data = torch.randn_like(p).bfloat16()
    with tempfile.TemporaryDirectory() as d:
        wrapped.save_pretrained(d)
        with open(os.path.join(d, "adapter_config.json")) as f:
            written = json.load(f)
        file = b64(os.path.join(d, "adapter_model.safetensors"))
    scales = {n.removeprefix("base_model.model."): m.scaling["default"] for n, m in wrapped.named_modules() if isinstance(m, peft.tuners.lora.LoraLayer)}
    factors = {n.removeprefix("base_model.model."): numbers(m.lora_A["default"].weight.float()) for n, m in wrapped.named_modules() if isinstance(m, peft.tuners.lora.LoraLayer)}
    return {"config": written, "file": file, "scales": scales, "A": factors}


def placements():
    names = [f"model.layers.{i}.{m}" for i in (0, 1, 2, 11) for m in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.gate_proj", "mlp.down_proj")] + ["lm_head", "model.xq_proj"]
    cases = [
        {"target_modules": ["q_proj", "v_proj"]},
        {"target_modules": ["self_attn.q_proj", "lm_head"]},
        {"target_modules": r".*\.(q|k)_proj"},
        {"target_modules": r"model\.layers\.(?!0\.)\d+\..*_proj"},
        {"target_modules": r"q_proj"},
        {"target_modules": r".*[02]\.mlp\.[^.]{2,9}_pro[a-j]+"},
        {"target_modules": ["q_proj", "gate_proj"], "exclude_modules": ["layers.1.self_attn.q_proj"]},
        {"target_modules": ["q_proj", "gate_proj"], "exclude_modules": r".*\.1\..*"},
        {"target_modules": ["q_proj", "gate_proj"], "layers_to_transform": [1, 11]},
        {"target_modules": ["q_proj"], "layers_to_transform": 0, "layers_pattern": "layers"},
        {"target_modules": ["q_proj", "v_proj"], "rank_pattern": {"q_proj": 2, "layers.1.self_attn.q_proj": 3}, "alpha_pattern": {r"layers\.\d\..*": 7, "v_proj": 9}},
        {"target_modules": ["q_proj", "v_proj"], "rank_pattern": {"^model.layers.11.*": 2, r"\d+\.self_attn\.v_proj": 5}},
        {"target_modules": ["q_proj", "v_proj"], "rank_pattern": {"proj": 2, "(?:q|v)_proj": 6}, "use_rslora": True},
    ]
    out = []
    for case in cases:
        config = peft.LoraConfig(r=4, lora_alpha=8, **case)
        rows = []
        for name in names:
            hit = check_target_module_exists(config, name)
            targeted = bool(hit) and type(hit).__name__ != "_ExcludedModule"
            r = config.rank_pattern.get(get_pattern_key(config.rank_pattern.keys(), name), config.r)
            alpha = config.alpha_pattern.get(get_pattern_key(config.alpha_pattern.keys(), name), config.lora_alpha)
            rows.append([name, targeted, r, alpha / (r**0.5 if config.use_rslora else r)])
        out.append({"config": {"peft_type": "LORA", "r": 4, "lora_alpha": 8, **case}, "rows": rows})
    return out


if __name__ == "__main__":
    with open(OUT, "w") as f:
        json.dump({"types": all_types(), "rounding": rounding(), "configs": configs(), "adapter": adapter(), "placements": placements()}, f, separators=(",", ":"))
        f.write("\n")
