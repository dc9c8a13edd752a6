import { readRecords } from "../../../runs/tensorboard/records.ts";

/** An event as a test looks at it. */
export interface ReadEvent {
  readonly step: number;
  readonly wallTime: number;
  /** Numbers of curves, by name. */
  readonly scalars: Readonly<Record<string, number>>;
  /** All that it has, by name. */
  readonly tags: readonly string[];
}

/** The one event file of a folder, and its path. */
export function eventFile(folder: string): string {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.includes("tfevents"));
  if (names.length !== 1) throw new Error(`${folder} has ${names.length} event files.`);
  return `${folder}/${names[0]}`;
}

/** Reads the one event file of a folder. All of its bytes are records. */
export function readEvents(folder: string): ReadEvent[] {
  const bytes = Deno.readFileSync(eventFile(folder)), records = readRecords(bytes);
  if (records.at(-1)?.end !== bytes.length) throw new Error(`${folder}: bytes beyond the last record`);
  return records.map(({ content }) => {
    const event = fieldsOf(content), values = event.get(5)?.flatMap((one) => fieldsOf(bytesOf(one)).get(1) ?? []) ?? [];
    const named = values.map((value) => {
      const fields = fieldsOf(bytesOf(value));
      return { tag: new TextDecoder().decode(bytesOf(fields.get(1)![0]!)), scalar: fields.get(2)?.[0] };
    });
    return {
      step: Number(event.get(2)?.[0] ?? 0),
      wallTime: Number(event.get(1)?.[0] ?? 0),
      scalars: Object.fromEntries(
        named.flatMap(({ tag, scalar }) => scalar === undefined ? [] : [[tag, Number(scalar)]]),
      ),
      tags: named.map(({ tag }) => tag),
    };
  });
}

type Field = number | Uint8Array;

function bytesOf(field: Field): Uint8Array {
  if (typeof field === "number") throw new Error("a message was expected");
  return field;
}

/** The fields of a message by number. */
function fieldsOf(message: Uint8Array): Map<number, Field[]> {
  const view = new DataView(message.buffer, message.byteOffset, message.length), found = new Map<number, Field[]>();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = message[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(value);
    }
  };
  while (at < message.length) {
    const key = varint();
    let value: Field;
    if (key % 8 === 0) value = varint();
    else if (key % 8 === 1) [value, at] = [view.getFloat64(at, true), at + 8];
    else if (key % 8 === 5) [value, at] = [view.getFloat32(at, true), at + 4];
    else {
      const length = varint();
      [value, at] = [message.subarray(at, at + length), at + length];
    }
    found.set(key >> 3, [...found.get(key >> 3) ?? [], value]);
  }
  return found;
}
