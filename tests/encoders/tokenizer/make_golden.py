"""Writes golden.json: the ids that Python's tokenizers gives for odd strings, by one small vocabulary.

    pip install tokenizers==0.23.3 sentencepiece
    python3 tests/encoders/tokenizer/make_golden.py
"""

import io
import json
import pathlib
import tempfile

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers as N, pre_tokenizers as P

strings = [
    "ΛΟΓΟΣ ΣΑΣ, ΟΔΟΣ.", "Straße İstanbul ŉ ǅ ẞ", "don't we'll 12345 3.14 … ¿qué?", "नमस्ते दुनिया १२३।", "মানুষ ৪২",
    "தமிழ் ௧௨", "ไทย ๑๒๓", "កម្ពុជា ១២", "မြန်မာ ၁၂", "한국어 조선", "中文,汉字。𠀀𫠝㐀 x龥y", "ひらがな カタカナー ゛は",
    "゛ﬁ ﬂ Å é e\u0301 ①", "a\u00a0b\u2003c\u3000d\u0085e\u2028f\ufeffg\x1ch", "<pad> x <mask>  abc xabc [MASK] !", "١٢٣ عربي، ؟",
    "עברית־שלום", "Աբգ՞ եւ", "ქართული ႠႡ", "አማርኛ፡ ፩፪", "ᏣᎳᎩ ᏸ", "𐐀𐐁 𝔘𝔫𝔦 ½² Ⅷ ㋿", "👩\u200d🔬 👍🏽 #\ufe0f\u20e3",
    "\u0890 क\u08ca\u1ace 𑎃 \U000105d2\u0307", "\0\x01\ufffd\ue000\u00ad\u200bx", "  leading and trailing  ", "...!?--''\"\"",
    "ಕನ್ನಡ ೧ తెలుగు ౨", "മലയാളം ൩ ਗੁਰਮੁਖੀ ੪", "ગુજરાતી ૫ සිංහල", "བོད་ཡིག ༡ ລາວ ໑", "ᠮᠣᠩᠭᠣᠯ ᠑", "ܣܘܪܝܝܐ ދިވެހި", "𞤀𞤁 𞥐 𐌰𐌱",
    "ПРИВЕТ мир Ё", "\ufeff bom", "x\r\ny\tz", "ab(c)d12.3,4", "",
]
added = [
    AddedToken("<mask>", lstrip=True, special=True), AddedToken("[MASK]", rstrip=True, normalized=True),
    AddedToken("abc", single_word=True, normalized=False), AddedToken("<pad>", special=True),
]
metaspace = lambda scheme: P.Metaspace(prepend_scheme=scheme)


def charsmap(rules):
    """SentencePiece's table of what takes the place of what."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "rules.tsv")
        code = lambda text: " ".join(f"{ord(character):X}" for character in text)
        path.write_text("".join(f"{code(old)}\t{code(new)}\n" for old, new in rules.items()))
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["the cat sat on a mat", "a dog and the cat"] * 20), model_writer=model, vocab_size=16,
            normalization_rule_tsv=str(path), minloglevel=2)
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model.getvalue())
    return proto.normalizer_spec.precompiled_charsmap


parts = {
    "BERT, uncased": (N.BertNormalizer(), P.BertPreTokenizer(), added),
    "BERT, cased": (N.BertNormalizer(lowercase=False), P.BertPreTokenizer(), added),
    "words of Whitespace": (N.Lowercase(), P.Whitespace(), added),
    "NFKD without accents": (N.Sequence([N.NFKD(), N.StripAccents(), N.Lowercase()]), P.WhitespaceSplit(), []),
    "digits together": (N.NFC(), P.Sequence([P.WhitespaceSplit(), P.Digits(False)]), []),
    "single digits, punctuation by itself": (None, P.Sequence([P.Digits(True), P.Punctuation()]), []),
    "punctuation with what follows": (None, P.Sequence([P.WhitespaceSplit(), P.Punctuation("merged_with_next")]), []),
    "punctuation with what precedes": (None, P.Sequence([P.WhitespaceSplit(), P.Punctuation("merged_with_previous")]), []),
    "punctuation together": (None, P.Sequence([P.WhitespaceSplit(), P.Punctuation("contiguous")]), []),
    "Metaspace first": (N.NFKC(), P.Sequence([P.WhitespaceSplit(), metaspace("first")]), added),
    "Metaspace first, stripped": (N.Strip(), metaspace("first"), added),
    "Metaspace always": (N.Nmt(), P.Sequence([P.WhitespaceSplit(), metaspace("always")]), added),
    "Metaspace alone": (None, metaspace("always"), []),
    "a pattern": (N.Replace(Regex(r"\s{2,}"), " "), P.Split(Regex(r"\w+|\d"), "removed", True), []),
    "a table of SentencePiece": (
        N.Precompiled(charsmap({"e\u0301": "é", "ﬁ": "fi", "\u0085": " ", "a": "ä", "Σ": "s", "\r\n": " ", "한": "ha", "½": "1/2"})),
        P.Sequence([P.WhitespaceSplit(), metaspace("always")]), []),
}

special = ["<unk>", "<pad>", "<mask>", "[MASK]", "abc"]
alphabet = set()
for normalizer, pre_tokenizer, _ in parts.values():
    for text in strings:
        for piece, _ in pre_tokenizer.pre_tokenize_str(normalizer.normalize_str(text) if normalizer else text):
            alphabet.update(piece)
# Some are left out, so that they are unknown.
alphabet = [character for i, character in enumerate(sorted(alphabet)) if i % 17 != 0]
vocabulary = special + alphabet + ["##" + character for character in alphabet]

cases = []
for name, (normalizer, pre_tokenizer, tokens) in parts.items():
    for model in ["WordPiece", "Unigram"] if name == "words of Whitespace" else ["WordPiece"]:
        tokenizer = Tokenizer(
            models.WordPiece({token: i for i, token in enumerate(vocabulary)}, unk_token="<unk>")
            if model == "WordPiece" else models.Unigram([(token, -1.0) for token in vocabulary], 0, False))
        if normalizer:
            tokenizer.normalizer = normalizer
        tokenizer.pre_tokenizer = pre_tokenizer
        tokenizer.add_tokens(tokens)
        saved = json.loads(tokenizer.to_str())
        cases.append({"name": f"{name}, {model}", "model": model}
                     | {key: saved[key] for key in ["normalizer", "pre_tokenizer", "added_tokens"]}
                     | {"ids": [encoding.ids for encoding in tokenizer.encode_batch(strings)]})

lines = [f'"strings": {json.dumps(strings)}', f'"special": {json.dumps(special)}', f'"alphabet": {json.dumps("".join(alphabet))}']
lines.append('"cases": [\n' + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]")
pathlib.Path(__file__).with_name("golden.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
