"""Golden norms of what LoRA's factors read, by hooks on peft's lora_A and lora_B in float64, of the tiny model of tools/golden/lm.py.

usage (from the repository's root): python tools/golden/lm_norms.py packages/tensor-core/test/golden/lm
"""
import json
import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

folder = sys.argv[1]
with open(f"{folder}/golden.json") as f:
    rows = json.load(f)["gradients"]["rows"]
base = AutoModelForCausalLM.from_pretrained(f"{folder}/grouped", dtype=torch.float64, attn_implementation="eager")
model = PeftModel.from_pretrained(base, f"{folder}/grouped/adapter").double().eval()
sums = {}


def hook(name, part):
    def add(_, inputs, __):
        found = (inputs[0].double() ** 2).sum((0, 1))
        key = (name, part)
        sums[key] = sums.get(key, 0) + found

    return add


for name, module in model.named_modules():
    if hasattr(module, "lora_A") and len(module.lora_A) > 0:
        short = name.removeprefix("base_model.model.")
        module.lora_A["default"].register_forward_hook(hook(short, "input"))
        module.lora_B["default"].register_forward_hook(hook(short, "low"))
with torch.no_grad():
    for row in rows:
        model(torch.tensor([row["promptTokens"] + row["responseTokens"]]))
norms = {}
for (name, part), total in sums.items():
    norms.setdefault(name, {})[part] = [float(f"{x:.9g}") for x in total.sqrt().tolist()]
with open(f"{folder}/norms.json", "w") as f:
    json.dump(norms, f)
    f.write("\n")
print(len(norms), "modules")
