"""Text through a real model with transformers, as one process: the other side of the whole-process rows of the suite.

    python transformers_text.py generate|score MODEL ROWS REQUEST

ROWS is a JSONL file of {prompt, response}; REQUEST a JSON object of dtype, batch and newTokens. The last line on stdout is one JSON
document with tokens or log-probabilities by row. THREADS sets the number of threads.

Scoring computes logits only where a response token is predicted, a few hundred positions at a time: with a large vocabulary the
logits of whole batches would not fit in memory.
"""

import json
import os
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

POSITIONS = 256


def generate(model, tokenizer, rows: list[dict], request: dict) -> dict:
    # ours takes rows of similar length together; here all are in one batch, or in the same order
    order = sorted(range(len(rows)), key=lambda i: len(tokenizer(rows[i]["prompt"]).input_ids))
    tokens: dict[int, list[int]] = {}
    for start in range(0, len(order), request["batch"]):
        chosen = order[start : start + request["batch"]]
        batch = tokenizer([rows[i]["prompt"] for i in chosen], return_tensors="pt", padding=True)
        made = model.generate(
            input_ids=batch.input_ids,
            attention_mask=batch.attention_mask,
            max_new_tokens=request["newTokens"],
            do_sample=False,
            pad_token_id=tokenizer.pad_token_id,
        )[:, batch.input_ids.shape[1] :].tolist()
        ends = model.generation_config.eos_token_id
        stops = set(ends if isinstance(ends, list) else [ends])
        for i, row in zip(chosen, made):
            end = next((at for at, id in enumerate(row) if id in stops), len(row))
            tokens[i] = row[:end]
    return {"tokens": [tokens[i] for i in range(len(rows))]}


def score(model, tokenizer, rows: list[dict], request: dict) -> dict:
    encoded = [
        (tokenizer(r["prompt"]).input_ids, tokenizer(r["response"], add_special_tokens=False).input_ids) for r in rows
    ]
    order = sorted(range(len(rows)), key=lambda i: len(encoded[i][0]) + len(encoded[i][1]))
    scores: dict[int, list[float]] = {}
    for start in range(0, len(order), request["batch"]):
        chosen = order[start : start + request["batch"]]
        ids = [encoded[i][0] + encoded[i][1] for i in chosen]
        longest = max(map(len, ids))
        states = model.model(
            input_ids=torch.tensor([row + [0] * (longest - len(row)) for row in ids]),
            attention_mask=torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in ids]),
        ).last_hidden_state
        places = [(n, len(encoded[i][0]) - 1 + t) for n, i in enumerate(chosen) for t in range(len(encoded[i][1]))]
        targets = torch.tensor([id for i in chosen for id in encoded[i][1]])
        predicting = states[[n for n, _ in places], [t for _, t in places]]
        values: list[float] = []
        for at in range(0, len(places), POSITIONS):
            logits = model.lm_head(predicting[at : at + POSITIONS]).float()
            values += logits.log_softmax(-1).gather(1, targets[at : at + POSITIONS, None])[:, 0].tolist()
        at = 0
        for i in chosen:
            count = len(encoded[i][1])
            scores[i] = values[at : at + count]
            at += count
    return {"logProbs": [scores[i] for i in range(len(rows))]}


if __name__ == "__main__":
    command, folder, path, request = sys.argv[1:5]
    options = json.loads(request)
    torch.set_num_threads(int(os.environ.get("THREADS", os.cpu_count() or 1)))
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=getattr(torch, options["dtype"]), attn_implementation="sdpa"
    ).eval()
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token_id = model.generation_config.eos_token_id
    with open(path) as lines:
        rows = [json.loads(line) for line in lines]
    with torch.inference_mode():
        result = {"generate": generate, "score": score}[command](model, tokenizer, rows, options)
    print(json.dumps({"seconds": [], "peakBytes": 0, **result}))
