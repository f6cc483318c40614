"""
Golden files of @safe/dualselect: the whole algorithm of arXiv 2606.09866 in plain torch, one backward per example, nothing
batched, nothing shared with the TypeScript code.

    python tools/golden/dualselect.py low-rank   # packages/dualselect/test/golden/low-rank.json
    python tools/golden/dualselect.py llama      # packages/dualselect/test/golden/llama/ (needs transformers and peft)

low-rank: logits = (W + B A) x in float64, small enough that the test differentiates it by hand.
llama:    a random two-layer llama with a LoRA adapter, trained in float64 from float32 files.
"""
import json
import math
import shutil
import sys
from contextlib import nullcontext
from pathlib import Path

import torch

torch.set_num_threads(1)
GOLDEN = Path(__file__).resolve().parents[2] / "packages" / "dualselect" / "test" / "golden"

DEFAULTS = dict(
    mode="hard", warmupSteps=10, refresh="epoch", kRef=32, kTask=4, muTask=1.0, muRef=1.0, nu=1.0,
    tauTask=0.1, tauRef=0.1, rho=0.2, correction="additive", normalise="none", tokenBudget=None,
)


# the algorithm ----------------------------------------------------------------------------------

def cosine(a, b):
    na, nb = float(a.norm()), float(b.norm())
    return 0.0 if na < 1e-12 or nb < 1e-12 else float(a @ b) / (na * nb)


def standardise(xs):
    mean = sum(xs) / len(xs)
    deviation = math.sqrt(sum((x - mean) ** 2 for x in xs) / len(xs))
    return [(x - mean) / deviation if deviation > 0 else 0.0 for x in xs]


def mixed(mu, nu, losses, cosines, normalise):
    if normalise == "zscore":
        losses, cosines = standardise(losses), standardise(cosines)
    return [mu * l - nu * c for l, c in zip(losses, cosines)]


def softmax(xs):
    top = max(xs)
    masses = [math.exp(x - top) for x in xs]
    return [m / sum(masses) for m in masses]


def weigh(mode, signed, tau, kept):
    """Weights of the kept rows; `signed` is larger for better rows."""
    if mode == "hard":
        return [1 / len(kept)] * len(kept)
    pool = softmax([s / tau for s in signed])
    mass = sum(pool[i] for i in kept)
    return [pool[i] / mass for i in kept]


def run(o, theta, loss_of, task, references, batch_size, lr, clip, epochs, weight_decay=0.0, tokens_of=None,
        preservation_of=None):
    """Trains `theta` (leaf tensors) in place and returns the selections and each step's gradient norm before clipping."""
    o = {**DEFAULTS, **o}
    optimizer = torch.optim.AdamW(theta, lr=lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=weight_decay)

    def gradient(example, loss_of=loss_of):
        loss = loss_of(example)
        parts = torch.autograd.grad(loss, theta)
        return float(loss.detach()), torch.cat([p.reshape(-1) for p in parts])

    def apply(g):
        norm = float(g.norm())
        g = g * min(1.0, clip / (norm + 1e-6))
        offset = 0
        for p in theta:
            p.grad = g[offset:offset + p.numel()].reshape(p.shape).clone()
            offset += p.numel()
        optimizer.step()
        return norm

    def reference_gradient(example):
        return gradient(example, preservation_of if o.get("referenceLoss") == "kl" else loss_of)

    def mean(pairs, weights):
        return sum(w * g for w, (_, g) in zip(weights, pairs)) / sum(weights)

    batches = [list(range(i, min(i + batch_size, len(task)))) for i in range(0, len(task), batch_size)]
    log, norms, step = [], [], 0

    direction = torch.zeros(sum(p.numel() for p in theta), dtype=theta[0].dtype)
    for w in range(o["warmupSteps"]):
        pairs = [gradient(task[i]) for i in batches[w % len(batches)]]
        g = mean(pairs, [1.0] * len(pairs))
        direction = direction + g
        norms.append(apply(g))
        step += 1

    reference, refreshed = None, None
    for epoch in range(epochs):
        total, count = torch.zeros_like(direction), 0
        for b, rows in enumerate(batches):
            due = (b == 0) if o["refresh"] == "epoch" else (refreshed is None or step - refreshed >= o["refresh"])
            if due:
                along = total / count if o.get("taskDirection") == "running" and count > 0 else direction
                measured = [(l, cosine(g, along)) for l, g in map(reference_gradient, references)]
                losses, cosines = [l for l, _ in measured], [c for _, c in measured]
                s = mixed(o["muRef"], o["nu"], losses, cosines, o["normalise"])
                kept = sorted(range(len(s)), key=lambda j: (-s[j], j))[:min(o["kRef"], len(s))]
                weights = weigh(o["mode"], s, o["tauRef"], kept)
                reference = mean([reference_gradient(references[j]) for j in kept], weights)
                refreshed = step
                log.append(dict(epoch=epoch, step=step, kind="reference", indices=kept, weights=weights,
                                losses=[losses[j] for j in kept], cosines=[cosines[j] for j in kept],
                                scores=[s[j] for j in kept]))
            pairs = [gradient(task[i]) for i in rows]
            losses, cosines = [l for l, _ in pairs], [cosine(g, reference) for _, g in pairs]
            c = mixed(o["muTask"], o["nu"], losses, cosines, o["normalise"])
            order = sorted(range(len(rows)), key=lambda i: (c[i], i))
            if o["tokenBudget"] is None:
                kept = order[:o["kTask"]]
            else:
                tokens = [tokens_of(task[i]) for i in rows]
                budget, spent, kept = o["tokenBudget"] * sum(tokens), 0, []
                for i in order:
                    if kept and spent >= budget - 1e-9:
                        break
                    kept.append(i)
                    spent += tokens[i]
            weights = weigh(o["mode"], [-x for x in c], o["tauTask"], kept)
            g_task = mean([pairs[i] for i in kept], weights)
            log.append(dict(epoch=epoch, step=step, kind="task", indices=[rows[i] for i in kept], weights=weights,
                            losses=[losses[i] for i in kept], cosines=[cosines[i] for i in kept],
                            scores=[c[i] for i in kept]))
            total, count = total + g_task, count + 1
            rho = o["rho"]
            if o["correction"] == "none":
                rho = 0.0
            if o["correction"] == "agem":
                rho = max(0.0, -float(g_task @ reference) / float(reference @ reference))
            norms.append(apply(g_task + rho * reference))
            step += 1
        direction = total / count
    return log, norms


# low-rank ---------------------------------------------------------------------------------------

def low_rank():
    generator = torch.Generator().manual_seed(5)
    inputs, classes, rank = 6, 5, 2

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    def rows(n):
        made = []
        for _ in range(n):
            length = int(torch.randint(1, 5, (1,), generator=generator))
            made.append(dict(xs=normal(length, inputs).tolist(),
                             ys=torch.randint(0, classes, (length,), generator=generator).tolist()))
        return made

    frozen = normal(classes, inputs)
    a0, b0 = 0.3 * normal(rank, inputs), 0.3 * normal(classes, rank)
    task, references = rows(20), rows(24)
    plan = dict(batchSize=6, epochs=3, lr=0.01, clip=1.0, weightDecay=0.01)
    small = dict(warmupSteps=3, kRef=6, kTask=3)
    cases = []
    for change in [
        dict(),
        dict(mode="soft"),
        dict(mode="soft", normalise="zscore", refresh=5, tauRef=0.5, tauTask=0.5),
        dict(correction="agem", refresh=1),
        dict(correction="none", warmupSteps=0, muTask=0.5, nu=2.0),
        dict(tokenBudget=0.6, rho=0.7),
        dict(refresh=2, taskDirection="running"),
    ]:
        options = {**small, **change}
        a, b = a0.clone().requires_grad_(), b0.clone().requires_grad_()

        def loss_of(row):
            x = torch.tensor(row["xs"], dtype=torch.float64)
            return torch.nn.functional.cross_entropy(x @ (frozen + b @ a).T, torch.tensor(row["ys"]))

        log, norms = run(options, [a, b], loss_of, task, references, plan["batchSize"], plan["lr"], plan["clip"],
                         plan["epochs"], plan["weightDecay"], lambda row: len(row["ys"]))
        final = torch.cat([a.detach().reshape(-1), b.detach().reshape(-1)]).tolist()
        cases.append(dict(options=options, selections=log, gradNorms=norms, final=final))
    initial = torch.cat([a0.reshape(-1), b0.reshape(-1)]).tolist()
    GOLDEN.mkdir(parents=True, exist_ok=True)
    (GOLDEN / "low-rank.json").write_text(json.dumps(dict(
        shape=dict(inputs=inputs, classes=classes, rank=rank), frozen=frozen.tolist(), initial=initial,
        task=task, references=references, plan=plan, cases=cases)) + "\n")


# llama ------------------------------------------------------------------------------------------

def llama():
    from peft import LoraConfig, PeftModel, get_peft_model
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = GOLDEN / "llama"
    shutil.rmtree(folder, ignore_errors=True)
    torch.manual_seed(11)
    config = LlamaConfig(vocab_size=48, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
                         num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=64,
                         tie_word_embeddings=True, bos_token_id=0, eos_token_id=1, initializer_range=0.3)
    LlamaForCausalLM(config).save_pretrained(folder / "model")
    base = LlamaForCausalLM.from_pretrained(folder / "model")
    lora = LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    adapted = get_peft_model(base, lora)
    with torch.no_grad():
        for name, p in adapted.named_parameters():
            if "lora_B" in name:
                p.copy_(0.05 * torch.randn_like(p))
    adapted.save_pretrained(folder / "init")
    (folder / "init" / "README.md").unlink(missing_ok=True)
    written = folder / "init" / "adapter_config.json"
    facts = json.loads(written.read_text())
    facts.update(base_model_name_or_path="model", target_modules=sorted(facts["target_modules"]))
    written.write_text(json.dumps(facts, indent=2) + "\n")

    def rows(n):
        made = []
        for _ in range(n):
            p, r = (int(torch.randint(2, hi, (1,))) for hi in (9, 8))
            made.append(dict(promptTokens=torch.randint(2, 48, (p,)).tolist(),
                             responseTokens=torch.randint(2, 48, (r,)).tolist()))
        return made

    task, references = rows(22), rows(20)
    for name, data in (("task", task), ("references", references)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in data))

    # 2 warm-up steps, then two epochs of 5 batches, the last of them short: 12 steps.
    plan = dict(batchSize=5, epochs=2, lr=2e-3, clip=1.0)
    small = dict(warmupSteps=2, kRef=6, kTask=3, refresh="epoch")
    cases = []
    for change in [dict(), dict(mode="soft", refresh=4, rho=0.5), dict(tokenBudget=0.5, normalise="zscore"),
                   dict(referenceLoss="kl", rho=0.8), dict(referenceLoss="kl", rho=0.8, origin="base")]:
        options = {**small, **change}
        model = LlamaForCausalLM.from_pretrained(folder / "model", dtype=torch.float64, attn_implementation="eager")
        model = PeftModel.from_pretrained(model, folder / "init", is_trainable=True).double()
        model.eval()
        named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]

        def loss_of(row):
            ids = torch.tensor([row["promptTokens"] + row["responseTokens"]])
            logits = model(input_ids=ids).logits[0]
            first = len(row["promptTokens"])
            return torch.nn.functional.cross_entropy(logits[first - 1:-1], ids[0, first:])

        def states(row):
            """Log-probabilities at the positions that predict the response."""
            ids = torch.tensor([row["promptTokens"] + row["responseTokens"]])
            return torch.log_softmax(model(input_ids=ids).logits[0, len(row["promptTokens"]) - 1:-1], -1)

        origin = options.pop("origin", None)
        with torch.no_grad(), (model.disable_adapter() if origin == "base" else nullcontext()):
            initial = {json.dumps(row): states(row) for row in references}

        def preservation_of(row):
            start = initial[json.dumps(row)]
            return (start.exp() * (start - states(row))).sum(-1).mean()

        before = {n: p.detach().clone() for n, p in named}
        log, norms = run(options, [p for _, p in named], loss_of, task, references, plan["batchSize"], plan["lr"],
                         plan["clip"], plan["epochs"], 0.0, lambda row: len(row["responseTokens"]), preservation_of)
        update = {n.replace(".default", ""): (p.detach() - before[n]).float().reshape(-1).tolist() for n, p in named}
        cases.append(dict(options=options, selections=log, gradNorms=norms, update=update,
                          **({} if origin is None else dict(origin=origin))))
    (folder / "expected.json").write_text(json.dumps(dict(plan=plan, cases=cases)) + "\n")


if __name__ == "__main__":
    {"low-rank": low_rank, "llama": llama}[sys.argv[1]]()
