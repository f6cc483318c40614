"""Golden values for the language model: random tiny llamas, and the results of transformers, peft and torch with them.

    python tools/golden/lm.py packages/tensor-core/test/golden/lm
"""

import json
import sys
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    get_cosine_schedule_with_warmup,
    get_linear_schedule_with_warmup,
)

torch.set_num_threads(1)
OUT = Path(sys.argv[1])

SHAPES = {
    "grouped": dict(vocab_size=61, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
                    num_key_value_heads=2, tie_word_embeddings=False, rope_theta=10000.0),
    "llama3": dict(vocab_size=53, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=2,
                   num_key_value_heads=1, head_dim=16, tie_word_embeddings=True, attention_bias=True, mlp_bias=True,
                   rope_parameters=dict(rope_type="llama3", rope_theta=500000.0, factor=8.0, low_freq_factor=1.0,
                                        high_freq_factor=4.0, original_max_position_embeddings=32)),
    "linear": dict(vocab_size=40, hidden_size=16, intermediate_size=24, num_hidden_layers=1, num_attention_heads=2,
                   num_key_value_heads=2, tie_word_embeddings=True,
                   rope_parameters=dict(rope_type="linear", rope_theta=10000.0, factor=4.0)),
}


def rounded(x, digits=9):
    return [float(f"{v:.{digits}g}") for v in torch.as_tensor(x).double().flatten().tolist()]


def model_of(name):
    torch.manual_seed(sum(map(ord, name)))
    config = LlamaConfig(max_position_embeddings=256, bos_token_id=1, eos_token_id=2, pad_token_id=0,
                         initializer_range=0.25, **SHAPES[name])
    model = LlamaForCausalLM(config).float().eval()
    with torch.no_grad():
        for key, p in model.named_parameters():
            if "norm" in key:
                p.add_(0.2 * torch.randn_like(p))
            if key.endswith("bias"):
                p.add_(0.2 * torch.randn_like(p))
    model.save_pretrained(OUT / name)
    return model


def rows_of(vocab, n, seed, longest=12):
    g = torch.Generator().manual_seed(seed)
    draw = lambda k: torch.randint(3, vocab, (k,), generator=g).tolist()
    size = lambda lo, hi: int(torch.randint(lo, hi + 1, (1,), generator=g))
    return [dict(promptTokens=draw(size(2, longest)), responseTokens=draw(size(1, 6))) for _ in range(n)]


def logits_of(model, tokens):
    with torch.no_grad():
        return model(torch.tensor([tokens])).logits[0]


def decoding(model, vocab):
    rows = rows_of(vocab, 5, 7)
    out = []
    for row in rows:
        tokens = row["promptTokens"] + row["responseTokens"]
        logits = logits_of(model, tokens)
        p = len(row["promptTokens"])
        lp = torch.log_softmax(logits.double(), -1)
        answers = torch.tensor(row["responseTokens"])
        at = torch.arange(p - 1, len(tokens) - 1)
        greedy = model.generate(torch.tensor([row["promptTokens"]]), max_new_tokens=12, do_sample=False,
                                pad_token_id=0)[0, p:].tolist()
        penal = model.generate(torch.tensor([row["promptTokens"]]), max_new_tokens=12, do_sample=False,
                               repetition_penalty=1.3, pad_token_id=0)[0, p:].tolist()
        out.append(dict(**row, lastLogits=rounded(logits[-1]), logProbs=rounded(lp[at, answers]),
                        correct=(logits[at].argmax(-1) == answers).int().tolist(), greedy=greedy, penalised=penal))
    long = rows_of(vocab, 1, 9, longest=2)[0]["promptTokens"] + torch.randint(
        3, vocab, (150,), generator=torch.Generator().manual_seed(3)).tolist()
    return dict(rows=out, long=dict(tokens=long, lastLogits=rounded(logits_of(model, long)[-1])))


def processed(model, vocab):
    """transformers' processors on one row of logits."""
    from transformers import (RepetitionPenaltyLogitsProcessor, TemperatureLogitsWarper, TopKLogitsWarper,
                              TopPLogitsWarper)
    history = [5, 6, 7, 6, 9]
    logits = logits_of(model, history)[-1:]
    cases = []
    for o in [dict(temperature=0.7, topK=0, topP=1.0, repetitionPenalty=1.15),
              dict(temperature=1.0, topK=5, topP=1.0, repetitionPenalty=1.0),
              dict(temperature=1.3, topK=0, topP=0.8, repetitionPenalty=1.0),
              dict(temperature=0.9, topK=12, topP=0.6, repetitionPenalty=1.4)]:
        x, ids = logits.clone(), torch.tensor([history])
        if o["repetitionPenalty"] != 1:
            x = RepetitionPenaltyLogitsProcessor(o["repetitionPenalty"])(ids, x)
        if o["temperature"] != 1:
            x = TemperatureLogitsWarper(o["temperature"])(ids, x)
        if o["topK"]:
            x = TopKLogitsWarper(o["topK"])(ids, x)
        if o["topP"] < 1:
            x = TopPLogitsWarper(o["topP"])(ids, x)
        cases.append(dict(options=o, probabilities=rounded(torch.softmax(x.double(), -1)[0])))
    return dict(history=history, logits=rounded(logits[0]), cases=cases)


def example_losses(model, rows):
    losses = []
    for row in rows:
        tokens = torch.tensor([row["promptTokens"] + row["responseTokens"]])
        p = len(row["promptTokens"])
        lp = torch.log_softmax(model(tokens).logits[0, p - 1:-1], -1)
        losses.append(-lp[torch.arange(len(row["responseTokens"])), torch.tensor(row["responseTokens"])].mean())
    return torch.stack(losses)


TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def adapted(name):
    model = LlamaForCausalLM.from_pretrained(OUT / name, dtype=torch.float32)
    config = LoraConfig(r=3, lora_alpha=6, lora_dropout=0.0, target_modules=TARGETS, task_type="CAUSAL_LM")
    peft = get_peft_model(model, config)
    torch.manual_seed(11)
    with torch.no_grad():
        for key, p in peft.named_parameters():
            if "lora_" in key:
                p.copy_(0.1 * torch.randn_like(p))
    return peft


def lora_parameters(peft):
    return {k.removeprefix("base_model.model.").replace(".default.weight", ""): p
            for k, p in peft.named_parameters() if "lora_" in k}


def gradients(name, vocab):
    peft = adapted(name)
    peft.save_pretrained(OUT / name / "adapter")
    (OUT / name / "adapter" / "README.md").unlink()
    rows = rows_of(vocab, 4, 21)
    parameters = lora_parameters(peft)
    each = []
    for i in range(len(rows)):
        peft.zero_grad()
        example_losses(peft, [rows[i]])[0].backward()
        each.append({k: p.grad.clone() for k, p in parameters.items()})
    flat = [torch.cat([g[k].flatten() for k in parameters]) for g in each]
    mean = sum(flat) / len(flat)
    cosines = [float(torch.nn.functional.cosine_similarity(g.double(), mean.double(), dim=0)) for g in flat]
    some = ["model.layers.0.self_attn.q_proj.lora_A", "model.layers.0.self_attn.k_proj.lora_B",
            "model.layers.1.mlp.down_proj.lora_A", "model.layers.1.mlp.gate_proj.lora_B"]
    return dict(rows=rows, losses=rounded(example_losses(peft, rows).detach()), cosines=rounded(cosines),
                norms=[float(g.double().norm()) for g in flat], meanNorm=float(mean.double().norm()),
                each={k: [rounded(g[k], 7) for g in each] for k in some})


def train(name, vocab, kind):
    """Twelve AdamW steps, batch 4 in file order, clipped; example-mean loss."""
    full = kind == "full"
    model = LlamaForCausalLM.from_pretrained(OUT / name, dtype=torch.float32) if full else adapted(name)
    rows = rows_of(vocab, 10, 33)
    parameters = [p for p in model.parameters() if p.requires_grad]
    lr = 1e-3 if full else 5e-3
    optimizer = torch.optim.AdamW(parameters, lr=lr, weight_decay=0.1)
    make = get_cosine_schedule_with_warmup if full else get_linear_schedule_with_warmup
    schedule = make(optimizer, 3, 12)
    log = []
    order = [list(range(i, min(i + 4, 10))) for i in range(0, 10, 4)]
    for step in range(12):
        batch = [rows[i] for i in order[step % len(order)]]
        optimizer.zero_grad()
        loss = example_losses(model, batch).mean()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        rate = schedule.get_last_lr()[0]
        optimizer.step()
        schedule.step()
        log.append(dict(step=step, loss=float(loss.detach()), gradNorm=float(norm), lr=rate))
    if full:
        final = {k: rounded(p.detach(), 8) for k, p in model.named_parameters()
                 if k in ("model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.weight",
                          "model.norm.weight", "model.layers.1.mlp.down_proj.weight", "model.layers.0.mlp.up_proj.bias")}
    else:
        final = {k: rounded(p.detach(), 8) for k, p in lora_parameters(model).items()}
    return dict(rows=rows, log=log, final=final, lr=lr)


def adamw():
    """torch.optim.AdamW on given gradients."""
    g = torch.Generator().manual_seed(5)
    p = torch.nn.Parameter(torch.randn(40, generator=g))
    start = p.detach().clone()
    optimizer = torch.optim.AdamW([p], lr=0.01, weight_decay=0.05, betas=(0.9, 0.98))
    steps = []
    for _ in range(8):
        grad = torch.randn(40, generator=g) * 10 ** float(torch.randint(-4, 3, (1,), generator=g))
        p.grad = grad
        optimizer.step()
        steps.append(dict(gradient=rounded(grad), parameters=rounded(p.detach())))
    return dict(start=rounded(start), steps=steps)


def schedules():
    out = []
    p = torch.nn.Parameter(torch.zeros(1))
    for kind, make in (("linear", get_linear_schedule_with_warmup), ("cosine", get_cosine_schedule_with_warmup)):
        optimizer = torch.optim.SGD([p], lr=1.0)
        schedule = make(optimizer, 4, 15)
        factors = []
        for _ in range(15):
            factors.append(schedule.get_last_lr()[0])
            optimizer.step()
            schedule.step()
        out.append(dict(kind=kind, warmup=4, total=15, factors=factors))
    return out


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    golden = {}
    for name, shape in SHAPES.items():
        model = model_of(name)
        golden[name] = decoding(model, shape["vocab_size"])
    golden["processors"] = processed(LlamaForCausalLM.from_pretrained(OUT / "grouped"), 61)
    golden["gradients"] = gradients("grouped", 61)
    golden["gradientsLlama3"] = gradients("llama3", 53)
    golden["lora"] = train("grouped", 61, "lora")
    golden["full"] = train("llama3", 53, "full")
    golden["adamw"] = adamw()
    golden["schedules"] = schedules()
    (OUT / "golden.json").write_text(json.dumps(golden))
