/** The peers' side of the pipe: reads requests from stdin, one JSON object a line, and answers on stdout. */
import type { SharedWork } from "./work.ts";

/**
 * Does the prepared work `rounds` times and waits for the end. Gives the first row of the result where the work says all that
 * goes in, so that it is the same for everybody.
 */
export type Run = (rounds: number) => Promise<readonly number[] | void>;

/** What the bench asks of a peer. */
export type Request = { readonly prepare: SharedWork } | { readonly run: number };

/** What a peer answers. */
export type Answer =
  | { readonly ready: true }
  | { readonly milliseconds: number; readonly row?: readonly number[] }
  | { readonly error: string };

/** Answers requests until stdin ends. */
export async function serve(prepare: (work: SharedWork) => Promise<Run>): Promise<void> {
  console.log = console.error; // Libraries must not write between the answers.
  let run: Run | undefined;
  await answer({ ready: true });
  for await (const line of lines(Deno.stdin.readable)) {
    try {
      const request: Request = JSON.parse(line);
      if ("prepare" in request) {
        run = await prepare(request.prepare);
        await answer({ ready: true });
      } else {
        const start = performance.now();
        const row = await run!(request.run);
        await answer({ milliseconds: performance.now() - start, ...(row ? { row } : {}) });
      }
    } catch (error) {
      await answer({ error: error instanceof Error ? error.message : String(error) });
    }
  }
  Deno.exit(0);
}

const encoder = new TextEncoder();
const answer = (message: Answer) => Deno.stdout.write(encoder.encode(JSON.stringify(message) + "\n"));

/** The lines of a stream of bytes. */
export async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}
