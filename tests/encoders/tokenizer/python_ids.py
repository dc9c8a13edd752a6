"""Writes tokenizers of many kinds, strings in many scripts, and the ids that Python's tokenizers gives for them.

    pip install tokenizers==0.23.3 sentencepiece
    python3 tests/encoders/tokenizer/python_ids.py FOLDER [STRINGS [SEED]]
    deno run --allow-read tests/encoders/tokenizer/compare.ts FOLDER
"""

import io
import json
import pathlib
import random
import sys

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers as N, pre_tokenizers as P, processors, trainers

folder = pathlib.Path(sys.argv[1])
count = int(sys.argv[2]) if len(sys.argv) > 2 else 5000
random.seed(int(sys.argv[3]) if len(sys.argv) > 3 else 13)

# First and last letter of each script.
scripts = {
    "Latin": (0x41, 0x24F), "Greek": (0x370, 0x3FF), "Cyrillic": (0x400, 0x52F), "Armenian": (0x531, 0x58A),
    "Hebrew": (0x591, 0x5F4), "Arabic": (0x600, 0x6FF), "Syriac": (0x700, 0x74F), "Thaana": (0x780, 0x7B1),
    "Devanagari": (0x900, 0x97F), "Bengali": (0x980, 0x9FE), "Gurmukhi": (0xA01, 0xA76), "Gujarati": (0xA81, 0xAFF),
    "Oriya": (0xB01, 0xB77), "Tamil": (0xB82, 0xBFA), "Telugu": (0xC00, 0xC7F), "Kannada": (0xC80, 0xCF3),
    "Malayalam": (0xD00, 0xD7F), "Sinhala": (0xD81, 0xDF4), "Thai": (0xE01, 0xE5B), "Lao": (0xE81, 0xEDF),
    "Tibetan": (0xF00, 0xFDA), "Myanmar": (0x1000, 0x109F), "Georgian": (0x10A0, 0x10FF), "Hangul Jamo": (0x1100, 0x11FF),
    "Ethiopic": (0x1200, 0x137C), "Cherokee": (0x13A0, 0x13FD), "Khmer": (0x1780, 0x17F9), "Mongolian": (0x1800, 0x18AA),
    "Greek Extended": (0x1F00, 0x1FFE), "Hiragana": (0x3041, 0x309F), "Katakana": (0x30A0, 0x30FF),
    "Bopomofo": (0x3105, 0x312F), "Han": (0x4E00, 0x9FFF), "Hangul": (0xAC00, 0xD7A3), "Latin ligatures": (0xFB00, 0xFB4F),
    "Wide forms": (0xFF01, 0xFFEE), "Gothic": (0x10330, 0x1034A), "Deseret": (0x10400, 0x1044F),
    "Han beyond": (0x20000, 0x2CEAF), "Mathematics": (0x1D400, 0x1D7FF), "Adlam": (0x1E900, 0x1E95F),
}
spaces = " \t\n\r\x0b\x0c\x85\xa0\u1680\u2003\u2009\u2028\u202f\u205f\u3000"
oddities = (
    "\0\x01\x1f\x7f\x85\x9f\xad\u0130\u0131\u0149\u01c5\u0300\u0301\u0345\u0307\u0327\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u2060"
    "\ufe0f\ufeff\ufffd\ufffe\U000e0001\ue000\u00df\u1e9e\u03a3\u03c2\u03c3\u0660\u0967\u00b2\u00bd\u2160\u3007\u2e80\u2581\u0890"
    "\u08ca\u1ab0\u1ace\u0d3b\u32ff\U000105d2\u0307\U00011383\U0001f600\U0001f469\u200d\U0001f52c\u20e3#\ua7ce\U00016ea0"
)
ascii_odd = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~0123456789"
literals = ["<pad>", "<mask>", "[MASK]", "[mask]", "<s>", "</s>", "don't", "we'll", "  ", "...", "12345", "3.14", "ΛΟΓΟΣ", "ΣΑΣ ΟΔΟΣ"]


def letters(script):
    first, last = scripts[script]
    return "".join(chr(random.randint(first, last)) for _ in range(random.randint(1, 8)))


def string():
    script, parts = random.choice(list(scripts)), []
    for _ in range(random.randint(1, 10)):
        draw = random.random()
        if draw < 0.5:
            parts.append(letters(script if random.random() < 0.8 else random.choice(list(scripts))))
        elif draw < 0.65:
            parts.append("".join(random.choice("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ") for _ in range(random.randint(1, 7))))
        elif draw < 0.75:
            parts.append("".join(random.choice(oddities) for _ in range(random.randint(1, 3))))
        elif draw < 0.85:
            parts.append("".join(random.choice(ascii_odd) for _ in range(random.randint(1, 4))))
        elif draw < 0.9:
            parts.append(random.choice(literals))
        elif draw < 0.93:
            parts.append(chr(random.choice([random.randint(0xE000, 0x1FFFF), random.randint(1, 0xD7FF)])))
        if random.random() < 0.6:
            parts.append(" " if random.random() < 0.6 else random.choice(spaces) * random.randint(1, 2))
    return "".join(parts)


strings = [string() for _ in range(count)]
special = ["<unk>", "<s>", "</s>", "<pad>"]


def unigram(normalizer, pre_tokenizer):
    """A model of characters and parts of words with scores by chance."""
    counts = {}
    for text in strings:
        text = normalizer.normalize_str(text)
        for piece, _ in pre_tokenizer.pre_tokenize_str(text):
            for length in [1, 1, 2, 3, 4]:
                at = random.randrange(max(len(piece) - length + 1, 1))
                counts[piece[at:at + length]] = counts.get(piece[at:at + length], 0) + 1
    pieces = [piece for piece, n in counts.items() if n >= 2 and piece not in special]
    return models.Unigram([(token, 0.0) for token in special] + [(piece, -random.uniform(2, 12)) for piece in pieces], 0, False)


def trained(model, normalizer, pre_tokenizer, added=()):
    tokenizer = Tokenizer({"wordpiece": models.WordPiece(unk_token="<unk>"), "bpe": models.BPE(unk_token="<unk>"),
                           "bpe_fused": models.BPE(unk_token="<unk>", fuse_unk=True),
                           "wordlevel": models.WordLevel(unk_token="<unk>"),
                           "unigram": unigram(normalizer, pre_tokenizer) if model == "unigram" else None}[model])
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    if pre_tokenizer is not None:
        tokenizer.pre_tokenizer = pre_tokenizer
    # Rare characters are left out, so that some are unknown.
    common = {"special_tokens": special, "show_progress": False}
    trainer = {
        "wordpiece": lambda: trainers.WordPieceTrainer(vocab_size=6000, min_frequency=3, limit_alphabet=2500, **common),
        "bpe": lambda: trainers.BpeTrainer(vocab_size=6000, min_frequency=3, limit_alphabet=2500, **common),
        "bpe_fused": lambda: trainers.BpeTrainer(vocab_size=6000, min_frequency=3, limit_alphabet=1500, **common),
        "wordlevel": lambda: trainers.WordLevelTrainer(vocab_size=4000, **common),
    }.get(model)
    if trainer:
        tokenizer.train_from_iterator(strings, trainer())
    else:
        tokenizer.add_special_tokens(special)
    ids = {token: tokenizer.token_to_id(token) for token in special}
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", ids["<s>"]), ("</s>", ids["</s>"])])
    tokenizer.add_tokens(list(added))
    return tokenizer


def charsmap():
    """The table of a SentencePiece model that normalizes as XLM-RoBERTa's does."""
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    model = io.BytesIO()
    lines = [f"{chr(97 + i % 26)}{chr(97 + i // 26)} the cat sat" for i in range(200)]
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=model, vocab_size=50,
                                             normalization_rule_name="nmt_nfkc", minloglevel=2)
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model.getvalue())
    return proto.normalizer_spec.precompiled_charsmap


gpt4 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
metaspace = lambda scheme, split=True: P.Metaspace(prepend_scheme=scheme, split=split)
added = [
    AddedToken("<mask>", lstrip=True, special=True), AddedToken("[MASK]", rstrip=True, lstrip=True, normalized=True),
    AddedToken("abc", single_word=True, normalized=False), AddedToken("ΟΣ", normalized=True), AddedToken("..", normalized=False),
]
tokenizers = {
    "bert uncased": trained("wordpiece", N.BertNormalizer(), P.BertPreTokenizer(), added),
    "bert cased": trained("wordpiece", N.BertNormalizer(lowercase=False), P.BertPreTokenizer()),
    "bert accents": trained("wordpiece", N.BertNormalizer(strip_accents=False), P.BertPreTokenizer()),
    "byte level": trained("bpe", None, P.ByteLevel(add_prefix_space=False), added),
    "byte level prefix": trained("bpe", N.NFC(), P.ByteLevel(add_prefix_space=True), added),
    "gpt4": trained("bpe", None, P.Sequence([P.Split(Regex(gpt4), "isolated"), P.ByteLevel(add_prefix_space=False, use_regex=False)])),
    "whitespace": trained("wordpiece", N.Lowercase(), P.Whitespace(), added),
    "whitespace words": trained("wordlevel", N.Sequence([N.NFD(), N.StripAccents(), N.Lowercase()]), P.Whitespace()),
    "digits": trained("bpe", N.NFKC(), P.Sequence([P.WhitespaceSplit(), P.Digits(individual_digits=False)])),
    "single digits": trained("wordpiece", None, P.Sequence([P.Whitespace(), P.Digits(individual_digits=True)])),
    "metaspace first": trained("unigram", N.NFKC(), P.Sequence([P.WhitespaceSplit(), metaspace("first")]), added),
    "metaspace first alone": trained("unigram", N.Sequence([N.Strip(), N.Lowercase()]), metaspace("first"), added),
    "metaspace always": trained("unigram", N.Nmt(), P.Sequence([P.WhitespaceSplit(), metaspace("always")]), added),
    "metaspace never": trained("unigram", N.NFKD(), metaspace("never", False)),
    "metaspace bpe": trained("bpe_fused", N.Sequence([N.Replace(Regex(r"\s{2,}"), " "), N.Replace("``", '"')]), metaspace("always")),
    "unigram words": trained("unigram", N.NFKC(), P.Sequence([P.Whitespace(), P.Digits(True)])),
    "delimiter": trained("wordlevel", None, P.Sequence([P.CharDelimiterSplit("."), P.FixedLength(length=3)])),
    "prepend": trained("bpe_fused", N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")]), None),
    "clean first": trained("unigram", N.BertNormalizer(), P.Sequence([P.BertPreTokenizer(), metaspace("first")]), added),
}
for behavior in ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]:
    tokenizers[f"punctuation {behavior}"] = trained("wordpiece", None, P.Sequence([P.WhitespaceSplit(), P.Punctuation(behavior)]))
    for invert in [False, True]:
        tokenizers[f"split {behavior} {invert}"] = trained(
            "wordlevel", None, P.Split(Regex(r"\w+|\d"), behavior, invert))
try:
    tokenizers["charsmap"] = trained("unigram", N.Precompiled(charsmap()), P.Sequence([P.WhitespaceSplit(), metaspace("always")]), added)
except ImportError:
    print("sentencepiece is not installed: its normalizer is left out")

folder.mkdir(parents=True, exist_ok=True)
# Tokenizers of real models that stand in the folder already.
tokenizers |= {path.parent.name: Tokenizer.from_file(str(path)) for path in folder.glob("*/tokenizer.json") if path.parent.name not in tokenizers}
(folder / "strings.json").write_text(json.dumps(strings))
for name, tokenizer in tokenizers.items():
    below = folder / name
    below.mkdir(exist_ok=True)
    if not (below / "tokenizer.json").exists():
        tokenizer.save(str(below / "tokenizer.json"))
    (below / "ids.json").write_text(json.dumps([encoding.ids for encoding in tokenizer.encode_batch(strings)]))
print(f"{len(tokenizers)} tokenizers, {len(strings)} strings in {len(scripts)} scripts")
