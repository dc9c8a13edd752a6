/** Where a sentence ends: after a full stop of any script and white space, or at the end of a line. */
const sentenceEnd = /(?<=[.?!…।॥۔؟。！？])\s+|\s*\n\s*/u;

/** The sentences of a text, without the white space between them. */
export function sentences(text: string): string[] {
  return text.split(sentenceEnd).filter((sentence) => sentence !== "");
}
