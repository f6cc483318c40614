"""Golden values for the rivals of @safe/alignbeam, each written from its paper's formula.

Writes packages/alignbeam/test/golden/rivals.json.

Proxy tuning (arXiv 2401.08565): three models of one vocabulary, each a random table of logits by the last token; the distribution
after each prompt, greedy tokens and scores of responses for several alphas.

    python tools/golden/alignbeam_rivals.py
"""
import json
import pathlib

import torch

torch.set_num_threads(1)
OUT = pathlib.Path(__file__).parents[2] / "packages/alignbeam/test/golden"
EOS = 2


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


def rounded(value):
    if isinstance(value, float):
        return round(value, 9)
    if isinstance(value, list):
        return [rounded(v) for v in value]
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return value


def main():
    document = rounded({"proxyTuning": proxy_tuning()})
    (OUT / "rivals.json").write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
