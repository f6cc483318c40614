"""The PyTorch side of lm.mjs: makes a small llama and measures transformers and peft on it.

    python lm.py make DIR           model, adapter and rows in DIR
    python lm.py train DIR STEPS    seconds of each LoRA step
    python lm.py decode DIR NEW     tokens per second of greedy decoding

Each measurement is one JSON document on stdout. THREADS sets the number of threads (default: all cores).
"""

import json
import os
import sys
import time

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

torch.set_num_threads(int(os.environ.get("THREADS", os.cpu_count() or 1)))

ROWS, PROMPT, RESPONSE, VOCAB = 8, 64, 64, 4000


def make(folder: str) -> None:
    torch.manual_seed(1)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=VOCAB,
            hidden_size=256,
            intermediate_size=704,
            num_hidden_layers=6,
            num_attention_heads=4,
            num_key_value_heads=4,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=None,
            pad_token_id=None,
        )
    )
    model.save_pretrained(f"{folder}/model")
    config = LoraConfig(r=16, lora_alpha=32, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    get_peft_model(model, config).save_pretrained(f"{folder}/adapter")
    with open(f"{folder}/rows.jsonl", "w") as out:
        for _ in range(ROWS):
            row = {
                "promptTokens": torch.randint(0, VOCAB, (PROMPT,)).tolist(),
                "responseTokens": torch.randint(0, VOCAB, (RESPONSE,)).tolist(),
            }
            out.write(json.dumps(row) + "\n")


def rows(folder: str) -> list[dict[str, list[int]]]:
    with open(f"{folder}/rows.jsonl") as lines:
        return [json.loads(line) for line in lines]


def train(folder: str, steps: int) -> None:
    base = LlamaForCausalLM.from_pretrained(f"{folder}/model", dtype=torch.float32)
    model = PeftModel.from_pretrained(base, f"{folder}/adapter", is_trainable=True).train()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=2e-4, weight_decay=0.0)
    batch = rows(folder)
    tokens = torch.tensor([r["promptTokens"] + r["responseTokens"] for r in batch])
    seconds, losses = [], []
    for _ in range(steps):
        start = time.perf_counter()
        logits = model(input_ids=tokens, logits_to_keep=RESPONSE + 1).logits[:, :-1]
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, VOCAB), tokens[:, PROMPT:].reshape(-1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds": seconds, "losses": losses}))


def decode(folder: str, new: int) -> None:
    model = LlamaForCausalLM.from_pretrained(f"{folder}/model", dtype=torch.float32).eval()
    prompts = torch.tensor([r["promptTokens"] for r in rows(folder)])
    seconds = []
    with torch.inference_mode():
        for _ in range(4):
            start = time.perf_counter()
            out = model.generate(
                prompts, attention_mask=torch.ones_like(prompts), max_new_tokens=new, do_sample=False
            )
            seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds": seconds, "tokens": out[:, PROMPT:].tolist()}))


if __name__ == "__main__":
    command, target, *rest = sys.argv[1:]
    if command == "make":
        make(target)
    elif command == "train":
        train(target, int(rest[0]))
    else:
        decode(target, int(rest[0]))
