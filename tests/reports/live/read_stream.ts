/** An event as a browser gets it. */
export interface StreamEvent {
  readonly name: string;
  readonly id: string;
  readonly data: string;
}

/** Reads events of a page's stream until one satisfies `enough`, or it ends, and leaves. */
export async function readStream(
  url: string,
  enough: (event: StreamEvent) => boolean,
  headers: Readonly<Record<string, string>> = {},
): Promise<StreamEvent[]> {
  const response = await fetch(new URL("/events", url), { headers });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  const events: StreamEvent[] = [];
  let text = "";
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const blocks = text.split("\n\n");
    text = blocks.pop()!;
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s, 2)));
      if (fields.event === undefined) continue;
      events.push({ name: fields.event, id: fields.id, data: fields.data });
      if (enough(events.at(-1)!)) return events;
    }
  }
  return events;
}

/** The lines of the log in events. */
export const linesOf = (events: readonly StreamEvent[]): string[] =>
  events.filter(({ name }) => name === "log").flatMap(({ data }) =>
    (JSON.parse(data) as { text: string }[]).map(({ text }) => text)
  );
