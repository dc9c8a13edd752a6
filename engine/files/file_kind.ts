// deno-lint-ignore-file no-control-regex -- the first bytes of many kinds are control characters
/** A kind of file that no reader takes. */
interface FileKind {
  /** With its article: "a gzip archive". */
  readonly name: string;
  /** What to do so that it can be read. */
  readonly remedy: string;
  /** The bytes it begins with, as Latin-1 text. */
  readonly magic: string | RegExp;
}

const unpack = "unpack it first";
const asJson = "write its rows as JSON lines first";

const kinds: readonly FileKind[] = [
  {
    name: "a Git LFS pointer, not the file itself",
    remedy: "fetch the file with `git lfs pull`, or download it again",
    magic: /^version https:\/\/(?:git-lfs\.github\.com|hawser\.github\.com)\//,
  },
  {
    name: "an HTML page",
    remedy: "download the file itself, not the page that shows it",
    magic: /^(?:\xef\xbb\xbf)?\s*<(?:!doctype\b|!--|[a-z][a-z\d]*[\s>])/i,
  },
  {
    name: "an XML document",
    remedy: "download the file itself, not an error page",
    magic: /^(?:\xef\xbb\xbf)?\s*<\?xml\b/i,
  },
  { name: "a gzip archive", remedy: "unpack it with gunzip first", magic: "\x1f\x8b" },
  { name: "a bzip2 archive", remedy: "unpack it with bunzip2 first", magic: /^BZh[1-9](?:1AY&SY|\x17rE8P\x90)/ },
  { name: "an xz archive", remedy: "unpack it with unxz first", magic: "\xfd7zXZ\0" },
  { name: "a Zstandard archive", remedy: "unpack it with unzstd first", magic: "\x28\xb5\x2f\xfd" },
  { name: "an LZ4 archive", remedy: unpack, magic: "\x04\x22\x4d\x18" },
  { name: "a 7-Zip archive", remedy: unpack, magic: "7z\xbc\xaf\x27\x1c" },
  { name: "a RAR archive", remedy: unpack, magic: "Rar!\x1a\x07" },
  { name: "a tar archive", remedy: "unpack it with tar first", magic: /^[^]{257}ustar/ },
  {
    name: "a zip archive (as .npz, .xlsx and PyTorch's .pt and .bin files are)",
    remedy: "unpack it, or save what it holds in the form that is expected",
    magic: /^PK(?:\x03\x04|\x05\x06|\x07\x08)/,
  },
  { name: "a Parquet file", remedy: asJson, magic: /^PAR[1E]/ },
  { name: "an Arrow file", remedy: asJson, magic: /^(?:ARROW1\0\0|FEA1)/ },
  { name: "an ORC file", remedy: asJson, magic: /^ORC[\x00-\x1f]/ },
  { name: "an Avro file", remedy: asJson, magic: "Obj\x01" },
  { name: "an old Excel file", remedy: asJson, magic: "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" },
  { name: "a SQLite database", remedy: asJson, magic: "SQLite format 3\0" },
  { name: "an HDF5 file", remedy: "save it in the form that is expected", magic: "\x89HDF\r\n\x1a\n" },
  { name: "a GGUF file", remedy: "take the model's safetensors files", magic: /^GGUF[\x01-\x09]/ },
  {
    name: "a Python pickle",
    remedy: "save it in the form that is expected: numpy.save, json.dump or safetensors",
    magic: /^\x80[\x02-\x05][\x95}\]\x8a(c]/,
  },
  { name: "a PDF document", remedy: asJson, magic: "%PDF-" },
  { name: "an image", remedy: "check the path", magic: /^(?:\x89PNG\r\n\x1a\n|\xff\xd8\xff[\xdb\xe0-\xef]|GIF8[79]a)/ },
  { name: "a program", remedy: "check the path", magic: /^(?:\x7fELF|MZ[^]{58}|#!)/ },
];

/** Bytes at the beginning of a file that are looked at. */
export const kindBytes = 512;

/** A header length below 2^32, then the JSON header. */
const safetensors = /^[^]{4}\0{4}\{[\s"}]/;

/**
 * What a file is by its first bytes where it is of a kind that no reader takes, and what to do about it. Null for text,
 * for .npy and safetensors files, and for all that is not known.
 *
 * @param head its first bytes, `kindBytes` of them if there are as many
 */
export function foreignKind(head: Uint8Array): Pick<FileKind, "name" | "remedy"> | null {
  const text = latin1(head);
  if (safetensors.test(text)) return null;
  return kinds.find(({ magic }) => typeof magic === "string" ? text.startsWith(magic) : magic.test(text)) ?? null;
}

/** What `knownForm` says of a safetensors file. */
export const safetensorsForm = "a safetensors file";

/** Which of the forms that are read a file has by its first bytes: "an .npy file"; null for none of them. */
export function knownForm(head: Uint8Array): string | null {
  const text = latin1(head);
  if (text.startsWith("\x93NUMPY")) return "an .npy file";
  if (safetensors.test(text)) return safetensorsForm;
  return /^(?:\xef\xbb\xbf)?\s*(?:\{\s*["}]|\[\s*["{[\]\d-])/.test(text) ? "JSON text" : null;
}

/** How a file of records is packed by its first bytes; null where it is plain text, or of another kind. */
export function packedForm(head: Uint8Array): "gzip" | "Parquet" | null {
  const text = latin1(head.subarray(0, 8));
  if (safetensors.test(latin1(head))) return null;
  return text.startsWith("\x1f\x8b") ? "gzip" : text.startsWith("PAR1") ? "Parquet" : null;
}

/** Each byte as the character of its number; `TextDecoder` would take "latin1" for Windows-1252. */
function latin1(head: Uint8Array): string {
  return String.fromCharCode(...head.subarray(0, kindBytes));
}
