import { Refusal } from "./refusal.ts";

/** How long a client may take to send a body. */
const patienceMilliseconds = 30_000;

/**
 * Reads the JSON body of a request.
 *
 * @param most bytes that it may have
 * @throws Refusal 413 above that, 408 when it does not arrive, 415 when it is not said to be JSON, 400 when it is none
 */
export async function readBody(request: Request, most: number): Promise<{ value: unknown; bytes: number }> {
  // Browsers send a page's own request of this type to another site only where that site allows it.
  if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(request.headers.get("content-type") ?? "")) {
    throw new Refusal(415, "The body is not said to be JSON; the header Content-Type: application/json is expected.");
  }
  if (Number(request.headers.get("content-length") ?? 0) > most) throw tooLarge(most);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of withinPatience(request.body)) {
    bytes += chunk.length;
    if (bytes > most) throw tooLarge(most);
    chunks.push(chunk);
  }
  const text = new TextDecoder().decode(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  try {
    return { value: JSON.parse(text), bytes };
  } catch (error) {
    throw new Refusal(400, `The body is not JSON: ${(error as Error).message}.`);
  }
}

function tooLarge(most: number): Refusal {
  return new Refusal(413, `The body has more than ${most} bytes; send fewer records at once.`);
}

async function* withinPatience(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  if (!body) return;
  const reader = body.getReader(), late = Promise.withResolvers<never>();
  late.promise.catch(() => {});
  const timer = setTimeout(
    () => late.reject(new Refusal(408, "The body did not arrive in time.")),
    patienceMilliseconds,
  );
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late.promise]);
      if (done) return;
      yield value;
    }
  } finally {
    clearTimeout(timer);
    reader.cancel().catch(() => {});
  }
}
