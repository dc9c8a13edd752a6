import type { Histogram } from "./histogram.ts";
import {
  bytesField,
  doubleField,
  doubles,
  floatField,
  integerField,
  joinBytes,
  readBytes,
  readFields,
  readNumber,
} from "./protobuf.ts";

/**
 * TensorBoard's events as protobuf. Fields are numbered as in tensorboard/compat/proto/event.proto and summary.proto.
 * Values have the forms that PyTorch's SummaryWriter gives them, which every reader of event files takes.
 */

/** Where on the axes of a curve something stands. */
export interface Moment {
  /** Epochs, or steps of the optimiser. */
  readonly step: number;
  /** Seconds since 1970. */
  readonly wallTime: number;
}

/** A value of a summary, encoded. */
export type SummaryValue = Uint8Array;

const stepField = 2, summaryOf = 5, valueOf = 1, tagOf = 1, numberOf = 2;

/** The event that a file begins with. */
export const versionEvent = (wallTime: number): Uint8Array =>
  joinBytes([doubleField(1, wallTime), bytesField(3, "brain.Event:2")]);

/** Values of one moment as an event. */
export const summaryEvent = ({ step, wallTime }: Moment, values: readonly SummaryValue[]): Uint8Array =>
  joinBytes([doubleField(1, wallTime), integerField(stepField, step), summaryField(values)]);

const summaryField = (values: readonly SummaryValue[]) =>
  bytesField(summaryOf, joinBytes(values.map((value) => bytesField(valueOf, value))));

/** True where an event of `summaryEvent` has these values and no others. */
export function holdsValues(event: Uint8Array, values: readonly SummaryValue[]): boolean {
  const field = summaryField(values), from = event.length - field.length;
  return from > 0 && field.every((byte, i) => event[from + i] === byte);
}

/** The step of an event; 0 for one that has none. */
export const stepOf = (event: Uint8Array): number => readNumber(event, stepField);

/** The numbers of curves in an event, by tag. */
export function scalarsOf(event: Uint8Array): [tag: string, value: number][] {
  const values = readBytes(event, summaryOf).flatMap((summary) => readBytes(summary, valueOf));
  return values.flatMap((value): [string, number][] => {
    const [tag] = readBytes(value, tagOf),
      number = [...readFields(value)].find(({ field }) => field === numberOf)?.value;
    return tag && typeof number === "number" ? [[new TextDecoder().decode(tag), number]] : [];
  });
}

/** A number of a curve, kept as f32. */
export const scalarValue = (tag: string, value: number): SummaryValue =>
  joinBytes([bytesField(tagOf, tag), floatField(numberOf, value)]);

/** A text, shown as Markdown. */
export function textValue(tag: string, text: string): SummaryValue {
  const plugin = bytesField(1, bytesField(1, "text")), stringType = 7;
  const shape = bytesField(2, bytesField(2, integerField(1, 1)));
  const tensor = joinBytes([integerField(1, stringType), shape, bytesField(8, text)]);
  return joinBytes([bytesField(1, `${tag}/text_summary`), bytesField(8, tensor), bytesField(9, plugin)]);
}

/** How often values lie where. */
export function histogramValue(
  tag: string,
  { min, max, count, sum, squares, limits, counts }: Histogram,
): SummaryValue {
  const histogram = [
    ...[min, max, count, sum, squares].map((value, i) => doubleField(i + 1, value)),
    bytesField(6, doubles(limits)),
    bytesField(7, doubles(counts)),
  ];
  return joinBytes([bytesField(1, tag), bytesField(5, joinBytes(histogram))]);
}
