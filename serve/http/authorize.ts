import { createHash, timingSafeEqual } from "node:crypto";
import { readFileOrExplain } from "../../engine/files/files.ts";
import { DataError } from "../../kernels/errors.ts";
import type { HttpRequest } from "./message.ts";
import { Refusal } from "./refusal.ts";

/** Checks that a request carries a token. @throws Refusal 401 */
export type Authorize = (request: HttpRequest) => void;

/** Reads a bearer token from a file, without the space around it. @throws DataError when there is none */
export async function readToken(path: string): Promise<string> {
  const token = new TextDecoder().decode(await readFileOrExplain(path, "a bearer token")).trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new DataError(`${path} holds no token; one word of letters, digits and signs is expected.`);
}

/** Asks for `Authorization: Bearer TOKEN`; null lets everybody in. */
export function authorizeBy(token: string | null): Authorize {
  if (token === null) return () => {};
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const expected = digest(token);
  return (request) => {
    const [, given = ""] = /^Bearer +(\S+) *$/i.exec(request.header("authorization") ?? "") ?? [];
    // Digests are of one length, and comparing them takes the same time wherever they differ.
    if (timingSafeEqual(digest(given), expected)) return;
    throw new Refusal(401, "The token is missing or wrong; the header Authorization: Bearer TOKEN is expected.", {
      "WWW-Authenticate": "Bearer",
    });
  };
}
