"""Does Python's peft load what this workspace writes? A check to be run by hand; its result is noted in docs/formats.md.

    python tools/golden/peft_interchange.py

makes a tiny random llama and adapters of several kinds with peft, lets `readAdapter` and `writeAdapter` copy each (and change the
scale of one module), and compares: configuration, tensors, and the logits of base plus adapter before and after, in Python.
"""
import json
import os
import subprocess
import tempfile
import warnings

import peft
import safetensors.torch as st
import torch
import transformers

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

SCRIPT = """
import { freshAdapterConfig, readAdapter, writeAdapter } from '@safe/tensor-core/formats'
import { matrix } from '@safe/tensor-core/contracts'
const [from, to, how] = process.argv.slice(2)
const fail = (e) => { console.error(e); process.exit(1) }
const main = async () => {
  const read = await readAdapter(from)()
  if (read._tag === 'Left') return fail(read.left)
  const a = read.right
  const adapter =
    how === 'scaled'
      ? { ...a, modules: a.modules.map((m, i) => (i === 0 ? { ...m, scale: 2 * m.scale, B: matrix(m.B.rows, m.B.cols, m.B.data.map((x) => x / 2)) } : m)) }
      : how === 'fresh'
        ? { ...a, metadata: {}, config: freshAdapterConfig({ rank: 4, alpha: 8, dropout: 0.05, targetModules: ['q_proj', 'v_proj'] }) }
        : a
  const written = await writeAdapter(to, adapter)()
  if (written._tag === 'Left') return fail(written.left)
}
void main()
"""


def logits(base, folder, tokens):
    model = transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = peft.PeftModel.from_pretrained(model, folder).eval()
    missing = [str(w.message) for w in said if "missing" in str(w.message) or "unexpected" in str(w.message).lower()]
    assert not missing, missing
    with torch.no_grad():
        return model(tokens).logits


def main():
    torch.manual_seed(0)
    kinds = {
        "plain": (dict(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"]), torch.float32, "copied"),
        "fresh": (dict(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"]), torch.float32, "fresh"),
        "scaled": (dict(r=4, lora_alpha=8, target_modules=["q_proj", "down_proj"]), torch.float32, "scaled"),
        "patterns": (dict(r=4, lora_alpha=8, use_rslora=True, target_modules=r".*\.(q|k|up)_proj", rank_pattern={"layers.1.*": 2}, alpha_pattern={"k_proj": 3}), torch.float32, "scaled"),
        "bfloat16": (dict(r=4, lora_alpha=8, target_modules="all-linear"), torch.bfloat16, "copied"),
        "float16": (dict(r=2, lora_alpha=1, target_modules=["o_proj"], modules_to_save=["lm_head"]), torch.float16, "copied"),
    }
    with tempfile.TemporaryDirectory() as d:
        base = os.path.join(d, "base")
        config = transformers.LlamaConfig(vocab_size=50, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=64)
        transformers.LlamaForCausalLM(config).save_pretrained(base)
        tokens = torch.randint(0, 50, (2, 12))
        script = os.path.join(ROOT, "packages", "tensor-core", "interchange.tmp.ts")
        with open(script, "w") as f:
            f.write(SCRIPT)
        try:
            for name, (options, dtype, how) in kinds.items():
                model = peft.get_peft_model(transformers.AutoModelForCausalLM.from_pretrained(base), peft.LoraConfig(task_type="CAUSAL_LM", **options))
                for n, p in model.named_parameters():
                    if "lora_" in n or "modules_to_save" in n:
                        p.data = (torch.randn_like(p) * 0.3).to(dtype)
                before, after = os.path.join(d, name), os.path.join(d, name + "-after")
                model.save_pretrained(before)
                subprocess.run(["node", "--conditions=@safe/source", "--import", "tsx", script, before, after, how], cwd=ROOT, check=True)
                a, b = (st.load_file(os.path.join(x, "adapter_model.safetensors")) for x in (before, after))
                assert a.keys() == b.keys() and all(a[k].dtype == b[k].dtype for k in a), name
                if how != "scaled":
                    assert all(torch.equal(a[k], b[k]) for k in a), name
                if how == "copied":
                    x, y = (json.load(open(os.path.join(f, "adapter_config.json"))) for f in (before, after))
                    assert x == y, name
                difference = (logits(base, before, tokens) - logits(base, after, tokens)).abs().max().item()
                print(f"{name}: {len(a)} tensors, greatest difference of logits {difference:.2e}")
                assert difference <= (0 if how != "scaled" else 1e-5), name
        finally:
            os.remove(script)
    print(f"peft {peft.__version__}, transformers {transformers.__version__}, torch {torch.__version__}: all loaded unchanged")


if __name__ == "__main__":
    main()
