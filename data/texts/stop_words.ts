import type { MetricRecord } from "../records.ts";

/**
 * Words that carry grammar rather than meaning, in the languages of the documents' data. Words that turn a meaning round, such
 * as "not", "only" or "without", are left out of the lists on purpose.
 */
const stopWords: ReadonlySet<string> = new Set(
  `
  a an the this that these those i me my we us our you your yours he him his she her it its they them their
  am is are was were be been being do does did have has had will would shall should can could may might must
  and or but so as of at by for with about to from in on into up out over if then than who whom which what when where
  there here how also just please
  है हैं था थी थे हो होना और या एक यह वह ये वे मैं हम आप तुम का की के को से में पर ने तो भी कि जो इस उस आपका आपकी आपके
  হয় হয়ে আছে ছিল এবং ও বা একটি একজন এই সেই যে যা আমি আমরা আপনি তুমি তার তাদের আপনার তোমার এর কে থেকে জন্য সাথে করে
  हो छ छन् थियो र वा एउटा यो त्यो म हामी तपाईं तिमी को का की लाई ले मा बाट पनि तपाईंको
  ஒரு இந்த அந்த இது அது நான் நாங்கள் நீங்கள் நீ உங்கள் மற்றும் அல்லது என்று ஆக இருக்கிறது உள்ளது உடன் ஆன
  `.trim().split(/\s+/u).map((word) => word.normalize("NFKC")),
);

const wordLike = /[\p{L}\p{M}\p{N}_]+/gu;

/** A text without stop words of English, Hindi, Bengali, Nepali and Tamil; everything else stays in its order. */
export function dropStopWords(text: string): string {
  const left = text.replace(wordLike, (word) => stopWords.has(word.normalize("NFKC").toLowerCase()) ? "" : word);
  return left.replace(/\s+/gu, " ").trim();
}

/** Records whose system prompts have no stop words; one that is nothing else becomes null. */
export function withoutSystemStopWords(records: readonly MetricRecord[]): MetricRecord[] {
  return records.map((record) => {
    const left = record.systemPrompt === null ? "" : dropStopWords(record.systemPrompt);
    return { ...record, systemPrompt: left.match(wordLike) ? left : null };
  });
}
