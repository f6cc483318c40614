"""Exchanges adapters between peft and this workspace in both directions, for every family and every kind of adapter. A check to be
run by hand; its results are in docs/formats.md.

    python tools/golden/peft_interchange.py [FAMILY ...]

For each family a tiny random model is made, and for each kind an adapter with random factors, saved by peft. Then, in one Node
process, each adapter is loaded with its model and scores rows; it must give peft's log-probabilities (to 2e-4), or be refused with
an error that names what is not supported. Parts that are kept but not applied (biases, modules_to_save) must give a warning, and
scores are those of the factors alone. Every adapter that was read is written again and must load in peft with the same logits. Last,
adapters that are trained here (new, and continued from one of peft's) must load in peft and score the same. Merged models must score
the same too.
"""
import copy
import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings

import peft
import safetensors.torch as st
import torch
import transformers
from peft import LoraConfig

warnings.filterwarnings("ignore")
transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
torch.set_num_threads(1)
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
TOLERANCE = 2e-4

# families ---------------------------------------------------------------------------------------

SHAPE = dict(vocab_size=67, hidden_size=16, intermediate_size=24, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
             head_dim=8, max_position_embeddings=64, initializer_range=0.3, bos_token_id=1, eos_token_id=2, pad_token_id=0,
             tie_word_embeddings=False)


def configs():
    t = transformers
    yield "llama", t.LlamaConfig(**SHAPE)
    yield "llama-tied", t.LlamaConfig(**{**SHAPE, "tie_word_embeddings": True})
    yield "mistral", t.MistralConfig(**SHAPE, sliding_window=6)
    yield "qwen2", t.Qwen2Config(**{k: v for k, v in SHAPE.items() if k != "head_dim"})
    yield "qwen3", t.Qwen3Config(**SHAPE)
    yield "gemma3_text", t.Gemma3TextConfig(**{**SHAPE, "tie_word_embeddings": True}, sliding_window=6, query_pre_attn_scalar=8,
                                            layer_types=["sliding_attention", "full_attention", "sliding_attention"])


def make_model(config, folder):
    torch.manual_seed(len(folder))
    model = transformers.AutoModelForCausalLM.from_config(config).float().eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "norm" in name or name.endswith("bias"):
                p.add_(0.2 * torch.randn_like(p))
    model.save_pretrained(folder)


def base_of(folder):
    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


# kinds ------------------------------------------------------------------------------------------

QV = dict(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"])
EQUAL, WARNED = "equal", "warned"


def refused(what):
    return {"refused": what}


# name: (LoraConfig's arguments, expected outcome, more)
# more: dtype of the stored factors; `config`: fields written over adapter_config.json; `arguments`: of get_peft_model;
# `files`: what is done to the folder.
KINDS = {
    "list": (QV, EQUAL, {}),
    "one name": (dict(r=2, lora_alpha=5, target_modules=["model.layers.1.mlp.down_proj"]), EQUAL, {}),
    "regex": (dict(r=4, lora_alpha=8, target_modules=r".*\.layers\.[02]\..*(q|k|up)_proj"), EQUAL, {}),
    "all-linear": (dict(r=4, lora_alpha=8, target_modules="all-linear"), EQUAL, {}),
    "all-linear kept as a word": (dict(r=4, lora_alpha=8, target_modules="all-linear"), EQUAL, {"config": {"target_modules": "all-linear"}}),
    "exclude list": (dict(r=4, lora_alpha=8, target_modules="all-linear", exclude_modules=["down_proj", "model.layers.0.self_attn.q_proj"]), EQUAL, {}),
    "exclude regex": (dict(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"], exclude_modules=r".*layers\.1\..*"), EQUAL, {}),
    "one layer": (dict(**QV, layers_to_transform=1), EQUAL, {}),
    "layers": (dict(**QV, layers_to_transform=[0, 2]), EQUAL, {}),
    "layers by pattern": (dict(**QV, layers_to_transform=[0, 2], layers_pattern="layers"), EQUAL, {}),
    "layers by patterns": (dict(**QV, layers_to_transform=[2], layers_pattern=["h", "layers"]), EQUAL, {}),
    "layers by path": (dict(**QV, layers_to_transform=[2], layers_pattern="model.layers"), EQUAL, {}),
    "layers by regex": (dict(**QV, layers_to_transform=[1], layers_pattern="(h|lay.*s)"), EQUAL, {}),
    "rank pattern": (dict(**QV, rank_pattern={"layers.1.self_attn.q_proj": 2, "v_proj": 3}), EQUAL, {}),
    "rank pattern, regex": (dict(**QV, rank_pattern={r"layers\.[01]\..*q_proj": 1, "^model.layers.2.self_attn.v_proj": 6}), EQUAL, {}),
    "alpha pattern": (dict(**QV, alpha_pattern={"k_proj|v_proj": 3, r".*\.2\..*": 64}), EQUAL, {}),
    "both patterns, rslora": (dict(**QV, use_rslora=True, rank_pattern={"q_proj": 2}, alpha_pattern={"q_proj": 5}), EQUAL, {}),
    "rslora": (dict(**QV, use_rslora=True), EQUAL, {}),
    "alpha a fraction": (dict(**{**QV, "lora_alpha": 0.5}), EQUAL, {}),
    "rank 1": (dict(r=1, lora_alpha=1, target_modules=["o_proj"]), EQUAL, {}),
    "rank above the width": (dict(r=32, lora_alpha=8, target_modules=["k_proj"]), EQUAL, {}),
    "dropout": (dict(**QV, lora_dropout=0.5), EQUAL, {}),
    "fan_in_fan_out": (dict(**QV, fan_in_fan_out=True), EQUAL, {"config": {"fan_in_fan_out": True}}),
    "bfloat16": (QV, EQUAL, {"dtype": torch.bfloat16}),
    "float16": (QV, EQUAL, {"dtype": torch.float16}),
    "float64": (QV, EQUAL, {"dtype": torch.float64}),
    "init false": (dict(**QV, init_lora_weights=False), EQUAL, {}),
    "init gaussian": (dict(**QV, init_lora_weights="gaussian"), EQUAL, {}),
    "init orthogonal": (dict(**QV, init_lora_weights="orthogonal"), EQUAL, {}),
    "init mica": (dict(**QV, init_lora_weights="mica"), EQUAL, {}),
    "init eva": (dict(**QV, init_lora_weights="eva", eva_config=peft.EvaConfig()), EQUAL, {}),
    "init pissa": (dict(**QV, init_lora_weights="pissa"), refused("pissa"), {}),
    "init pissa_niter_4": (dict(**QV, init_lora_weights="pissa_niter_4"), refused("pissa"), {}),
    "init olora": (dict(**QV, init_lora_weights="olora"), refused("olora"), {}),
    "init loftq": (QV, refused("loftq"), {"config": {"init_lora_weights": "loftq", "loftq_config": {"loftq_bits": 4, "loftq_iter": 1}}}),
    "init corda": (QV, refused("corda"), {"config": {"init_lora_weights": "corda", "corda_config": {"corda_method": "ipm"}}}),
    "init lora_ga": (QV, refused("lora_ga"), {"config": {"init_lora_weights": "lora_ga", "lora_ga_config": {"direction": "ArB2r"}}}),
    "init of a later peft": (QV, refused("shiny"), {"config": {"init_lora_weights": "shiny"}}),
    "bias all": (dict(**QV, bias="all"), WARNED, {"only": ["qwen2"]}),
    "bias lora_only": (dict(**QV, bias="lora_only"), WARNED, {"only": ["qwen2"]}),
    "bias all, none there": (dict(**QV, bias="all"), EQUAL, {"only": ["llama", "gemma3_text"]}),
    "lora_bias": (dict(**QV, lora_bias=True), WARNED, {"only": ["qwen2"]}),
    "modules_to_save head": (dict(**QV, modules_to_save=["lm_head"]), WARNED, {"only": ["llama", "mistral", "qwen2", "qwen3"]}),
    "modules_to_save embedding": (dict(**QV, modules_to_save=["embed_tokens"]), WARNED, {"only": ["llama", "qwen2"]}),
    "modules_to_save norm": (dict(**QV, modules_to_save=["input_layernorm"]), WARNED, {}),
    "embeddings saved along": (QV, WARNED, {"save": {"save_embedding_layers": True}, "only": ["llama", "qwen3"]}),
    "modules_to_save a target": (dict(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"], modules_to_save=["v_proj"]), WARNED, {"only": ["llama"]}),
    "DoRA": (dict(**QV, use_dora=True), refused("DoRA"), {}),
    "QALoRA": (QV, refused("use_qalora"), {"config": {"use_qalora": True, "qalora_group_size": 16}}),
    "trained tokens": (dict(**QV, trainable_token_indices=[3, 5]), refused("trainable_token_indices"), {}),
    "trained tokens alone": (QV, refused("trainable_token_indices"), {"config": {"trainable_token_indices": {"embed_tokens": [3]}}}),
    "target_parameters": (dict(**QV, target_parameters=["q_proj.weight"]), refused("target_parameters"), {"config": {"target_parameters": ["q_proj.weight"]}, "build": QV}),
    "megatron": (QV, refused("megatron_config"), {"config": {"megatron_config": {"tp": 2}, "megatron_core": "megatron.core"}}),
    "arrow": (QV, refused("arrow_config"), {"config": {"arrow_config": {"top_k": 3}}}),
    "aLoRA": (dict(**QV, alora_invocation_tokens=[5, 6]), refused("alora_invocation_tokens"), {}),
    "KaSA": (QV, refused("kasa_config"), {"config": {"kasa_config": {"beta": 1e-4}}}),
    "BD-LoRA": (QV, refused("use_bdlora"), {"config": {"use_bdlora": {"nblocks": 2}}}),
    "VeLoRA": (QV, refused("velora_config"), {"config": {"velora_config": {"num_groups": 2}}}),
    "MonteCLoRA": (QV, refused("monteclora_config"), {"config": {"monteclora_config": {"num_samples": 2}}}),
    "layer_replication": (dict(**QV, layer_replication=[[0, 2], [1, 3]]), refused("layer_replication"), {"only": ["llama", "mistral"]}),
    "ensure_weight_tying": (dict(**QV, ensure_weight_tying=True), EQUAL, {}),
    "head": (dict(r=4, lora_alpha=8, target_modules=["q_proj", "lm_head"]), EQUAL, {"only": ["llama", "mistral", "qwen2", "qwen3"]}),
    "head, tied": (dict(r=4, lora_alpha=8, target_modules=["q_proj", "lm_head"]), refused("lm_head"), {"only": ["llama-tied", "gemma3_text"], "save": {"save_embedding_layers": False}}),
    "embedding": (dict(r=4, lora_alpha=8, target_modules=["q_proj", "embed_tokens"]), refused("embedding"), {"save": {"save_embedding_layers": False}}),
    "saved as .bin": (QV, refused("adapter_model.bin"), {"save": {"safe_serialization": False}}),
    "no weights": (QV, refused("adapter_model.safetensors"), {"files": "drop weights"}),
    "a later field": (QV, WARNED, {"config": {"use_wobble": True}}),
    "a later field, off": (QV, EQUAL, {"config": {"use_wobble": False, "wobble_config": None}}),
}
OTHER_TYPES = {
    "IA3": lambda: peft.IA3Config(task_type="CAUSAL_LM", target_modules=["k_proj"], feedforward_modules=[]),
    "LOHA": lambda: peft.LoHaConfig(r=2, target_modules=["q_proj"]),
    "LOKR": lambda: peft.LoKrConfig(r=2, target_modules=["q_proj"]),
    "ADALORA": lambda: peft.AdaLoraConfig(task_type="CAUSAL_LM", target_modules=["q_proj"], total_step=9),
    "OFT": lambda: peft.OFTConfig(task_type="CAUSAL_LM", r=2, oft_block_size=0, target_modules=["q_proj"]),
    "BOFT": lambda: peft.BOFTConfig(task_type="CAUSAL_LM", boft_block_size=2, target_modules=["q_proj"]),
    "VERA": lambda: peft.VeraConfig(task_type="CAUSAL_LM", r=2, target_modules=["q_proj"]),
    "PROMPT_TUNING": lambda: peft.PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=2),
    "PREFIX_TUNING": lambda: peft.PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=2),
    "LN_TUNING": lambda: peft.LNTuningConfig(task_type="CAUSAL_LM", target_modules=["input_layernorm"]),
    "FOURIERFT": lambda: peft.FourierFTConfig(task_type="CAUSAL_LM", n_frequency=9, target_modules=["q_proj"]),
    "HRA": lambda: peft.HRAConfig(r=2, target_modules=["q_proj"]),
    "TRAINABLE_TOKENS": lambda: peft.TrainableTokensConfig(token_indices=[3], target_modules=["embed_tokens"]),
}


def path_of(folder, name):
    return os.path.join(folder, "".join(c if c.isalnum() else "-" for c in name))


def change_json(path, fields):
    values = json.load(open(path))
    values.update(fields)
    json.dump(values, open(path, "w"), indent=2)


def save_adapter(model_folder, name, folder):
    arguments, _, more = KINDS[name]
    torch.manual_seed(len(name))
    config = LoraConfig(task_type="CAUSAL_LM", **copy.deepcopy(more.get("build", arguments)))
    model = peft.get_peft_model(base_of(model_folder), config)
    with torch.no_grad():
        for n, p in model.named_parameters():
            if "lora_" in n or "modules_to_save" in n or "trainable_tokens_delta" in n or (p.requires_grad and "bias" in n):
                p.data = (torch.randn_like(p) * (0.05 if "modules_to_save" in n else 0.3)).to(more.get("dtype", torch.float32))
    model.save_pretrained(folder, **more.get("save", {}))
    if "config" in more:
        change_json(os.path.join(folder, "adapter_config.json"), more["config"])
    if more.get("files") == "drop weights":
        os.remove(os.path.join(folder, "adapter_model.safetensors"))


def factors_alone(folder):
    """A copy of the adapter without the parts that are kept but not applied."""
    out = folder + "-factors"
    shutil.copytree(folder, out)
    weights = os.path.join(out, "adapter_model.safetensors")
    st.save_file({k: v for k, v in st.load_file(weights).items() if ".lora_A.weight" in k or ".lora_B.weight" in k}, weights, {"format": "pt"})
    values = json.load(open(os.path.join(out, "adapter_config.json")))
    excluded = values.get("modules_to_save") or []
    change_json(os.path.join(out, "adapter_config.json"),
                dict(modules_to_save=None, bias="none", lora_bias=False, exclude_modules=(values.get("exclude_modules") or []) + excluded or None))
    return out


def log_probs(model, rows):
    out = []
    for row in rows:
        tokens = torch.tensor([row["promptTokens"] + row["responseTokens"]])
        p = len(row["promptTokens"])
        with torch.no_grad():
            lp = torch.log_softmax(model(tokens).logits[0, p - 1:-1].double(), -1)
        out.append(lp[torch.arange(len(row["responseTokens"])), torch.tensor(row["responseTokens"])])
    return out


def loaded(model_folder, folder):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = peft.PeftModel.from_pretrained(base_of(model_folder), folder).float().eval()
    lost = [str(w.message) for w in said if "missing" in str(w.message) or "unexpected keys" in str(w.message).lower()]
    assert not lost, lost
    return model


# the other side ---------------------------------------------------------------------------------

SCRIPT = """
import { readFileSync, writeFileSync } from 'node:fs'
import { readAdapter, readDataset, writeAdapter } from '@safe/tensor-core/formats'
import { loadCausalLM, mergeAdapter, recipeDefaults, trainAdapter } from '@safe/tensor-core/lm'
import { selectEngine } from '@safe/tensor-core/engine'
const [jobsFile, rowsFile, out] = process.argv.slice(2)
const message = (e) => [e.message, e.where ?? '', e.remedy ?? ''].join(' | ')
const scores = async (model, adapter, examples, warnings) => {
  const lm = await loadCausalLM({ model, ...(adapter === undefined ? {} : { adapter }), onWarning: (w) => warnings.push(w) })()
  if (lm._tag === 'Left') return { error: message(lm.left), kind: lm.left.kind }
  const scored = await lm.right.score(examples)()
  lm.right.dispose()
  return scored._tag === 'Left' ? { error: message(scored.left), kind: scored.left.kind } : { logProbs: scored.right.map((s) => s.logProbs) }
}
const main = async () => {
  await selectEngine('wasm')()
  const data = (await readDataset(rowsFile)()).right
  const results = {}
  for (const { name, model, adapter, train } of JSON.parse(readFileSync(jobsFile, 'utf8'))) {
    const warnings = []
    if (train !== undefined) {
      const { init, ...recipe } = train
      const made = await trainAdapter({ model, data, seed: 1, out: adapter, recipe: { ...recipeDefaults, lr: 0.02, maxSteps: 2, batchSize: 3, ...recipe }, ...(init === undefined ? {} : { init }), onWarning: (w) => warnings.push(w) })()
      if (made._tag === 'Left') { results[name] = { error: message(made.left), kind: made.left.kind, warnings }; continue }
    }
    results[name] = { ...(await scores(model, adapter, data.examples, warnings)), warnings }
    if (results[name].error === undefined) {
      const merged = await mergeAdapter(model, adapter, `${adapter}-merged`)()
      results[name].merged = merged._tag === 'Left' ? { error: message(merged.left) } : await scores(`${adapter}-merged`, undefined, data.examples, [])
    }
    const read = await readAdapter(adapter)()
    if (read._tag === 'Right' && train === undefined) {
      const written = await writeAdapter(`${adapter}-copy`, read.right)()
      if (written._tag === 'Left') results[name].copyError = message(written.left)
    }
  }
  writeFileSync(out, JSON.stringify(results))
}
void main()
"""


def ask(jobs, rows, folder):
    script = os.path.join(ROOT, "packages", "tensor-core", "interchange.tmp.ts")
    paths = {k: os.path.join(folder, f"{k}.json") for k in ("jobs", "out")}
    json.dump(jobs, open(paths["jobs"], "w"))
    rows_file = os.path.join(folder, "rows.jsonl")
    open(rows_file, "w").write("".join(json.dumps(r) + "\n" for r in rows))
    open(script, "w").write(SCRIPT)
    try:
        subprocess.run(["node", "--conditions=@safe/source", "--import", "tsx", script, paths["jobs"], rows_file, paths["out"]], cwd=ROOT, check=True)
    finally:
        os.remove(script)
    return json.load(open(paths["out"]))


# the check --------------------------------------------------------------------------------------


def difference(want, got):
    return max(float((w - torch.tensor(g, dtype=torch.float64)).abs().max()) for w, g in zip(want, got, strict=True))


def check_family(family, config, folder):
    problems, counts, worst = [], dict(equal=0, warned=0, refused=0, copies=0, trained=0), 0.0
    model = os.path.join(folder, "model")
    make_model(config, model)
    g = torch.Generator().manual_seed(5)
    draw = lambda k: torch.randint(3, 67, (k,), generator=g).tolist()
    rows = [dict(id=str(i), promptTokens=draw(2 + 2 * i), responseTokens=draw(3 + i)) for i in range(5)]
    kinds = {k: v for k, v in KINDS.items() if family in v[2].get("only", [family])}
    for name in kinds:
        save_adapter(model, name, path_of(folder, name))
    jobs = [dict(name=name, model=model, adapter=path_of(folder, name)) for name in kinds]
    for name, make in OTHER_TYPES.items():
        try:
            peft.get_peft_model(base_of(model), make()).save_pretrained(path_of(folder, "type " + name))
        except Exception as error:  # a type that this model or machine cannot have
            print(f"  {family}: peft itself refuses {name}: {str(error)[:80]}")
            continue
        jobs.append(dict(name="type " + name, model=model, adapter=path_of(folder, "type " + name)))
    trained = {
        "ours": dict(rank=4, alpha=8, targetModules=["q_proj", "v_proj"]),
        "ours, all-linear": dict(rank=3, alpha=8, targetModules=["all-linear"]),
        "ours, from patterns": dict(init=path_of(folder, "both patterns, rslora")),
        "ours, from bfloat16": dict(init=path_of(folder, "bfloat16")),
        "ours, from a regex": dict(init=path_of(folder, "regex")),
        "ours, from saved modules": dict(init=path_of(folder, "modules_to_save norm")),
    }
    if "head" in kinds:
        trained["ours, from a head"] = dict(init=path_of(folder, "head"))
    jobs += [dict(name=n, model=model, adapter=path_of(folder, n), train=t) for n, t in trained.items()]
    results = ask(jobs, rows, folder)
    base = log_probs(base_of(model), rows)
    for job in jobs:
        name, adapter, result = job["name"], job["adapter"], results[job["name"]]
        want = refused("lm_head") if name == "ours, from a head" else EQUAL if "train" in job else refused(name[5:]) if name.startswith("type ") else kinds[name][1]
        said = result.get("error")
        if isinstance(want, dict):
            if said is None or result["kind"] != "input" or want["refused"].lower() not in said.lower():
                problems.append(f"{name}: should be refused by the name of {want['refused']}, but: {said or 'it was read'}")
            else:
                counts["refused"] += 1
            continue
        if said is not None:
            problems.append(f"{name}: refused: {said}")
            continue
        warned = want == WARNED or name == "ours, from saved modules"
        if warned != (len(result["warnings"]) > 0):
            problems.append(f"{name}: warnings {result['warnings']}")
        reference = loaded(model, factors_alone(adapter) if warned else adapter)
        expected = log_probs(reference, rows)
        off = difference(expected, result["logProbs"])
        worst = max(worst, off)
        if off > TOLERANCE:
            problems.append(f"{name}: log-probabilities differ by {off:.2e}")
        if difference(base, [x.tolist() for x in expected]) < 1e-3:
            problems.append(f"{name}: the adapter does nothing")
        if "error" in result["merged"] or difference(expected, result["merged"]["logProbs"]) > TOLERANCE:
            problems.append(f"{name}: merged: {result['merged'].get('error', 'scores otherwise')}")
        counts["trained" if "train" in job else want] += 1
        if "copyError" in result:
            problems.append(f"{name}: cannot be written: {result['copyError']}")
        elif "train" not in job:
            a, b = (st.load_file(os.path.join(x, "adapter_model.safetensors")) for x in (adapter, adapter + "-copy"))
            x, y = (json.load(open(os.path.join(f, "adapter_config.json"))) for f in (adapter, adapter + "-copy"))
            same = a.keys() == b.keys() and all(a[k].dtype == b[k].dtype and torch.equal(a[k], b[k]) for k in a)
            if not same or x != y:
                problems.append(f"{name}: the copy differs in its {'configuration' if same else 'tensors'}")
            back = log_probs(loaded(model, adapter + "-copy"), rows)
            if difference(log_probs(loaded(model, adapter), rows), [x.tolist() for x in back]) != 0:
                problems.append(f"{name}: peft reads the copy otherwise")
            counts["copies"] += 1
    print(f"{family}: " + ", ".join(f"{n} {k}" for k, n in counts.items()) + f"; largest difference {worst:.1e}")
    return [f"{family}: {p}" for p in problems]


def main():
    wanted, problems = sys.argv[1:], []
    for family, config in configs():
        if wanted and family not in wanted:
            continue
        with tempfile.TemporaryDirectory() as folder:
            problems += check_family(family, config, folder)
    print(f"peft {peft.__version__}, transformers {transformers.__version__}, torch {torch.__version__}")
    print("\n".join(problems) if problems else "all as expected")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
