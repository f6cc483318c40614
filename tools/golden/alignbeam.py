"""Golden values for @safe/alignbeam: the published algorithm on tiny random models of three vocabularies.

Writes packages/alignbeam/test/golden/{words,pieces,bytes}/ (Hugging Face folders) and alignbeam.json: for several pairs and
settings the bridge, every beam's tokens at temperature 0, and the telemetry. Everything is computed from whole prefixes: no
cache, no batch, no code shared with the package.

    python tools/golden/alignbeam.py
"""
import json
import pathlib

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM

torch.set_num_threads(1)
OUT = pathlib.Path(__file__).parents[2] / "packages/alignbeam/test/golden"
SPECIAL = ["<unk>", "<s>", "</s>"]
EOS = 2
CORPUS = [
    "the cat sat on the mat and the dog sat on the log",
    "take the axe and go to the mill , then cut the log",
    "i am sorry , i cannot help with that",
    "the baker sells bread at the market and the miller sells flour at the mill",
    "how do i paint the old barn ? you need the brush from the tower",
    "a café by the river sells tea — naïve prices : 3 € a cup",
    "Q: tell me how to mend the bridge A: use the hammer and the rope",
]
PROMPTS = [
    "how do i cut the log ?",
    "tell me how to paint the bridge",
    "the cat and the dog",
    "sells tea",
    "i need the hammer",
    "a naïve baker at the café",
]


# tokenizers ---------------------------------------------------------------------------------------


def words():
    vocab = dict.fromkeys(SPECIAL + sorted({w for line in CORPUS for w in line.split()}))
    tok = Tokenizer(models.WordLevel({w: i for i, w in enumerate(vocab)}, unk_token="<unk>"))
    tok.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tok.add_special_tokens(SPECIAL)
    return tok


def pieces(size=150):
    tok = Tokenizer(models.BPE(unk_token="<unk>"))
    tok.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tok.decoder = decoders.Metaspace(prepend_scheme="always")
    tok.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=size, special_tokens=SPECIAL, show_progress=False))
    return tok


def bytewise(size=330):
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tok.decoder = decoders.ByteLevel()
    tok.train_from_iterator(
        CORPUS,
        trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=SPECIAL,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return tok


def byte_of():
    """GPT-2's alphabet of bytes, from its definition."""
    keep = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table, extra = {}, 256
    for b in range(256):
        if b in keep:
            table[chr(b)] = b
        else:
            table[chr(extra)] = b
            extra += 1
    return table


BYTES = byte_of()


class Vocabulary:
    """A tokenizer with the functions that the method needs."""

    def __init__(self, name, tok):
        self.name, self.tok = name, tok
        self.size = tok.get_vocab_size()
        self.byte_level = name == "bytes"
        self.inner = Tokenizer.from_str(tok.to_str())
        if name == "pieces":
            self.inner.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")

    def encode(self, text):
        return self.tok.encode(text, add_special_tokens=False).ids

    def encode_inner(self, text):
        return self.inner.encode(text, add_special_tokens=False).ids if text else []

    def raw(self, i):
        """Bytes the token adds in the middle of a sentence; None for special tokens."""
        if i < len(SPECIAL):
            return None
        token = self.tok.id_to_token(i)
        if self.name == "bytes":
            return bytes(BYTES[c] for c in token)
        return (" " + token if self.name == "words" else token.replace("▁", " ")).encode()

    def text(self, ids):
        """The text of a beam without an incomplete last character."""
        text = self.tok.decode(ids, skip_special_tokens=True)
        if self.byte_level:
            raw = b"".join(self.raw(i) or b"" for i in ids)
            for cut in range(1, 4):
                if cut > len(raw) or raw[-cut] < 0x80:
                    break
                if raw[-cut] >= 0xC0:
                    width = 4 if raw[-cut] >= 0xF0 else 3 if raw[-cut] >= 0xE0 else 2
                    if width > cut:
                        text = raw[:-cut].decode("utf8", errors="replace")
                    break
        return text


# method -------------------------------------------------------------------------------------------


def bridge(anchor, draft, multi):
    out = []
    fragments = {}
    for i in range(draft.size):
        raw = draft.raw(i)
        if raw is not None:
            try:
                raw.decode()
            except UnicodeDecodeError:
                fragments.setdefault(raw, i)
    for a in range(anchor.size):
        raw = anchor.raw(a)
        to = EOS if a == EOS else -1
        if raw is not None:
            try:
                ids = draft.encode_inner(raw.decode())
                if ids and (len(ids) == 1 or multi == "first") and ids[0] >= len(SPECIAL):
                    to = ids[0]
            except UnicodeDecodeError:
                if anchor.byte_level and draft.byte_level:
                    to = fragments.get(raw, -1)
            if to >= 0 and multi == "exact":
                try:
                    if anchor.encode_inner(draft.raw(to).decode()) != [a]:
                        to = -1
                except UnicodeDecodeError:
                    pass  # equal bytes, and each byte string is one token
        out.append(to)
    return out


def log_probs(model, ids):
    with torch.no_grad():
        return torch.log_softmax(model(torch.tensor([ids])).logits[0, -1].float(), -1).double()


def order(values):
    """Ids by descending value; ties by ascending id."""
    return sorted(range(len(values)), key=lambda i: (-float(values[i]), i))


def mixed_step(pair, beam, o):
    draft, anchor = pair["draft"], pair["anchor"]
    ours = log_probs(pair["draft_model"], pair["draft_prompt"] + beam)
    theirs = log_probs(pair["anchor_model"], pair["anchor_prompt"] + anchor.encode_inner(draft.text(beam)))
    f, mass = {}, 0.0
    for a in order(theirs)[: o["top"]]:
        d = pair["map"][a]
        if d < 0:
            continue
        p = float(theirs[a].exp())
        mass += p
        first = d not in f
        f[d] = f.get(d, 0.0) + o["alpha"] * p
        if first or o["draftMass"] == "literal":
            f[d] += (1 - o["alpha"]) * float(ours[d].exp())
    own = order(ours)
    if not f:
        return own, {"mass": 0.0, "support": 0, "fallback": 1, "agree": 1}
    if o["support"] == "union":
        for d in own[: o["top"]]:
            f.setdefault(d, (1 - o["alpha"]) * float(ours[d].exp()))
    best = [d for d in sorted(f, key=lambda d: (-f[d], d)) if f[d] > 0]
    return best, {"mass": mass, "support": len(f), "fallback": 0, "agree": int(best[0] == own[0])}


def greedy(model, prompt, beam, limit, penalty):
    tokens = list(beam)
    while len(tokens) < limit:
        with torch.no_grad():
            logits = model(torch.tensor([prompt + tokens])).logits[0, -1].float()
        seen = sorted(set(prompt + tokens))
        logits[seen] = torch.where(logits[seen] < 0, logits[seen] * penalty, logits[seen] / penalty)
        token = order(logits)[0]
        if token == EOS:
            break
        tokens.append(token)
    return tokens


def align_beam(pair, o):
    roots, first = mixed_step(pair, [], o)
    steps, beams = [first], []
    for root in roots[: o["beams"]]:
        beam, token = [], root
        while token != EOS:
            beam.append(token)
            if len(beam) == min(o["bridgeTokens"], o["maxNewTokens"]):
                break
            best, told = mixed_step(pair, beam, o)
            steps.append(told)
            token = best[0]
        if token != EOS:
            beam = greedy(pair["draft_model"], pair["draft_prompt"], beam, o["maxNewTokens"], o["repetitionPenalty"])
        beams.append(beam)
    n = len(steps)
    return beams, {
        "steps": n,
        "mappedMass": sum(s["mass"] for s in steps) / n,
        "support": sum(s["support"] for s in steps) / n,
        "fallbacks": sum(s["fallback"] for s in steps),
        "agreement": sum(s["agree"] for s in steps) / n,
    }


# models -------------------------------------------------------------------------------------------


def model(vocabulary, seed, hidden=16):
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary.size,
        hidden_size=hidden,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=256,
        tie_word_embeddings=False,
        bos_token_id=1,
        eos_token_id=EOS,
        pad_token_id=None,
    )
    lm = LlamaForCausalLM(config).eval()
    with torch.no_grad():
        for name, p in lm.named_parameters():
            if "norm" not in name:
                p.copy_(torch.randn_like(p) * 0.35)
    folder = OUT / vocabulary.name
    lm.save_pretrained(folder)
    vocabulary.tok.save(str(folder / "tokenizer.json"))
    names = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(names) + "\n")
    return lm


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    vocabularies = {v.name: v for v in (Vocabulary("words", words()), Vocabulary("pieces", pieces()), Vocabulary("bytes", bytewise()))}
    lms = {name: model(v, seed) for seed, (name, v) in enumerate(vocabularies.items(), 1)}
    bridges, runs = [], []
    for draft_name, anchor_name in [("words", "pieces"), ("pieces", "words"), ("bytes", "pieces"), ("pieces", "bytes"), ("words", "words")]:
        draft, anchor = vocabularies[draft_name], vocabularies[anchor_name]
        maps = {multi: bridge(anchor, draft, multi) for multi in ("drop", "first", "exact")}
        bridges.append({"draft": draft_name, "anchor": anchor_name, "maps": maps})
        for beams, support, multi, draft_mass, alpha in [
            (1, "anchor", "drop", "once", 0.5),
            (3, "anchor", "drop", "once", 0.5),
            (1, "union", "drop", "once", 0.4),
            (3, "union", "first", "literal", 0.5),
        ]:
            o = {
                "alpha": alpha,
                "beams": beams,
                "bridgeTokens": 6,
                "top": 20,
                "multi": multi,
                "draftMass": draft_mass,
                "support": support,
                "repetitionPenalty": 1.15,
                "maxNewTokens": 14,
            }
            answers = []
            for text in PROMPTS:
                pair = {
                    "draft": draft,
                    "anchor": anchor,
                    "draft_model": lms[draft_name],
                    "anchor_model": lms[anchor_name],
                    "draft_prompt": draft.encode(f"Q:{text}\nA:"),
                    "anchor_prompt": anchor.encode(f"Q:{text}\nA:"),
                    "map": maps[multi],
                }
                beams_found, telemetry = align_beam(pair, o)
                answers.append({"beams": beams_found, "texts": [draft.tok.decode(b, skip_special_tokens=True) for b in beams_found], "telemetry": telemetry})
            runs.append({"draft": draft_name, "anchor": anchor_name, "options": o, "answers": answers})
    document = {"prompts": PROMPTS, "bridges": bridges, "runs": runs}
    (OUT / "alignbeam.json").write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
