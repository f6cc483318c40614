"""Golden files for packages/tensor-core/src/text: small tokenizers made with `tokenizers`, and the results of transformers with them.

    python tools/golden/text.py

writes packages/tensor-core/test/golden/tokenizers/<kind>/ (tokenizer.json, tokenizer_config.json) and
packages/tensor-core/test/golden/tokenizers.json (ids, texts, rendered chats).
"""
import json
import os
import shutil
import tempfile

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "..", "packages", "tensor-core", "test", "golden")

CORPUS = [
    "The quick brown fox jumps over the lazy dog, and the dog sleeps.",
    "What is the answer to the question? The answer is forty-two.",
    "Café naïve résumé: déjà vu in 1999 and 2024, isn't it?",
    "def add(a, b):\n    return a + b\n\n\nprint(add(1, 2))",
    "日本語のテキストもあります。 Emoji 🙂👍🏽 too.",
    "I can't help with that, but I can help you with the other thing.",
    "go to the market and buy three apples, then go home.",
] * 3

TEXTS = [
    "",
    " ",
    "a",
    " the",
    "the",
    "The quick brown fox",
    " leading blank",
    "trailing blank ",
    "two  blanks   three",
    "line\nbreak\n\n  indented\ttab",
    "isn't can't I'll",
    "Café naïve — dash “quotes”",
    "日本語 🙂👍🏽 ﷽",
    "unseen ж ᚠ zebra quizzical",
    "123456 3.14",
    "<s>special</s> inside<unk>text",
    "<|user|>hello<|end|> there",
    "say <tool>x</tool> now",
    "▁literal mark ▁ here",
    "\u00a0nbsp\u2009thin",
]

CHAT = (
    "{{ bos_token }}{% for message in messages %}\n"
    "{% if message['role'] == 'system' and not loop.first %}{{ raise_exception('late system turn') }}{% endif %}\n"
    "<|{{ message['role'] }}|>{{ message['content'] | trim }}{% if message['role'] == 'assistant' %}{% generation %}{{ eos_token }}{% endgeneration %}{% endif %}\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)

LLAMA2_CHAT = (
    "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}"
    "{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}"
    "{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{% if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}"
    "{% else %}{% set content = message['content'] %}{% endif %}"
    "{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}"
    "{% elif message['role'] == 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}"
)

LLAMA3_CHAT = (
    "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + "
    "'<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}"
    "{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)

CHATS = [
    [{"role": "user", "content": "What is the answer?"}],
    [{"role": "user", "content": "  hello\n"}, {"role": "assistant", "content": "hi there"}, {"role": "user", "content": "go home"}],
    [{"role": "system", "content": "You are kind."}, {"role": "user", "content": "help me, can't you?"}],
    [{"role": "user", "content": "a"}, {"role": "system", "content": "b"}],
]

SPECIAL = ["<pad>", "<s>", "</s>", "<unk>"]
MARKS = ["<|user|>", "<|assistant|>", "<|system|>", "<|end|>"]


def byte_bpe():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=420, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=SPECIAL + MARKS, show_progress=False))
    t.add_tokens([AddedToken("<tool>", special=False, normalized=False)])
    return t, CHAT, {}


def byte_bpe_prefixed():
    """GPT-2 with a prefix space and begin-of-sequence from the post-processor."""
    t = Tokenizer(models.BPE())
    t.normalizer = normalizers.NFC()
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=400, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=SPECIAL, show_progress=False))
    t.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", t.token_to_id("<s>"))])
    return t, None, {}


def llama3_like():
    """Llama 3: a split pattern, then bytes; merges ignored for whole words; begin-of-sequence from a sequence of post-processors."""
    special = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
    t = Tokenizer(models.BPE(ignore_merges=True))
    pattern = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=430, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=special, show_progress=False))
    bos = ("<|begin_of_text|>", t.token_to_id("<|begin_of_text|>"))
    t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A <|begin_of_text|> $B", special_tokens=[bos])])
    return t, LLAMA3_CHAT, {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>", "pad_token": None, "unk_token": None}


def bytes_vocab():
    return [f"<0x{b:02X}>" for b in range(256)]


def sentencepiece_bpe():
    """Llama 2: marks put in by normalizers, bytes as a fall-back."""
    inner = Tokenizer(models.BPE(unk_token="<unk>"))
    inner.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    inner.pre_tokenizer = pre_tokenizers.Split(Regex("▁[^▁]*|[^▁]+"), "removed", invert=True)
    inner.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=330, special_tokens=["<unk>", "<s>", "</s>"], show_progress=False, limit_alphabet=60))
    state = json.loads(inner.to_str())
    old = sorted(state["model"]["vocab"], key=state["model"]["vocab"].get)
    names = old[:3] + bytes_vocab() + old[3:]
    state["model"] = {**state["model"], "vocab": {n: i for i, n in enumerate(names)}, "byte_fallback": True, "fuse_unk": True}
    state["pre_tokenizer"] = None
    state["decoder"] = {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
    t = Tokenizer.from_str(json.dumps(state))
    t.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    return t, LLAMA2_CHAT, {"pad_token": None, "add_bos_token": True, "add_eos_token": False}


def metaspace_unigram():
    """SentencePiece unigram with Metaspace, a dummy prefix at the first piece only, and bytes as a fall-back."""
    inner = Tokenizer(models.Unigram())
    inner.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    inner.train_from_iterator(CORPUS, trainers.UnigramTrainer(vocab_size=200, special_tokens=["<pad>", "<s>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False))
    state = json.loads(inner.to_str())
    vocab = state["model"]["vocab"]
    state["model"]["vocab"] = vocab + [[b, -50.0] for b in bytes_vocab()]
    state["model"]["byte_fallback"] = False
    t = Tokenizer.from_str(json.dumps(state))
    t.decoder = decoders.Metaspace(prepend_scheme="first")
    return t, None, {"clean_up_tokenization_spaces": True}


def metaspace_never():
    """BPE over words with a mark after each blank; nothing is put before the text."""
    t = Tokenizer(models.BPE(unk_token="<unk>"))
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never", split=True)
    t.decoder = decoders.Metaspace(prepend_scheme="never", split=True)
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=260, special_tokens=SPECIAL + MARKS, show_progress=False))
    return t, CHAT, {}


def metaspace_always():
    """BPE with a mark before every text, and a mark before the text after a special token."""
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    t.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    t.decoder = decoders.Metaspace(prepend_scheme="always")
    t.train_from_iterator([c.lower() for c in CORPUS], trainers.BpeTrainer(vocab_size=260, special_tokens=SPECIAL, show_progress=False, limit_alphabet=50))
    return t, None, {}


def word_level():
    words = sorted({w for c in CORPUS for w in c.split()})
    vocab = {w: i for i, w in enumerate(SPECIAL + MARKS + words)}
    t = Tokenizer(models.WordLevel(vocab, unk_token="<unk>"))
    t.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    t.add_special_tokens(SPECIAL + MARKS)
    return t, CHAT, {}


def word_pieces():
    """Whole words as WordPiece, joined with blanks by its decoder."""
    words = sorted({w for c in CORPUS for w in c.replace(",", " ,").split()})
    vocab = {w: i for i, w in enumerate(SPECIAL + MARKS + words + ["##s", "##ing"])}
    t = Tokenizer(models.WordPiece(vocab, unk_token="<unk>", continuing_subword_prefix="##", max_input_chars_per_word=100))
    t.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    t.decoder = decoders.WordPiece(prefix="##", cleanup=False)
    t.add_special_tokens(SPECIAL + MARKS)
    return t, CHAT, {}


def golden(name, make):
    t, template, config = make()
    folder = os.path.join(OUT, "tokenizers", name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    settings = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>", "clean_up_tokenization_spaces": False, **config}
    with tempfile.TemporaryDirectory() as d:
        t.save(os.path.join(d, "tokenizer.json"))
        tok = PreTrainedTokenizerFast(tokenizer_file=os.path.join(d, "tokenizer.json"), **{k: v for k, v in settings.items() if v is not None})
    if template is not None:
        tok.chat_template = template
    tok.save_pretrained(folder)
    tok = PreTrainedTokenizerFast.from_pretrained(folder)
    rows = []
    for text in TEXTS:
        ids = tok(text, add_special_tokens=False)["input_ids"]
        rows.append({
            "text": text,
            "ids": ids,
            "special": tok(text)["input_ids"],
            "decoded": tok.decode(ids),
            "skipped": tok.decode(ids, skip_special_tokens=True),
        })
    # pieces cut anywhere, as generation yields them
    parts = [{"ids": r["ids"][i : i + 3], "decoded": tok.decode(r["ids"][i : i + 3])} for r in rows[9:14] for i in range(0, len(r["ids"]), 2)][:60]
    chats = []
    if template is not None:
        for messages in CHATS:
            for prompt in (False, True):
                try:
                    text = tok.apply_chat_template(messages, tokenize=False, add_generation_prompt=prompt)
                    out = {"text": text, "ids": tok(text, add_special_tokens=False)["input_ids"]}
                except Exception:
                    out = {"text": None}
                chats.append({"messages": messages, "addGenerationPrompt": prompt, **out})
    return {"name": name, "size": len(tok), "bos": tok.bos_token_id, "eos": tok.eos_token_id, "specialIds": sorted(set(tok.all_special_ids) | {i for i, a in tok.added_tokens_decoder.items() if a.special}), "rows": rows, "parts": parts, "chats": chats}


def main():
    kinds = [byte_bpe, byte_bpe_prefixed, llama3_like, sentencepiece_bpe, metaspace_unigram, metaspace_never, metaspace_always, word_level, word_pieces]
    result = [golden(make.__name__.replace("_", "-"), make) for make in kinds]
    with open(os.path.join(OUT, "tokenizers.json"), "w") as f:
        json.dump(result, f, ensure_ascii=False, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    main()
