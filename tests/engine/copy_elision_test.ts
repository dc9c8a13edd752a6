import assert from "node:assert/strict";
import { backward } from "../../engine/autograd.ts";
import type { Engine } from "../../engine/engine.ts";
import { LayerNorm } from "../../engine/nn/layer_norm.ts";
import { mseLoss } from "../../engine/ops/losses.ts";
import { SGD } from "../../engine/optim/sgd.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import { addScaled } from "../../kernels/elementwise/add_scaled.ts";
import { fill } from "../../kernels/elementwise/fill.ts";
import { scaleBy } from "../../kernels/elementwise/scale_by.ts";
import { type BufferSlice, part } from "../../kernels/launcher.ts";
import { testEngine, uniforms } from "./harness.ts";

const engine = await testEngine();

/** What a case launches with; slices hold `count` elements where nothing else is said. */
class Launches {
  constructor(
    readonly on: Engine,
    readonly count: number,
    /** Other numbers in each step. */
    readonly x: BufferSlice,
    /** The same, of twice as many elements. */
    readonly wide: BufferSlice,
    /** Neighbours in one buffer that outlives the steps. */
    readonly kept: readonly BufferSlice[],
    /** Number of the step, from 0; a recording is made of the second. */
    readonly step: () => number,
  ) {}

  /** Memory that is freed at the end of the step. */
  take(elements = this.count): BufferSlice {
    return this.on.empty([elements]).slice;
  }

  /** to = factor from + share to. */
  scale(from: BufferSlice, to: BufferSlice, factor: number, share = 0): void {
    addScaled(this.on.stream, { x: from, y: to, count: from.size / 4, xFactor: factor, yFactor: share });
  }

  copy(from: BufferSlice, to: BufferSlice): void {
    this.scale(from, to, 1);
  }

  /** A slice of one number. */
  number(value: number, to: BufferSlice = this.take(1)): BufferSlice {
    fill(this.on.stream, { y: to, count: 1, value });
    return to;
  }

  /** to = scalar from, with the scalar in a buffer. */
  scaleBy(from: BufferSlice, scalar: BufferSlice, to: BufferSlice): void {
    scaleBy(this.on.stream, { x: from, scalar, y: to, count: this.count });
  }
}

interface Case {
  /** Launches that are left out when the step is repeated. */
  readonly elided: number;
  /** The same where operands are read from textures; `elided` by default. */
  readonly elidedWithTextures?: number;
  run(launches: Launches): Tensor | void;
}

const cases: Readonly<Record<string, Case>> = {
  "a result that is only copied is written to where it is copied to": {
    elided: 1,
    run(on) {
      const t = on.take();
      on.scale(on.x, t, 2);
      on.copy(t, on.kept[0]!);
    },
  },
  "copies of copies are left out": {
    elided: 2,
    run(on) {
      const t = on.take(), u = on.take();
      on.scale(on.x, t, 2);
      on.copy(t, u);
      on.copy(u, on.kept[0]!);
    },
  },
  "all that makes and reads a result before its copy moves with it": {
    elided: 1,
    run(on) {
      const t = on.take(), z = on.take();
      on.scale(on.x, t, 2);
      on.scale(on.x, t, 3, 1);
      on.scale(t, z, 5);
      on.copy(t, on.kept[0]!);
      on.scale(z, on.kept[1]!, 2);
    },
  },
  "what is cleared or copied as memory moves": {
    elided: 2,
    run(on) {
      on.scale(on.x, on.kept[0]!, 7);
      const t = on.take(), u = on.take();
      on.on.stream.clear(t);
      on.on.stream.copy(on.x, u, u.size);
      on.copy(t, on.kept[0]!);
      on.copy(u, on.kept[1]!);
    },
  },
  "a product with a number that was filled with 1 is a copy": {
    elided: 2,
    run(on) {
      const t = on.take(), one = on.number(1);
      on.scale(on.x, t, 2);
      on.scaleBy(t, one, on.kept[0]!);
    },
  },
  "a product with another number is none": {
    elided: 0,
    run(on) {
      const t = on.take(), two = on.number(2);
      on.scale(on.x, t, 2);
      on.scaleBy(t, two, on.kept[0]!);
    },
  },
  "a product with a number that was changed after it was filled is none": {
    elided: 0,
    run(on) {
      const t = on.take(), one = on.number(1);
      on.scale(part(on.x, 0, 1), one, 1, 1);
      on.scale(on.x, t, 2);
      on.scaleBy(t, one, on.kept[0]!);
    },
  },
  "a product with a number that depends on the step is none": {
    elided: 0,
    run(on) {
      const t = on.take(), one = on.take(1);
      on.on.stream.changing(() => void on.number(on.step() === 1 ? 1 : 7, one));
      on.scale(on.x, t, 2);
      on.scaleBy(t, one, on.kept[0]!);
    },
  },
  "a product with what starts with another number is none": {
    elided: 0,
    run(on) {
      const t = on.take(), numbers = on.take(128);
      on.scale(part(on.x, 0, 64), part(numbers, 0, 64), 2);
      on.number(1, part(numbers, 64, 1));
      on.scale(on.x, t, 2);
      on.scaleBy(t, numbers, on.kept[0]!);
    },
  },
  "a factor that depends on the step makes no copy": {
    elided: 0,
    run(on) {
      const t = on.take();
      on.scale(on.x, t, 2);
      on.on.stream.changing(() => on.scale(t, on.kept[0]!, on.step() === 1 ? 1 : 7));
    },
  },
  "what adds is no copy": {
    elided: 0,
    run(on) {
      const t = on.take();
      on.scale(on.x, t, 2);
      on.scale(t, on.kept[0]!, 1, 1);
    },
  },
  "a result that is read after its copy stays, unless that is done from a texture": {
    ...{ elided: 0, elidedWithTextures: 1 },
    run(on) {
      const t = on.take();
      on.scale(on.x, t, 2);
      on.copy(t, on.kept[0]!);
      on.scale(on.x, on.kept[0]!, 3, 1);
      on.scale(t, on.kept[1]!, 5);
    },
  },
  "what its place was read and written for before does not matter": {
    elided: 1,
    run(on) {
      const t = on.take(), z = on.take();
      on.scale(on.kept[0]!, z, 5);
      on.scale(on.x, on.kept[0]!, 7);
      on.scale(on.x, t, 2);
      on.copy(t, on.kept[0]!);
      on.scale(z, on.kept[1]!, 2);
    },
  },
  "a result stays whose place is read in between": {
    elided: 0,
    run(on) {
      const t = on.take(), z = on.take();
      on.scale(on.x, t, 2);
      on.scale(on.kept[0]!, z, 5);
      on.copy(t, on.kept[0]!);
      on.scale(z, on.kept[1]!, 2);
    },
  },
  "a result stays whose place is written in between": {
    elided: 0,
    run(on) {
      const t = on.take();
      on.scale(on.x, t, 2);
      on.scale(on.x, on.kept[0]!, 7);
      on.copy(t, on.kept[0]!);
    },
  },
  "a result stays that is made of a neighbour of its place, unless that is read from a texture": {
    ...{ elided: 0, elidedWithTextures: 1 },
    run(on) {
      const t = on.take();
      on.scale(on.kept[1]!, t, 2);
      on.copy(t, on.kept[0]!);
      on.scale(on.x, on.kept[1]!, 3);
    },
  },
  "a result stays that is a copy of a neighbour of its place": {
    elided: 0,
    run(on) {
      const t = on.take();
      on.on.stream.copy(on.kept[1]!, t, t.size);
      on.copy(t, on.kept[0]!);
      on.scale(on.x, on.kept[1]!, 3);
    },
  },
  "a part of a result stays": {
    elided: 0,
    run(on) {
      const t = on.take(2 * on.count);
      on.scale(on.x, part(t, 0, on.count), 2);
      on.scale(on.x, part(t, on.count, on.count), 3);
      on.copy(part(t, 0, on.count), on.kept[0]!);
    },
  },
  "a result stays that is copied to a part of a slice": {
    elided: 0,
    run(on) {
      const t = on.take(), { buffer, offset, size } = on.kept[0]!;
      on.scale(on.x, on.kept[1]!, 3);
      on.on.stream.clear(t);
      on.copy(t, { buffer, offset, size: 2 * size });
    },
  },
  "a result stays of which the first elements are copied": {
    elided: 0,
    run(on) {
      const t = on.take();
      on.scale(on.x, t, 2);
      addScaled(on.on.stream, { x: t, y: on.kept[0]!, count: on.count / 2, yFactor: 0 });
    },
  },
  "a result stays that is larger than what is copied of it": {
    elided: 0,
    run(on) {
      const t = on.take(2 * on.count), z = on.take(2 * on.count), { buffer, offset, size } = on.kept[1]!;
      on.scale(on.wide, t, 2);
      on.scale(t, z, 5);
      addScaled(on.on.stream, { x: t, y: on.kept[0]!, count: on.count, yFactor: 0 });
      on.scale(z, { buffer, offset, size: 2 * size }, 3);
    },
  },
  "inputs stay": {
    elided: 0,
    run: (on) => on.copy(on.x, on.kept[0]!),
  },
  "what the step returns stays": {
    elided: 0,
    run(on) {
      const t = on.on.empty([on.count]);
      on.scale(on.x, t.slice, 2);
      on.copy(t.slice, on.kept[0]!);
      return t;
    },
  },
};

/** Four steps of a case: all that the last two leave, which are repeated if any are, and what each dispatches. */
async function steps(on: Engine, count: number, { run }: Case, captured: boolean) {
  let step = 0, dispatches = 0;
  using kept = on.full([3 * count], 0);
  const slices = [0, 1, 2].map((i) => part(kept.slice, i * count, count));
  const body = ({ x: { slice } }: { x: Tensor }) => {
    const x = part(slice, 0, count), wide = part(slice, count, 2 * count);
    return run(new Launches(on, count, x, wide, slices, () => step)) ?? null;
  };
  const fallbacks: string[] = [], left: Float32Array[] = [];
  using repeated = on.capture(body, { onFallback: (reason) => fallbacks.push(reason) });
  for (; step < 4; step++) {
    using x = on.tensor([3 * count], uniforms(3 * count, step));
    const before = on.stream.dispatches;
    const result = captured ? await repeated.run({ x }) : await on.step(() => body({ x }));
    dispatches = on.stream.dispatches - before;
    if (step > 1) left.push(...await on.read(result ? [kept, result] : [kept]) as Float32Array[]);
    result?.dispose();
  }
  assert.deepEqual(fallbacks, []);
  return { left: left.map(({ buffer }) => new Uint32Array(buffer)), dispatches };
}

async function expectSame(on: Engine, count: number, one: Case, elided: number) {
  const written = await steps(on, count, one, false), found = await steps(on, count, one, true);
  assert.deepEqual(found.left, written.left);
  assert.equal(written.dispatches - found.dispatches, elided);
}

for (const [name, one] of Object.entries(cases)) {
  Deno.test(`copy elision: ${name}`, async () => {
    await expectSame(engine, 64, one, one.elided);
    // Enough for reads from textures, where the adapter has them.
    const { elided, elidedWithTextures = elided } = one;
    await expectSame(engine, 1 << 15, one, engine.capabilities.textureReads ? elidedWithTextures : elided);
  });
}

Deno.test("copy elision: gradients of a norm are written to where the optimiser reads them, to the same bits", async () => {
  const train = async (captured: boolean) => {
    using norm = new LayerNorm({ engine }, 12);
    using optimizer = new SGD(norm.parameters(), { lr: 0.1 });
    const body = ({ x, target }: { x: Tensor; target: Tensor }) => {
      optimizer.zeroGrad();
      const loss = mseLoss({ prediction: norm.forward(x), target });
      backward(loss);
      optimizer.step();
      return loss;
    };
    using step = engine.capture(body);
    const losses: number[] = [];
    let dispatches = 0;
    for (let i = 0; i < 4; i++) {
      using x = engine.tensor([5, 12], uniforms(60, i));
      using target = engine.tensor([5, 12], uniforms(60, 10 + i));
      const before = engine.stream.dispatches;
      using loss = await (captured ? step.run({ x, target }) : engine.step(() => body({ x, target })));
      dispatches = engine.stream.dispatches - before;
      losses.push(await loss.item());
    }
    return { values: [losses, ...await engine.read(norm.parameters())], dispatches };
  };
  const written = await train(false), found = await train(true);
  assert.deepEqual(found.values, written.values);
  // Copies of two gradients, the loss's gradient times 1, that 1, and the gradients' status, which nobody reads.
  assert.equal(written.dispatches - found.dispatches, 5);
});
