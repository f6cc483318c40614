"""Checks that peft loads a corrected adapter and that it equals the dense float64 result. Makes its own tiny models; prints one line.

usage (from the repository's root): python tools/golden/csulora_peft.py
checked with torch 2.13, transformers 5.23, peft 0.21: all keys matched, largest relative difference of a module 8e-8.
"""
import copy
import subprocess
import tempfile
import warnings

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

torch.manual_seed(0)
torch.set_num_threads(1)
config = LlamaConfig(
    hidden_size=48, intermediate_size=80, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, vocab_size=100
)
base = LlamaForCausalLM(config)
aligned = copy.deepcopy(base)
with torch.no_grad():
    for p in aligned.parameters():
        p += 0.02 * torch.randn_like(p)

with tempfile.TemporaryDirectory() as work:
    base.save_pretrained(f"{work}/base")
    aligned.save_pretrained(f"{work}/aligned")
    lora = LoraConfig(
        r=6, lora_alpha=12, target_modules=["q_proj", "v_proj", "down_proj"], rank_pattern={"down_proj": 3}, use_rslora=True
    )
    model = get_peft_model(copy.deepcopy(aligned), lora)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "lora_B" in name:
                p += 0.1 * torch.randn_like(p)
    model.save_pretrained(f"{work}/adapter")
    command = "node --conditions=@safe/source --import tsx packages/csulora/src/bin/csulora.ts".split()
    for key in ("base", "aligned", "adapter", "out"):
        command += [f"--{key}", f"{work}/{key}"]
    subprocess.run([*command, "--quiet"], check=True, stdout=subprocess.DEVNULL)

    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # peft warns of missing keys this way
        after = PeftModel.from_pretrained(copy.deepcopy(aligned), f"{work}/out")
    worst, checked = 0.0, 0
    for name, module in model.named_modules():
        if not hasattr(module, "lora_A"):
            continue
        weight = name.removeprefix("base_model.model.") + ".weight"
        d = module.get_delta_weight("default").detach().double()
        v = aligned.state_dict()[weight].double() - base.state_dict()[weight].double()
        u, s, vt = torch.linalg.svd(v, full_matrices=False)
        k = int(torch.searchsorted(torch.cumsum(s**2, 0) / (s**2).sum(), 0.95)) + 1
        pl, pr = u[:, :k] @ u[:, :k].T, vt[:k].T @ vt[:k]
        lr, ld, dr = pl @ d @ pr, pl @ d, d @ pr
        blocks = [lr, ld - lr, dr - lr, d - ld - dr + lr]
        e = [float((b**2).sum()) for b in blocks]
        ref = e[0] + 0.05 * sum(e)
        star = lr + sum(b / (1 + x / ref) for b, x in zip(blocks[1:], e[1:]))
        r = module.r["default"]
        uu, ss, vv = torch.linalg.svd(star)
        expected = (uu[:, :r] * ss[:r]) @ vv[:r]
        found = after.get_submodule(name).get_delta_weight("default").detach().double()
        worst = max(worst, float(torch.linalg.norm(found - expected) / torch.linalg.norm(expected)))
        checked += 1
    ids = torch.randint(0, 100, (2, 9))
    moved = float((after(ids).logits - model(ids).logits).abs().max())
    print(f"{checked} modules, largest relative difference {worst:.1e}, logits moved by {moved:.2f}")
    assert checked == 6 and worst < 1e-6 and moved > 0
