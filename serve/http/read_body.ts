import type { HttpRequest } from "./message.ts";
import { Refusal } from "./refusal.ts";

/**
 * Reads the JSON body of a request.
 *
 * @param most bytes that it may have
 * @throws Refusal 413 above that, 408 when it does not arrive, 415 when it is not said to be JSON, 400 when it is none
 */
export async function readBody(request: HttpRequest, most: number): Promise<{ value: unknown; bytes: number }> {
  // Browsers send a page's own request of this type to another site only where that site allows it.
  if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(request.header("content-type") ?? "")) {
    throw new Refusal(415, "The body is not said to be JSON; the header Content-Type: application/json is expected.");
  }
  if (Number(request.header("content-length") ?? 0) > most) throw tooLarge(most);
  const bytes = await request.read(most);
  try {
    return { value: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)), bytes: bytes.length };
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message.replace(/\.$/, "") : "it is not in UTF-8";
    throw new Refusal(400, `The body is not JSON: ${why}.`);
  }
}

/** Refuses a body for its size. */
export function tooLarge(most: number): Refusal {
  return new Refusal(413, `The body has more than ${most} bytes; send fewer records at once.`);
}
