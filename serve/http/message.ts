/** A request, as far as handlers look at it. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query: "/score?metric=clarity". */
  readonly target: string;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /** The value of a header, by its name in lower case. */
  header(name: string): string | null;
  /** The bytes of the body. @throws Refusal 413 where it has more than that, 408 when it does not arrive */
  read(most: number): Promise<Uint8Array>;
}

/** What is answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer in JSON. */
export function jsonAnswer(value: unknown, status = 200, headers: HttpAnswer["headers"] = {}): HttpAnswer {
  return { status, headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(value) };
}
