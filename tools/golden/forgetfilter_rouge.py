"""Golden ROUGE-1 scores and Porter stems from Google's rouge_score (0.1.2) and NLTK.

Writes packages/forgetfilter/test/golden/rouge.json; run from the repository's root with
`python tools/golden/forgetfilter_rouge.py` (needs rouge_score and nltk).
"""

import itertools
import json
import random
from importlib.metadata import version

from nltk.stem.porter import PorterStemmer
from rouge_score import rouge_scorer

IRREGULAR = "sky skies dying lying tying news innings inning outings outing cannings canning howe proceed exceed succeed"
TRICKY = """dies flies ties spied died enjoy enjoyment employed spy fly happy by say yyyy syzygy toy yes
feed agreed plastered bled motoring sing conflated troubled sized hopping tanned falling hissing fizzed failing filing
relational conditional rational valency hesitancy digitizer conformably radically differently vilely analogously
vietnamization predication operator feudalism decisiveness hopefulness callousness formality sensitivity sensibility
triplicate formative formalize electricity electrical hopeful goodness revival allowance inference airliner gyroscopic
adjustable defensible irritant replacement adjustment dependent adoption homologous communism activate angularity
effective bowdlerize probate rate cease controlling roll rolling geology theology archaeology apology logical
hopefully carefully usefully finally really generally equally totally actuality bli able bible ed ing ied eed ion
ass ies ss s sses as was gas this bus buses lenses matrices oed oing aing owing mixing boxed played paying tying
argued rating rationed stationery nation nations onion lion cation abc123 123ing 9s 4ed xylophones crying dyed
university universe universal organization organize organizer probable possibly abilities ability utilities
skating at bl iz ated bled ized ll all ell ill fill filling controlled travelling traveller cancellation
ement ment ent element elements moment government employee referee refereed committee decree decreed proceeding
succeeded exceeding needed seeded weeded bleeding speedily""".split()
ROOTS = "a ab act ad bab bull care class cr dy end fl form ga go hap hos hy ide ju kn lo mul nat op pl pr qu rel sens sta tr un vi wy xy yo z".split()
SUFFIXES = "s es ies ed eed ied ing y ational tional enci anci izer bli alli entli eli ousli ization ation ator alism iveness fulness ousness aliti iviti biliti fulli logi icate ative alize iciti ical ful ness al ance ence er ic able ible ant ement ment ent ion tion sion ou ism ate iti ous ive ize e ll lle".split()

TEXTS = [
    "", " ", "!!!", "a", "The cat sat on the mat.", "the the the cat", "cat cat", "I cannot help with that.",
    "I'm sorry, but I can't assist with that request.", "Sure! Here is how you do it: first, open the box.",
    "Sure, here's how to do it. First open boxes.", "Flies were flying; the spies spied on dying skies.",
    "Café déjà vu naïve résumé", "CAFE DEJA VU", "İstanbul ISTANBUL ıstanbul", "\u212Aelvin and \u212Bngström units",
    "ΣΑΣ ΟΔΟΣ σας", "日本語のテキスト text 123", "emoji 😀 faces 😀😀 run running runs", "x = 3.14 * r^2; // area",
    "line one\nline two\r\n\tline\u00a0three\u2003four", "1,000 and 1000 and 1 000", "don't dont do not", "ﬁne ﬂow oﬃce",
    "STRASSE straße Straße", "hopefully the organizers' organization was organized", "e.g. U.S.A. vs USA",
    "\ufeffbom at start", "soft\u00adhyphen zero\u200bwidth", "a_b_c snake_case camelCase", "100% of $5.00 @home #tag",
    "probably probable probabilities of generalizations", "the mats, the cats; sitting cats sat!",
]


def main() -> None:
    stem = PorterStemmer().stem
    scorer = rouge_scorer.RougeScorer(["rouge1"], use_stemmer=True)
    words = list(dict.fromkeys(IRREGULAR.split() + TRICKY + [r + s for r in ROOTS for s in SUFFIXES]))
    rng = random.Random(0)
    bag = " ".join(TEXTS).split()
    texts = TEXTS + [" ".join(rng.choices(bag + TRICKY, k=rng.randint(1, 40))) for _ in range(60)]
    pairs = list(itertools.product(range(len(TEXTS)), repeat=2))
    pairs = rng.sample(pairs, 400) + [(rng.randrange(len(texts)), rng.randrange(len(texts))) for _ in range(400)]
    scores = []
    for target, prediction in pairs:
        s = scorer.score(texts[target], texts[prediction])["rouge1"]
        scores.append([target, prediction, s.precision, s.recall, s.fmeasure])
    golden = {
        "versions": {p: version(p) for p in ("rouge_score", "nltk")},
        "stems": {w: stem(w) for w in words},
        "texts": texts,
        "scores": scores,
    }
    with open("packages/forgetfilter/test/golden/rouge.json", "w", encoding="utf-8") as f:
        json.dump(golden, f, separators=(",", ":"))
        f.write("\n")


main()
