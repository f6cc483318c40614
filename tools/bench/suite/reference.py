"""The PyTorch side of the suite: makes the files both sides read, and measures torch, transformers and peft on them.

    python reference.py versions                 versions of what is compared with
    python reference.py make FOLDER SHAPE        models, adapter and rows of a shape (a JSON object, see shapes.ts)
    python reference.py adopt FOLDER MODEL SHAPE the same for a real model: links to its folder, adapter and rows
    python reference.py TASK FOLDER REQUEST      one measurement: lora-step, full-step, prefill, decode or load, REQUEST a JSON object

The last line on stdout is one JSON document. THREADS sets the number of threads, DEVICE the device (cpu or cuda).
Everything is what a user of peft would write: eager PyTorch, transformers' own loss and attention, peft's own defaults.
"""

import json
import os
import random
import sys
import time

import torch

torch.set_num_threads(int(os.environ.get("THREADS", os.cpu_count() or 1)))
DEVICE = os.environ.get("DEVICE", "cpu")
# float32 means float32 on both sides: no short products on an NVIDIA GPU.
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
MODEL = {"float32": "model", "bfloat16": "model-bfloat16"}


def peak_bytes() -> int:
    """The largest resident size of this process so far (VmHWM); 0 where there is no /proc."""
    try:
        with open("/proc/self/status") as status:
            return next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except OSError:
        return 0


def finished() -> float:
    """The time, after all work of the device has finished."""
    if DEVICE == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def spent(work):
    """The result of the work, its seconds, and its processor seconds."""
    start, before = finished(), time.process_time()
    result = work()
    return result, finished() - start, time.process_time() - before


def times(runs) -> dict:
    """The measurements of all repetitions except the first."""
    return {"seconds": [seconds for _, seconds, _ in runs[1:]], "cpuSeconds": [cpu for _, _, cpu in runs[1:]]}


# files ---------------------------------------------------------------------------------------------


def write_rows(path: str, vocab: int, lengths: list[tuple[int, int]], seed: int) -> None:
    draws = random.Random(seed)
    with open(path, "w") as out:
        for prompt, response in lengths:
            row = {
                "promptTokens": [draws.randrange(vocab) for _ in range(prompt)],
                "responseTokens": [draws.randrange(vocab) for _ in range(response)],
            }
            out.write(json.dumps(row) + "\n")


def make(folder: str, shape: dict) -> None:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(1)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=shape["vocab"],
            hidden_size=shape["hidden"],
            intermediate_size=shape["intermediate"],
            num_hidden_layers=shape["layers"],
            num_attention_heads=shape["heads"],
            num_key_value_heads=shape.get("kvHeads", shape["heads"]),
            tie_word_embeddings=shape.get("tied", False),
            bos_token_id=None,
            eos_token_id=None,
            pad_token_id=None,
        )
    )
    model.to(torch.bfloat16).save_pretrained(f"{folder}/{MODEL['bfloat16']}")
    # The float32 model holds the rounded weights, so that both types compute the same function.
    model.float().save_pretrained(f"{folder}/{MODEL['float32']}")
    make_adapter_and_rows(folder, shape, model)


def make_adapter_and_rows(folder: str, shape: dict, model) -> None:
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=shape["rank"], lora_alpha=2 * shape["rank"], lora_dropout=0.0, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM"
    )
    get_peft_model(model, config).save_pretrained(f"{folder}/adapter")
    rows, length, vocab = shape["rows"], shape["length"], shape["vocab"]
    write_rows(f"{folder}/equal.jsonl", vocab, [(1, length - 1)] * rows, 2)
    shortest = max(4, length // 8)
    draws = random.Random(3)
    unequal = sorted(draws.randint(shortest, length) for _ in range(2 * rows))
    write_rows(f"{folder}/unequal.jsonl", vocab, [(1, n - 1) for n in unequal], 4)
    write_rows(f"{folder}/prompts.jsonl", vocab, [(shape["prompt"], 1)] * rows, 5)
    write_rows(f"{folder}/long-prompts.jsonl", vocab, [(length, 1)] * rows, 6)


def adopt(folder: str, real: str, shape: dict) -> None:
    """Both types are read from the one folder of a real model, which is linked to."""
    from transformers import AutoModelForCausalLM

    os.makedirs(folder, exist_ok=True)
    for name in MODEL.values():
        os.symlink(os.path.abspath(real), f"{folder}/{name}")
    torch.manual_seed(1)
    make_adapter_and_rows(folder, shape, AutoModelForCausalLM.from_pretrained(real, dtype=torch.float32))


def read_rows(path: str) -> list[dict[str, list[int]]]:
    with open(path) as lines:
        return [json.loads(line) for line in lines]


# measurements --------------------------------------------------------------------------------------


def open_model(folder: str, dtype: str):
    from transformers import AutoModelForCausalLM

    path = f"{folder}/{MODEL[dtype]}"
    return AutoModelForCausalLM.from_pretrained(path, dtype=getattr(torch, dtype), attn_implementation="sdpa").to(DEVICE)


def padded(rows: list[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
    """Rows padded on the right; only response tokens have labels, as with a completion-only collator."""
    longest = max(len(r["promptTokens"]) + len(r["responseTokens"]) for r in rows)
    ids, labels, mask = [], [], []
    for row in rows:
        prompt, response = row["promptTokens"], row["responseTokens"]
        rest = longest - len(prompt) - len(response)
        ids.append(prompt + response + [0] * rest)
        labels.append([-100] * len(prompt) + response + [-100] * rest)
        mask.append([1] * (longest - rest) + [0] * rest)
    batch = {"input_ids": torch.tensor(ids, device=DEVICE), "labels": torch.tensor(labels, device=DEVICE)}
    return batch if all(all(m) for m in mask) else {**batch, "attention_mask": torch.tensor(mask, device=DEVICE)}


def training_steps(model, folder: str, request: dict, rate: float) -> dict:
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.0)
    rows, size = read_rows(f"{folder}/{request['rows']}.jsonl"), request["batch"]
    batches = [padded(rows[i : i + size]) for i in range(0, len(rows), size)]
    losses = []

    def step(batch: dict[str, torch.Tensor]) -> None:
        loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())

    runs = [spent(lambda: [step(batch) for batch in batches]) for _ in range(1 + request["repeat"])]
    return {**times(runs), "losses": losses}


def lora_step(folder: str, request: dict) -> dict:
    from peft import PeftModel

    base = open_model(folder, request["dtype"])
    model = PeftModel.from_pretrained(base, f"{folder}/adapter", is_trainable=True).train()
    return training_steps(model, folder, request, 2e-4)


def full_step(folder: str, request: dict) -> dict:
    return training_steps(open_model(folder, request["dtype"]).train(), folder, request, 1e-5)


def prefill(folder: str, request: dict) -> dict:
    model = open_model(folder, request["dtype"]).eval()
    ids = torch.tensor([r["promptTokens"] for r in read_rows(f"{folder}/long-prompts.jsonl")], device=DEVICE)
    with torch.inference_mode():
        runs = [
            spent(lambda: model(input_ids=ids, use_cache=True, logits_to_keep=1).logits.argmax(-1).tolist())
            for _ in range(1 + request["repeat"])
        ]
        return {
            **times(runs),
            "tokens": runs[0][0],
            "peakFlops": max(product_flops(size) for size in request["products"]),
        }


def product_flops(size: int) -> float:
    """Floating-point operations per second of a square float32 product, the median of several."""
    a, b = torch.randn(size, size, device=DEVICE), torch.randn(size, size, device=DEVICE)
    seconds = sorted(spent(lambda: torch.mm(a, b))[1] for _ in range(7))
    return 2 * size**3 / seconds[3]


def decode(folder: str, request: dict) -> dict:
    model = open_model(folder, request["dtype"]).eval()
    prompts = torch.tensor([r["promptTokens"] for r in read_rows(f"{folder}/prompts.jsonl")], device=DEVICE)
    mask = torch.ones_like(prompts)

    def generate() -> torch.Tensor:
        return model.generate(prompts, attention_mask=mask, max_new_tokens=request["newTokens"], do_sample=False)

    with torch.inference_mode():
        runs = [spent(generate) for _ in range(1 + request["repeat"])]
    return {**times(runs), "tokens": runs[0][0][:, prompts.shape[1] :].tolist()}


def load(folder: str, request: dict) -> dict:
    from transformers import LlamaForCausalLM

    path = f"{folder}/{MODEL[request['file']]}"

    def whole():
        model = LlamaForCausalLM.from_pretrained(path, dtype=getattr(torch, request["dtype"])).to(DEVICE)
        # Mapped files are read when they are first touched: one element of every page.
        return model, sum(p.detach().view(-1)[::1024].float().sum().item() for p in model.parameters())

    (model, _), seconds, _ = spent(whole)
    loaded = peak_bytes()
    prompts = torch.tensor([r["promptTokens"] for r in read_rows(f"{folder}/prompts.jsonl")], device=DEVICE)
    with torch.inference_mode():
        tokens = model(input_ids=prompts, logits_to_keep=1).logits.argmax(-1).tolist()
    return {"seconds": [seconds], "tokens": tokens, "loadedBytes": loaded}


TASKS = {"lora-step": lora_step, "full-step": full_step, "prefill": prefill, "decode": decode, "load": load}


def versions() -> dict:
    import peft
    import transformers

    return {
        "python": sys.version.split()[0],
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "peft": peft.__version__,
        "cuda": torch.cuda.is_available(),
        **({"card": torch.cuda.get_device_name(0)} if torch.cuda.is_available() else {}),
    }


if __name__ == "__main__":
    command, *rest = sys.argv[1:]
    if command == "versions":
        result = versions()
    elif command == "make":
        result = make(rest[0], json.loads(rest[1]))
    elif command == "adopt":
        result = adopt(rest[0], rest[1], json.loads(rest[2]))
    else:
        result = {**TASKS[command](rest[0], json.loads(rest[1])), "peakBytes": peak_bytes()}
    print(json.dumps(result))
