/** A record as `/v1/scores` takes it. */
export interface LoadRecord {
  readonly metric_name: string;
  readonly prompt: string;
  readonly response: string;
}

/** How a service is loaded. */
export interface LoadOptions {
  /** Where it listens: http://127.0.0.1:8000. */
  readonly url: string;
  /** Requests that are open at the same time. */
  readonly clients: number;
  /** Requests in all. */
  readonly requests: number;
  /** Records of a request. */
  readonly records: number;
}

/** What a load came to. */
export interface LoadFigures {
  readonly clients: number;
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds within which half of the requests were answered. */
  readonly p50: number;
  readonly p99: number;
  /** Answers that were missing, refused, or had other scores than the records have alone. */
  readonly wrong: number;
  /** Memory of the service in MiB after a tenth of the requests, and after all. */
  readonly memory: readonly [early: number, late: number];
}

/** How far a score may be from that of the record alone: products of other sizes round otherwise. */
const tolerance = 1e-3;

/** Records of lengths from a few words to a few hundred, over some metrics. */
export function loadRecords(metrics: readonly string[], count: number): LoadRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    metric_name: metrics[i % metrics.length]!,
    prompt: `What is asked in question ${i}?`,
    response: `Answer ${i}: ${"a few more words of it ".repeat((i * 7) % 23)}`,
  }));
}

/** Asks for the scores of records; null where the answer is no list of as many. */
export async function ask(url: string, records: readonly LoadRecord[]): Promise<number[] | null> {
  const response = await fetch(`${url}/v1/scores`, {
    ...{ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ records }) },
  });
  const { scores } = await response.json() as { readonly scores?: readonly { readonly score: number }[] };
  return scores?.length === records.length ? scores.map(({ score }) => score) : null;
}

/** Loads a service with clients that each ask again as soon as they are answered, and checks every answer. */
export async function load(
  { url, clients, requests, records: size }: LoadOptions,
  records: readonly LoadRecord[],
  expected: readonly number[],
): Promise<LoadFigures> {
  const times: number[] = [];
  let next = 0, wrong = 0, early = 0;
  const began = performance.now();
  const client = async () => {
    while (next < requests) {
      const number = next++, places = Array.from({ length: size }, (_, i) => (number + 11 * i) % records.length);
      const from = performance.now(), scores = await ask(url, places.map((place) => records[place]!)).catch(() => null);
      times.push(performance.now() - from);
      const isRight = scores?.every((score, i) => Math.abs(score - expected[places[i]!]!) < tolerance) ?? false;
      if (!isRight) wrong++;
      if (times.length === Math.ceil(requests / 10)) early = await memoryOf(url);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const seconds = (performance.now() - began) / 1000, sorted = Float64Array.from(times).sort();
  const at = (share: number) => sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)]!;
  return {
    ...{ clients, requests, wrong, perSecond: requests / seconds, p50: at(0.5), p99: at(0.99) },
    memory: [early, await memoryOf(url)],
  };
}

/** Resident memory of a service, in MiB. */
async function memoryOf(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1] ?? NaN) / (1 << 20);
}
