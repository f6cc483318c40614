"""Golden ROUGE-L scores from Google's rouge_score (0.1.2), without stemming, on the texts of forgetfilter's golden file.

Writes packages/eval-redorca/test/golden/rougeL.json; run from the repository's root with
`python tools/golden/eval-redorca_rouge.py` (needs rouge_score).
"""

import json
import random
from importlib.metadata import version

from rouge_score import rouge_scorer


def main() -> None:
    scorer = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)
    with open("packages/forgetfilter/test/golden/rouge.json", encoding="utf-8") as f:
        texts = json.load(f)["texts"]
    rng = random.Random(1)
    # Texts that share words in another order: what tells ROUGE-L from ROUGE-1.
    for text in list(texts[33:53]):
        words = text.split()
        rng.shuffle(words)
        texts.append(" ".join(words[: rng.randint(1, len(words))]))
    pairs = [(rng.randrange(len(texts)), rng.randrange(len(texts))) for _ in range(600)]
    pairs += [(33 + i, len(texts) - 20 + i) for i in range(20)]
    scores = [[a, b, scorer.score(texts[a], texts[b])["rougeL"].fmeasure] for a, b in pairs]
    golden = {"versions": {"rouge_score": version("rouge_score")}, "texts": texts, "scores": scores}
    with open("packages/eval-redorca/test/golden/rougeL.json", "w", encoding="utf-8") as f:
        json.dump(golden, f, separators=(",", ":"))
        f.write("\n")


main()
