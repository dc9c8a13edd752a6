import assert from "node:assert/strict";
import { backward } from "../../engine/autograd.ts";
import type { Engine } from "../../engine/engine.ts";
import { Parameter } from "../../engine/tensors/parameter.ts";
import type { Shape } from "../../engine/tensors/storage.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import { type Call, type Chooser, Dice } from "./call.ts";
import { elementwiseCalls } from "./elementwise_calls.ts";
import { lossCalls } from "./loss_calls.ts";
import { count, type Reference } from "./reference.ts";
import { rowCalls } from "./row_calls.ts";
import { shapeCalls } from "./shape_calls.ts";
import { Tape } from "./tape.ts";

/** Ops by kind; a kind is drawn first, then one of its ops. */
const kinds: readonly (readonly Chooser[])[] = [elementwiseCalls, shapeCalls, rowCalls, rowCalls, lossCalls];

/** Most elements of a tensor in a graph, and the largest value: beyond, float32 tells little of whether an op is right. */
const mostElements = 160, largest = 20;

/** A graph of ops on parameters, with its values in float64. */
export class Graph {
  readonly tape = new Tape();
  /** Parameters first, then the result of each step. */
  readonly tensors: Reference[] = [];
  readonly parameters: { readonly number: number; readonly values: Float32Array<ArrayBuffer> }[] = [];
  readonly steps: { readonly call: Call; readonly inputs: readonly number[]; readonly output: number }[] = [];
  readonly #dice: Dice;

  /** Draws a graph. */
  constructor(readonly seed: number) {
    const dice = this.#dice = new Dice(seed);
    for (let i = 0; i < 2; i++) this.#parameter(Array.from({ length: dice.below(5) }, () => dice.size()));
    const length = 1 + dice.below(8);
    for (let attempts = 0; this.steps.length < length && attempts < 60; attempts++) this.#extend();
  }

  #parameter(shape: Shape): number {
    const number = this.tensors.length, values = Float32Array.from({ length: count(shape) }, () => this.#dice.number());
    this.parameters.push({ number, values });
    this.tensors.push({ shape, nodes: Array.from(values, (value) => this.tape.node(value)) });
    return number;
  }

  #extend(): void {
    const dice = this.#dice;
    // Late tensors more often, so that graphs become deep.
    const first = this.tensors.length - 1 - Math.min(dice.below(this.tensors.length), dice.below(this.tensors.length));
    const call = dice.pick(dice.pick(kinds))(this.tensors[first]!.shape, dice);
    if (!call || [this.tensors[first]!.shape, ...call.others].some((shape) => count(shape) > mostElements)) return;
    const inputs = [first, ...call.others.map((shape) => this.#inputOf(shape))];
    const references = inputs.map((input) => this.tensors[input]!);
    const valuesOf = ({ nodes }: Reference) => nodes.map((node) => this.tape.at(node));
    if (call.safe && !call.safe(references.map(valuesOf))) return;
    const y = call.reference(references, this.tape);
    if (y.nodes.length > mostElements || !valuesOf(y).every((value) => Math.abs(value) <= largest)) return;
    this.steps.push({ call, inputs, output: this.tensors.length });
    this.tensors.push(y);
  }

  /** A tensor of that shape: one that there is, or a new parameter. */
  #inputOf(shape: Shape): number {
    const same = this.tensors.flatMap((one, number) => one.shape.join() === shape.join() ? [number] : []);
    return same.length > 0 && this.#dice.chance(0.6) ? this.#dice.pick(same) : this.#parameter(shape);
  }

  /** What can be printed to find a fault. */
  toString(): string {
    const parameters = this.parameters.map(({ number }) => `  t${number} = parameter [${this.tensors[number]!.shape}]`);
    const steps = this.steps.map(({ call, inputs, output }) =>
      `  t${output} = ${call.text} of ${inputs.map((input) => `t${input}`).join(", ")} -> [${
        this.tensors[output]!.shape
      }]`
    );
    return [`seed ${this.seed}`, ...parameters, ...steps].join("\n");
  }
}

/** Fails unless a graph has the values and gradients of the reference on the GPU. */
export async function checkGraph(engine: Engine, graph: Graph): Promise<void> {
  const { tape, tensors, parameters, steps } = graph;
  const leaves = new Map(parameters.map(({ number, values }) => [
    number,
    new Parameter(engine, tensors[number]!.shape, values, `t${number}`),
  ]));
  try {
    const used = new Set(steps.flatMap(({ inputs }) => inputs));
    const ends = steps.filter(({ output }) => !used.has(output)).map(({ output }) => output);
    const upstream = new Dice(graph.seed + 0.5);
    const seeds = new Map(ends.map((end) => [end, tensors[end]!.nodes.map(() => Math.fround(upstream.number()))]));
    const results = engine.scope(() => {
      const made = new Map<number, Tensor>(leaves);
      for (const { call, inputs, output } of steps) {
        made.set(output, call.run(inputs.map((input) => made.get(input)!), engine));
      }
      for (const end of ends) {
        const { shape } = tensors[end]!;
        assert.deepEqual(made.get(end)!.shape, shape, `shape of t${end}`);
        backward(made.get(end)!, engine.tensor(shape, seeds.get(end)!));
      }
      return steps.map(({ output }) => made.get(output)!);
    });
    const withGradient = [...leaves.values()].filter(({ hasGrad }) => hasGrad);
    const values = await engine.read([...results, ...withGradient.map(({ grad }) => grad)]);
    steps.forEach(({ output }, i) => {
      const { shape, nodes } = tensors[output]!;
      assert.deepEqual(results[i]!.shape, shape, `shape of t${output}`);
      expectNear(values[i]!, nodes.map((node) => tape.at(node)), `t${output}`, 1e-4);
    });
    const gradients = tape.gradients(
      [...seeds].flatMap(([end, some]) => tensors[end]!.nodes.map((node, i) => [node, some[i]!] as const)),
    );
    withGradient.forEach((leaf, i) => {
      const { nodes } = tensors[Number(leaf.name.slice(1))]!;
      expectNear(values[steps.length + i]!, nodes.map((node) => gradients[node]!), `gradient of ${leaf.name}`, 1e-3);
    });
    results.forEach((result) => result.dispose());
  } catch (error) {
    throw new Error(`${graph}\n${error instanceof Error ? error.message : error}`, { cause: error });
  } finally {
    for (const leaf of leaves.values()) leaf.dispose();
  }
}

function expectNear(found: Float32Array, expected: readonly number[], what: string, tolerance: number): void {
  assert.equal(found.length, expected.length, `elements of ${what}`);
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  expected.forEach((value, i) => {
    const near = Math.abs(found[i]! - value) <= tolerance * scale;
    assert.ok(near, `${what}, element ${i}: ${value} expected, ${found[i]} found`);
  });
}
