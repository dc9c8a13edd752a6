import { type CardFacts, readFinetuned } from "../../runs/finetune/model_card.ts";
import { type CurvePoint, readCurves } from "../../runs/tensorboard/event_file.ts";

/** A fine-tuned encoder and what its folder says of its making. */
export interface Tuned extends CardFacts {
  readonly name: string;
  /** Curves over its steps, by the names that TensorBoard has for them; none in folders of earlier versions. */
  readonly curves: ReadonlyMap<string, readonly CurvePoint[]>;
}

/** Reads what fine-tuning left in a folder; null where it holds no tuned encoder. @throws DataError when it is damaged */
export async function readTuned(name: string): Promise<Tuned | null> {
  const facts = await readFinetuned(name);
  return facts && { ...facts, name, curves: await readCurves(name) };
}
