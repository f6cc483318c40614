"""Golden values for the rivals of @safe/alignbeam, each written from its paper's formula.

Writes packages/alignbeam/test/golden/rivals.json.

Proxy tuning (arXiv 2401.08565): three models of one vocabulary, each a random table of logits by the last token; the distribution
after each prompt, greedy tokens and scores of responses for several alphas.

SafeDecoding (arXiv 2402.08983, section 4.3): the same tables; greedy tokens for several alphas and smallest sample spaces.

Nudging (arXiv 2410.09300): the random models of three vocabularies that alignbeam.py wrote; the tokens of every answer for several
thresholds, and what the anchor wrote of them. Everything is computed from whole prefixes: no cache, no batch.

    python tools/golden/alignbeam_rivals.py
"""
import json
import pathlib

import torch
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

from alignbeam import PROMPTS, Vocabulary, log_probs, order

torch.set_num_threads(1)
OUT = pathlib.Path(__file__).parents[2] / "packages/alignbeam/test/golden"
EOS = 2
NUDGING_THRESHOLDS = (0.04, 0.08, 0.15, 0.3)


# proxy tuning -------------------------------------------------------------------------------------


def proxy_tuning():
    torch.manual_seed(11)
    words = [f"w{i}" for i in range(9)]
    size = 3 + len(words)
    draft, expert, anti = (2.0 * torch.randn(size, size, dtype=torch.float64) for _ in range(3))
    prompts = [[4, 7], [3], [11, 5, 9], [6, 6]]
    responses = [[5, 3, 8], [10], [4, 4, 7, 2], [9, 11]]
    runs = []
    for alpha in (0.0, 0.5, 1.0, 2.0):
        rows = []
        for prompt, response in zip(prompts, responses):

            def distribution(tokens):
                last = tokens[-1]
                return torch.log_softmax(draft[last] + alpha * (expert[last] - anti[last]), -1)

            tokens, ended = [], False
            while len(tokens) < 12 and not ended:
                token = int(distribution(prompt + tokens).argmax())
                ended = token == EOS
                if not ended:
                    tokens.append(token)
            before = [distribution(prompt + response[:i]) for i in range(len(response))]
            rows.append(
                {
                    "probabilities": distribution(prompt).exp().tolist(),
                    "tokens": tokens,
                    "finishReason": "stop" if ended else "length",
                    "logProbs": [float(p[t]) for p, t in zip(before, response)],
                    "correct": [int(p.argmax()) == t for p, t in zip(before, response)],
                    "nll": -sum(float(p[t]) for p, t in zip(before, response)) / len(response),
                }
            )
        runs.append({"alpha": alpha, "rows": rows})
    tables = {name: table.tolist() for name, table in (("draft", draft), ("expert", expert), ("anti", anti))}
    return {"words": words, "tables": tables, "prompts": prompts, "responses": responses, "runs": runs}


# SafeDecoding -------------------------------------------------------------------------------------


def safe_decoding(tables):
    """The draft pushed towards the expert for two tokens, over the tokens that both have among their top k, k the least that is enough."""
    draft, expert = (torch.tensor(tables["tables"][name], dtype=torch.float64) for name in ("draft", "expert"))
    runs = []
    for alpha, first, common in ((3.0, 2, 5), (3.0, 2, 1), (0.5, 2, 5), (3.0, 12, 3), (1.0, 4, 12)):
        rows = []
        for prompt in tables["prompts"]:

            def next_token(tokens, added):
                ours, theirs = (torch.softmax(table[tokens[-1]], -1) for table in (draft, expert))
                if added >= first:
                    return int(ours.argmax())
                tops = [torch.argsort(-p, stable=True).tolist() for p in (ours, theirs)]
                width = common
                while len(set(tops[0][:width]) & set(tops[1][:width])) < common:
                    width += 1
                space = sorted(set(tops[0][:width]) & set(tops[1][:width]))
                return max(space, key=lambda i: float(ours[i] + alpha * (theirs[i] - ours[i])))

            tokens, ended = [], False
            while len(tokens) < 12 and not ended:
                token = next_token(prompt + tokens, len(tokens))
                ended = token == EOS
                if not ended:
                    tokens.append(token)
            rows.append({"tokens": tokens, "finishReason": "stop" if ended else "length"})
        runs.append({"alpha": alpha, "first": first, "common": common, "rows": rows})
    return runs


# nudging ------------------------------------------------------------------------------------------

WORD_TOKENS = 16
REPEATS = 3


def raw_of(vocabulary, ids):
    return b"".join(vocabulary.raw(i) or b"" for i in ids)


def unfinished(raw):
    """Bytes at the end that begin a character without finishing it."""
    for cut in range(1, min(4, len(raw) + 1)):
        byte = raw[-cut]
        if byte < 0x80:
            return 0
        if byte >= 0xC0:
            width = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2
            return cut if width > cut else 0
    return 0


def whole(raw):
    return raw[: len(raw) - unfinished(raw)].decode(errors="replace")


def anchor_word(model, anchor, row):
    """The anchor's greedy text up to its next blank, and whether it ended the completion."""
    raw, count = b"", 0
    while count < WORD_TOKENS:
        token = order(log_probs(model, row))[0]
        if token == EOS:
            return whole(raw), True
        raw += anchor.raw(token) or b""
        row, count = row + [token], count + 1
        blank = raw.find(b" ", len(raw) - len(raw.lstrip(b" ")))
        if blank > 0 and raw.strip(b" "):
            return whole(raw[:blank]), False
    return whole(raw), False


def nudged(draft, anchor, models, prompt, threshold, limit):
    ours, theirs = draft.encode(f"Q:{prompt}\nA:"), anchor.encode(f"Q:{prompt}\nA:")
    tokens, run, start, last, repeats = [], "", 0, "", 0
    words = written = fallbacks = 0
    finish = "length"
    while len(tokens) < limit:
        p = log_probs(models[draft.name], ours + tokens).exp()
        top = order(p)[0]
        if float(p[top]) < threshold:
            text, ended = anchor_word(models[anchor.name], anchor, theirs + anchor.encode_inner(draft.text(tokens)))
            tail = left = unfinished(raw_of(draft, tokens))
            before = list(tokens)
            while left > 0:
                left -= len(draft.raw(before.pop()) or b"")
            held = raw_of(draft, tokens[len(before) :])
            held = held[: len(held) - tail]
            spelled = draft.encode_inner(held.decode(errors="replace") + text) if text else []
            if spelled or ended:
                if not spelled:
                    before = list(tokens)
                if run == "":
                    start = len(before)
                run, words = run + text, words + (1 if text else 0)
                tokens = (before + spelled)[:limit]
                written += len(tokens) - len(before)
                if ended and len(before) + len(spelled) <= limit:
                    finish = "stop"
                    break
                continue
            fallbacks += 1
        if run:
            repeats = repeats + 1 if run == last else 0
            if repeats >= REPEATS:
                written -= len(tokens) - start
                tokens, finish = tokens[:start], "stop"
                break
            last, run = run, ""
        if top == EOS:
            finish = "stop"
            break
        tokens.append(top)
    return {"tokens": tokens, "finishReason": finish, "words": words, "anchorTokens": written, "fallbacks": fallbacks}


def nudging():
    names = ("words", "pieces", "bytes")
    vocabularies = {n: Vocabulary(n, Tokenizer.from_file(str(OUT / n / "tokenizer.json"))) for n in names}
    models = {n: LlamaForCausalLM.from_pretrained(OUT / n).eval() for n in names}
    runs = []
    for draft, anchor in [("words", "pieces"), ("pieces", "words"), ("bytes", "pieces"), ("pieces", "bytes"), ("bytes", "words")]:
        for threshold in NUDGING_THRESHOLDS:
            rows = [nudged(vocabularies[draft], vocabularies[anchor], models, p, threshold, 14) for p in PROMPTS]
            for row in rows:
                row["text"] = vocabularies[draft].tok.decode(row["tokens"], skip_special_tokens=True)
            runs.append({"draft": draft, "anchor": anchor, "threshold": threshold, "rows": rows})
    return {"prompts": PROMPTS, "runs": runs}


def rounded(value):
    if isinstance(value, float):
        return round(value, 9)
    if isinstance(value, list):
        return [rounded(v) for v in value]
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return value


def main():
    tables = proxy_tuning()
    document = rounded({"proxyTuning": tables, "safeDecoding": safe_decoding(tables), "nudging": nudging()})
    (OUT / "rivals.json").write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
