"""Golden values for the families of decoders: tiny random models of each, and the results of transformers, peft and torch with them.

    python tools/golden/lm_families.py packages/tensor-core/test/golden/families [FAMILY ...]

With names, only the folders of these later families are written, each with its own golden.json.
Rows are longer than the windows and of unequal lengths; models are stored in bfloat16, some in shards, and computed in float32.
"""

import copy
import json
import math
import shutil
import sys
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM

torch.set_num_threads(1)
OUT = Path(sys.argv[1])

SHARED = dict(vocab_size=53, hidden_size=24, intermediate_size=32, num_hidden_layers=3, num_attention_heads=4,
              num_key_value_heads=2, max_position_embeddings=256, bos_token_id=1, eos_token_id=2, pad_token_id=0)
MIXED = ["sliding_attention", "full_attention", "sliding_attention"]

FAMILIES = {
    "mistral": dict(sliding_window=5, head_dim=10, num_key_value_heads=1),
    "qwen2": dict(use_sliding_window=True, sliding_window=6, max_window_layers=1, tie_word_embeddings=True),
    "qwen3": dict(use_sliding_window=True, sliding_window=7, layer_types=MIXED, head_dim=8, attention_bias=True),
    "gemma3_text": dict(sliding_window=6, layer_types=MIXED, head_dim=8, query_pre_attn_scalar=14,
                        rope_parameters=dict(full_attention=dict(rope_type="linear", factor=2.0, rope_theta=100000.0),
                                             sliding_attention=dict(rope_type="default", rope_theta=1000.0))),
}
SIZES = dict(vocab_size=100, hidden_size=64, intermediate_size=96, num_hidden_layers=8, num_attention_heads=32)

LATER = {
    "gemma": dict(head_dim=8, tie_word_embeddings=True),
    "gemma2": dict(head_dim=8, sliding_window=6, query_pre_attn_scalar=14, attn_logit_softcapping=2.5,
                   final_logit_softcapping=4.0),
    "granite": dict(attention_multiplier=0.3, embedding_multiplier=3.0, residual_multiplier=0.6, logits_scaling=1.7,
                    attention_bias=True),
    "gemma3": dict(),
    "olmo2": dict(),
    "smollm3": dict(no_rope_layers=[1, 0, 1], mlp_bias=True, tie_word_embeddings=True),
}
IMAGES = dict(hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2, image_size=28,
              patch_size=14)
LATER_CONFIGS = {
    "gemma": {
        "gemma with nothing but sizes": dict(model_type="gemma", **SIZES),
        "gemma-2b as published": dict(model_type="gemma", architectures=["GemmaForCausalLM"], bos_token_id=2,
                                      eos_token_id=1, pad_token_id=0, head_dim=256, hidden_act="gelu",
                                      hidden_activation="gelu_pytorch_tanh", hidden_size=2048,
                                      intermediate_size=16384, max_position_embeddings=8192, num_attention_heads=8,
                                      num_hidden_layers=18, num_key_value_heads=1, rms_norm_eps=1e-6,
                                      rope_scaling=None, rope_theta=10000.0, torch_dtype="bfloat16",
                                      vocab_size=256000),
    },
    "gemma2": {
        "gemma 2 with nothing but sizes": dict(model_type="gemma2", **SIZES),
        "gemma 2 without caps": dict(model_type="gemma2", **SIZES, attn_logit_softcapping=None,
                                     final_logit_softcapping=None, rope_theta=5e5, sliding_window=8),
        "gemma 2 with other windows": dict(model_type="gemma2", **SIZES, attn_logit_softcapping=20.0,
                                           final_logit_softcapping=10.0, query_pre_attn_scalar=144,
                                           layer_types=["full_attention", "sliding_attention"] * 4),
    },
    "granite": {
        "granite with nothing but sizes": dict(model_type="granite", **SIZES),
        "granite with multipliers": dict(model_type="granite", **SIZES, attention_multiplier=0.0078125,
                                         embedding_multiplier=12.0, residual_multiplier=0.22, logits_scaling=16.0,
                                         rope_theta=1e7, rope_scaling=None),
    },
    "gemma3": {},
    "olmo2": {"olmo 2 with nothing but sizes": dict(model_type="olmo2", **SIZES)},
    "smollm3": {
        "smollm3 with nothing but sizes": dict(model_type="smollm3", **SIZES),
        "smollm3 with another interval": dict(model_type="smollm3", **SIZES, no_rope_layer_interval=3, rope_theta=5e6,
                                              num_key_value_heads=8, use_sliding_window=False, sliding_window=None),
        "smollm3 with all layers rotated": dict(model_type="smollm3", **SIZES, no_rope_layers=[1] * 8),
    },
}
SHARDED = ("mistral", "gemma3_text")

ROPES = {
    "dynamic": dict(rope_type="dynamic", rope_theta=10000.0, factor=3.0),
    "yarn": dict(rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=64),
    "yarn with mscale": dict(rope_type="yarn", rope_theta=5000.0, factor=8.0, original_max_position_embeddings=32,
                             mscale=0.7, mscale_all_dim=1.3, beta_fast=16, beta_slow=2, truncate=False),
    "default": dict(rope_type="default", rope_theta=10000.0),
    "longrope": dict(rope_type="longrope", rope_theta=10000.0, short_factor=[1.0, 1.5, 2.0, 3.0],
                     long_factor=[2.0, 5.0, 3.0, 9.0], original_max_position_embeddings=16),
}


def rounded(x, digits=9):
    return [float(f"{v:.{digits}g}") for v in torch.as_tensor(x).double().flatten().tolist()]


def loaded(folder, config=None):
    return AutoModelForCausalLM.from_pretrained(folder, config=config, dtype=torch.float32,
                                                attn_implementation="eager").eval()


def configured(name, fields):
    if name != "gemma3":
        return AutoConfig.for_model(name, **copy.deepcopy({**SHARED, **fields}))
    text = {**SHARED, **FAMILIES["gemma3_text"]}
    return AutoConfig.for_model(name, text_config=copy.deepcopy(text), vision_config=IMAGES, mm_tokens_per_image=4,
                                image_token_index=50, boi_token_index=51, eoi_token_index=52, eos_token_id=2)


def made(name, folder, **fields):
    torch.manual_seed(sum(map(ord, name)))
    model = AutoModelForCausalLM.from_config(configured(name, fields)).float()
    centre = 0.0 if name.startswith("gemma") else 1.0
    with torch.no_grad():
        for key, p in model.named_parameters():
            if "norm" in key:
                p.copy_(centre + 0.3 * torch.randn_like(p))
            elif key.endswith("bias"):
                p.copy_(0.3 * torch.randn_like(p))
            else:
                sharp = 2.0 if any(s in key for s in ("q_proj", "k_proj", "lm_head", "embed")) else 1.0
                p.copy_(torch.randn_like(p) * sharp / math.sqrt(p.shape[-1]))
    shutil.rmtree(folder, ignore_errors=True)
    model.bfloat16().save_pretrained(folder, **(dict(max_shard_size="20KB") if name in SHARDED else {}))
    return loaded(folder)


def rows_of(n, seed, longest, answer):
    g = torch.Generator().manual_seed(seed)
    draw = lambda k: torch.randint(3, SHARED["vocab_size"], (k,), generator=g).tolist()
    size = lambda lo, hi: int(torch.randint(lo, hi + 1, (1,), generator=g))
    return [dict(promptTokens=draw(size(1, longest)), responseTokens=draw(size(2, answer))) for _ in range(n)]


def response_log_probs(model, row):
    tokens = torch.tensor([row["promptTokens"] + row["responseTokens"]])
    p = len(row["promptTokens"])
    lp = torch.log_softmax(model(tokens, use_cache=False).logits[0, p - 1:-1], -1)
    return lp[torch.arange(len(row["responseTokens"])), torch.tensor(row["responseTokens"])]


def decoding(fresh):
    """`fresh` loads the model: dynamic scalings remember the longest row they have seen."""
    out = []
    for row in rows_of(6, 7, 34, 8):
        with torch.no_grad():
            log_probs = response_log_probs(fresh(), row)
            prompt = torch.tensor([row["promptTokens"]])
            greedy = fresh().generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=20,
                                      do_sample=False, pad_token_id=0)[0, prompt.shape[1]:].tolist()
        out.append(dict(**row, logProbs=rounded(log_probs), greedy=greedy))
    return out


def loss_of(model, rows):
    return torch.stack([-response_log_probs(model, r).mean() for r in rows]).mean()


def gradients(model, rows, path):
    loss = loss_of(model, rows)
    loss.backward()
    name = lambda k: k.removeprefix("base_model.model.").replace(".default.weight", "")
    tensors = {name(k): p.grad.contiguous() for k, p in model.named_parameters() if p.requires_grad}
    save_file(tensors, path)
    return float(loss.detach())


def language(folder):
    """The model itself, or the language model inside one with images."""
    model = loaded(folder)
    if not hasattr(model.config, "text_config"):
        return model
    text = AutoModelForCausalLM.from_config(model.config.text_config, attn_implementation="eager").float()
    text.model.load_state_dict(model.model.language_model.state_dict())
    return text.eval()


def adapted(folder):
    peft = get_peft_model(language(folder), LoraConfig(r=2, lora_alpha=4, lora_dropout=0.0, target_modules="all-linear",
                                                     task_type="CAUSAL_LM"))
    torch.manual_seed(11)
    with torch.no_grad():
        for key, p in peft.named_parameters():
            if "lora_" in key:
                p.copy_(0.2 * torch.randn_like(p))
    return peft


def stepped(model, rows):
    """Four AdamW steps of all weights, batches of three in file order; the norms' gains and the biases afterwards."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.1)
    log = []
    for step in range(4):
        optimizer.zero_grad()
        loss = loss_of(model, [rows[(3 * step + i) % len(rows)] for i in range(3)])
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        log.append(dict(loss=float(loss.detach()), gradNorm=float(norm)))
    return dict(log=log, final={k: rounded(p.detach(), 8) for k, p in model.named_parameters() if p.dim() == 1})


def families(of):
    out = {}
    for name, fields in of.items():
        folder = OUT / name
        made(name, folder, **fields)
        if name == "gemma":  # as published; it means the tanh form
            config = json.loads((folder / "config.json").read_text())
            (folder / "config.json").write_text(json.dumps({**config, "hidden_act": "gelu"}, indent=2))
        rows = rows_of(6, 21, 18, 6)
        rows[0]["promptTokens"][0] = 0  # the padding token, whose embedding torch never changes
        peft = adapted(folder)
        peft.save_pretrained(folder / "adapter")
        (folder / "adapter" / "README.md").unlink()
        config = json.loads((folder / "adapter" / "adapter_config.json").read_text())
        config["target_modules"] = sorted(config["target_modules"])  # a set: written in another order each time
        (folder / "adapter" / "adapter_config.json").write_text(json.dumps(config, indent=2))
        out[name] = dict(rows=decoding(lambda: loaded(folder)), training=rows,
                         loraLoss=gradients(peft, rows, folder / "lora-gradients.safetensors"),
                         fullLoss=gradients(language(folder), rows, folder / "full-gradients.safetensors"),
                         steps=stepped(language(folder), rows))
    return out


def rates():
    """Rotary frequencies and attention factors, at lengths within and beyond the trained one."""
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding
    llama3 = dict(rope_type="llama3", rope_theta=500000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                  original_max_position_embeddings=64)
    out = []
    for rope in [dict(rope_type="default", rope_theta=10000.0), dict(rope_type="linear", rope_theta=5e5, factor=3.0),
                 llama3, *ROPES.values()]:
        head = 8 if rope["rope_type"] == "longrope" else 64
        raw = dict(model_type="llama", **{**SHARED, "head_dim": head}, rope_parameters=rope)
        for length in (100, 1000):
            config = AutoConfig.for_model(**copy.deepcopy(raw))
            make = ROPE_INIT_FUNCTIONS.get(rope["rope_type"], LlamaRotaryEmbedding.compute_default_rope_parameters)
            inv_freq, factor = make(config, seq_len=torch.tensor(length)) if make in ROPE_INIT_FUNCTIONS.values() \
                else make(config)
            out.append(dict(config=raw, length=length, rates=rounded(inv_freq), factor=factor))
    return out


def long_row(fresh):
    tokens = torch.randint(3, SHARED["vocab_size"], (900,), generator=torch.Generator().manual_seed(4)).tolist()
    row = dict(promptTokens=tokens[:892], responseTokens=tokens[892:])
    with torch.no_grad():
        return dict(**row, logProbs=rounded(response_log_probs(fresh(), row)))


def ropes():
    folder = OUT / "ropes"
    made("llama", folder, head_dim=8)
    base = json.loads((folder / "config.json").read_text())
    out = {}
    for name, rope in ROPES.items():
        config = {**base, "rope_parameters": rope, "max_position_embeddings": 16 if name == "dynamic" else 128}
        fresh = lambda: loaded(folder, AutoConfig.for_model(**copy.deepcopy(config)))
        rows = rows_of(4, 5, 18, 5)
        model = fresh()
        losses = []
        for row in rows:
            losses.append(float(loss_of(fresh(), [row]).detach()))
        out[name] = dict(config=config, rows=decoding(fresh), losses=losses, training=rows, long=long_row(fresh))
    return out


GEMMA_1B = dict(architectures=["Gemma3ForCausalLM"], attention_bias=False, attention_dropout=0.0,
                attn_logit_softcapping=None, bos_token_id=2, cache_implementation="hybrid", eos_token_id=[1, 106],
                final_logit_softcapping=None, head_dim=256, hidden_activation="gelu_pytorch_tanh", hidden_size=1152,
                initializer_range=0.02, intermediate_size=6912, max_position_embeddings=32768,
                model_type="gemma3_text", num_attention_heads=4, num_hidden_layers=26, num_key_value_heads=1,
                pad_token_id=0, query_pre_attn_scalar=256, rms_norm_eps=1e-06, rope_local_base_freq=10000,
                rope_scaling=None, rope_theta=1000000, sliding_window=512, sliding_window_pattern=6,
                torch_dtype="bfloat16", use_cache=True, vocab_size=262144)

CONFIGS = {
    "gemma-3-1b as published": GEMMA_1B,
    "gemma with nothing but sizes": dict(model_type="gemma3_text", **SIZES),
    "gemma of transformers 4 with a scaled rope": dict(model_type="gemma3_text", **SIZES, sliding_window=8,
                                                       sliding_window_pattern=3, rope_theta=5e5,
                                                       rope_scaling=dict(rope_type="linear", factor=8.0)),
    "gemma of transformers 5": dict(model_type="gemma3_text", **SIZES, tie_word_embeddings=False,
                                    layer_types=["full_attention", "sliding_attention"] * 4,
                                    rope_parameters=dict(full_attention=dict(rope_type="default", rope_theta=2e6),
                                                         sliding_attention=dict(rope_type="default", rope_theta=5e3))),
    "llama with nothing but sizes": dict(model_type="llama", **SIZES),
    "mistral with nothing but sizes": dict(model_type="mistral", **SIZES),
    "mistral without a window": dict(model_type="mistral", **SIZES, sliding_window=None, rope_theta=1e6),
    "qwen2 with nothing but sizes": dict(model_type="qwen2", **SIZES),
    "qwen2 with a window it does not use": dict(model_type="qwen2", **SIZES, use_sliding_window=False,
                                                sliding_window=32768, max_window_layers=4, rope_theta=1e6),
    "qwen2 with windows above": dict(model_type="qwen2", **SIZES, use_sliding_window=True, sliding_window=16,
                                     max_window_layers=5),
    "qwen2 with the default window": dict(model_type="qwen2", **{**SIZES, "num_hidden_layers": 30},
                                          use_sliding_window=True),
    "qwen3 with nothing but sizes": dict(model_type="qwen3", **SIZES),
    "qwen3 with yarn": dict(model_type="qwen3", **SIZES, head_dim=16, rope_theta=1e6, max_position_embeddings=40960,
                            rope_scaling=dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=32768)),
}


SCALES = ["attn_logit_softcapping", "final_logit_softcapping", "attention_multiplier", "embedding_multiplier",
          "residual_multiplier", "logits_scaling"]


def configs(of):
    """Each file as read by transformers' configuration classes."""
    out = {}
    for name, raw in of.items():
        c = AutoConfig.for_model(**copy.deepcopy(raw))
        kinds = getattr(c, "layer_types", None) or (
            ["sliding_attention" if getattr(c, "sliding_window", None) else "full_attention"] * c.num_hidden_layers)
        rope = c.rope_parameters
        thetas = ([rope["full_attention"]["rope_theta"], rope["sliding_attention"]["rope_theta"]]
                  if "full_attention" in rope else [rope["rope_theta"]] * 2)
        eos = c.eos_token_id
        out[name] = dict(raw=raw, headDim=getattr(c, "head_dim", None) or c.hidden_size // c.num_attention_heads,
                         kvHeads=c.num_key_value_heads, tie=c.tie_word_embeddings,
                         sliding=[k == "sliding_attention" for k in kinds],
                         window=getattr(c, "sliding_window", None), thetas=thetas,
                         maxPositionEmbeddings=c.max_position_embeddings, epsilon=c.rms_norm_eps,
                         scalar=getattr(c, "query_pre_attn_scalar", None), bos=c.bos_token_id, pad=c.pad_token_id,
                         eos=eos if isinstance(eos, list) else [] if eos is None else [eos])
        if of is not CONFIGS:
            out[name]["scales"] = [getattr(c, field, None) for field in SCALES]
            out[name]["unrotated"] = [not r for r in getattr(c, "no_rope_layers", [])]
    return out


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    names = sys.argv[2:]
    for name in names or LATER:
        golden = dict(**families({name: LATER[name]})[name], configs=configs(LATER_CONFIGS[name]))
        (OUT / name / "golden.json").write_text(json.dumps(golden))
    if not names:
        golden = dict(families=families(FAMILIES), ropes=ropes(), rates=rates(), configs=configs(CONFIGS))
        (OUT / "golden.json").write_text(json.dumps(golden))
