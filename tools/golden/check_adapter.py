"""Checks an adapter that this workspace wrote against peft: it loads and gives the same log-probabilities.

    tensor-core score --model DIR --adapter DIR --data ROWS --out SCORES      (rows of promptTokens and responseTokens)
    python tools/golden/check_adapter.py MODEL ADAPTER ROWS SCORES
"""

import json
import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

model, adapter, rows, scores = sys.argv[1:5]
torch.set_num_threads(1)
lm = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32), adapter).eval()
read = lambda path: [json.loads(line) for line in open(path)]
worst, count = 0.0, 0
for row, score in zip(read(rows), read(scores), strict=True):
    tokens = torch.tensor([row["promptTokens"] + row["responseTokens"]])
    p = len(row["promptTokens"])
    with torch.no_grad():
        lp = torch.log_softmax(lm(tokens).logits[0, p - 1:-1].double(), -1)
    want = lp[torch.arange(len(row["responseTokens"])), torch.tensor(row["responseTokens"])]
    worst = max(worst, float((want - torch.tensor(score["logProbs"], dtype=torch.float64)).abs().max()))
    count += len(row["responseTokens"])
base = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32).eval()
with torch.no_grad():
    moved = float((base(tokens).logits - lm(tokens).logits).abs().max())
print(f"{count} response tokens, largest difference in log-probability {worst:.2e}; the adapter moves logits by up to {moved:.2f}")
sys.exit(0 if worst < 2e-4 and moved > 1e-3 else 1)
