import assert from "node:assert/strict";
import { join } from "node:path";
import { backward } from "../../engine/autograd.ts";
import { Engine } from "../../engine/engine.ts";
import { Adam, AdamW, add, bilinear, mseLoss, type Optimizer, SGD, sum } from "../../engine/mod.ts";
import { Bilinear } from "../../engine/nn/bilinear.ts";
import { Parameter } from "../../engine/tensors/parameter.ts";
import { decodeSafetensors } from "../../engine/files/read_safetensors.ts";
import { writeSafetensors } from "../../engine/files/write_safetensors.ts";
import { SafetensorsReader } from "../../engine/files/safetensors_reader.ts";
import { Philox } from "../../kernels/philox.ts";
import { assertClose } from "../kernels/harness.ts";
import { withFolder } from "../temporary.ts";
import { testEngine, uniforms } from "./harness.ts";

const engine = await testEngine();
/** Takes its device for one that binds 1 KiB: a weight of 9 x 8 x 12 numbers lies in 5 buffers. */
const small = await testEngine();
Object.assign(small, { capabilities: { ...small.capabilities, maxBindingSize: 1024 } });

const batch = 6, in1 = 8, in2 = 12, out = 9;

const optimizers: Readonly<Record<string, (parameters: readonly Parameter[]) => Optimizer>> = {
  "Adam with L2": (parameters) => new Adam(parameters, { lr: 0.05, weightDecay: 0.1 }),
  AdamW: (parameters) => new AdamW(parameters, { lr: 0.05, weightDecay: 0.1 }),
  "SGD with momentum": (parameters) => new SGD(parameters, { lr: 0.05, momentum: 0.9, weightDecay: 0.1 }),
};

interface Form {
  readonly weight: Parameter;
  readonly bias: Parameter | null;
}

/** The layer, and the same whose gradient is kept whole. */
const layerOn = (on: Engine) => new Bilinear({ engine: on, random: new Philox(3) }, in1, in2, out);
async function denseCopy({ weight, bias }: Form): Promise<Form> {
  return {
    weight: new Parameter(engine, weight.shape, await weight.data(), "weight"),
    bias: new Parameter(engine, bias!.shape, await bias!.data(), "bias"),
  };
}

function lossOf({ weight, bias }: Form, seed: number) {
  const on = weight.engine;
  const x1 = on.tensor([batch, in1], uniforms(batch * in1, seed));
  const x2 = on.tensor([batch, in2], uniforms(batch * in2, seed + 1));
  const target = on.tensor([batch, out], uniforms(batch * out, seed + 2));
  return mseLoss({ prediction: bilinear({ x1, x2, weight, bias: bias! }), target }, { reduction: "sum" });
}

/** Takes some steps; the norms, and what the parameters became. */
async function train(form: Form, make: (parameters: readonly Parameter[]) => Optimizer, maxNorm: number) {
  const parameters = [form.weight, form.bias!], optimizer = make(parameters), norms: number[] = [];
  for (let step = 1; step <= 4; step++) {
    const status = await form.weight.engine.step(() => {
      optimizer.zeroGrad();
      backward(lossOf(form, 10 * step));
      const status = optimizer.clipGradNorm(maxNorm);
      optimizer.step();
      return status;
    });
    norms.push((await status.data())[0]!);
    status.dispose();
  }
  const values = await form.weight.engine.read(parameters);
  const moments = Object.values(await optimizer.stateDict()).map((state) => [...state.values()][0]!.data);
  optimizer.dispose();
  for (const parameter of parameters) parameter.dispose();
  return { norms, values, moments };
}

for (const [name, make] of Object.entries(optimizers)) {
  Deno.test(`bilinear: ${name} from factors, whole or over several buffers, trains as from the gradient`, async () => {
    for (const maxNorm of [1, Infinity]) {
      const layer = layerOn(engine), cut = layerOn(small), dense = await denseCopy(layer);
      assert.equal(cut.weight.slices.length, 5);
      const want = await train(dense, make, maxNorm);
      for (const form of [layer, cut]) {
        const found = await train(form, make, maxNorm);
        assertClose(found.norms, want.norms, { rtol: 1e-5 });
        want.values.forEach((values, i) => assertClose(found.values[i]!, values, { rtol: 1e-5, atol: 1e-5 }));
        want.moments.forEach((values, i) => assertClose(found.moments[i]!, values, { rtol: 1e-4, atol: 1e-5 }));
      }
    }
  });
}

Deno.test("bilinear: gradients of inputs and weight over several buffers equal those of one buffer", async () => {
  const gradients = await Promise.all([engine, small].map(async (on) => {
    const layer = layerOn(on);
    const inputs = [[batch, in1], [batch, in2]].map((shape, i) =>
      new Parameter(on, shape, uniforms(shape[0]! * shape[1]!, i))
    );
    on.scope(() => backward(sum({ x: layer.forward(inputs[0]!, inputs[1]!) })));
    const leaves = [...inputs, layer.weight, layer.bias!];
    const values = await on.read(leaves.map(({ grad }) => grad));
    for (const leaf of leaves) leaf.dispose();
    return values;
  }));
  gradients[0]!.forEach((values, i) => assertClose(gradients[1]![i]!, values, { rtol: 1e-5, atol: 1e-5 }));
});

Deno.test("bilinear: factors of several backward calls add up, for the optimiser and for who asks for the gradient", async () => {
  for (const on of [engine, small]) {
    const forms = [layerOn(on), layerOn(on), layerOn(on)] as const;
    const [summed, asked, mixed] = forms;
    on.scope(() => {
      backward(add({ a: lossOf(summed, 1), b: lossOf(summed, 5) }));
      for (const form of [asked, mixed]) {
        backward(lossOf(form, 1));
        assert.ok(form.weight.factors);
        if (form === mixed) assert.ok(form.weight.grad && !form.weight.factors);
        backward(lossOf(form, 5));
      }
    });
    assert.ok(summed.weight.factors && asked.weight.factors && !mixed.weight.factors);
    const steps = forms.map(async (form) => {
      const optimizer = new SGD(form.parameters(), { lr: 0.1 });
      on.scope(() => optimizer.step());
      const values = await form.weight.data();
      const gradient = await form.weight.grad.data();
      optimizer.dispose();
      form.dispose();
      return [values, gradient] as const;
    });
    const [want, ...others] = await Promise.all(steps);
    for (const found of others) {
      assertClose(found[0], want![0], { rtol: 1e-5, atol: 1e-5 });
      assertClose(found[1], want![1], { rtol: 1e-5, atol: 1e-5 });
    }
  }
});

Deno.test("bilinear: a gradient that is not finite changes nothing and is named, behind others that are fine", async () => {
  const layer = layerOn(small), other = new Parameter(small, [3], Float32Array.of(1, 2, 3), "other");
  const optimizer = new Adam([...layer.parameters(), other]);
  const before = await layer.weight.data();
  const status = small.scope(() => {
    backward(sum({ x: other }));
    const factors = {
      x1: small.tensor([1, in1], uniforms(in1, 1)),
      x2: small.tensor([1, in2], uniforms(in2, 2).with(in2 - 1, NaN) as Float32Array),
      dy: small.tensor([1, out], uniforms(out, 3)),
    };
    const thunk = Object.assign(() => assert.fail("the factors are taken"), { factors });
    layer.weight.origin!.receive!(thunk, "bilinear");
    const status = optimizer.clipGradNorm(1);
    optimizer.step();
    return status;
  });
  assert.equal(optimizer.badGradient(await status.data()), "weight");
  assert.deepEqual(await layer.weight.data(), before);
  for (const owned of [status, optimizer, layer, other]) owned.dispose();
});

Deno.test("bilinear: the first values are the words of the host's stream, however many buffers they take", async () => {
  const expected = new Philox(3), bound = 1 / Math.sqrt(in1);
  const weight = Float64Array.from(
    { length: out * in1 * in2 },
    () => (2 * (expected.uint32() >>> 8) / 2 ** 24 - 1) * bound,
  );
  const bias = Float64Array.from({ length: out }, () => (2 * expected.uniform() - 1) * bound);
  for (const on of [engine, small]) {
    const layer = layerOn(on);
    assertClose(await layer.weight.data(), weight, { rtol: 1e-6, atol: 1e-7 });
    assertClose(await layer.bias!.data(), bias, { rtol: 1e-6, atol: 1e-7 });
    layer.dispose();
  }
});

Deno.test("bilinear: a state dict moves between one buffer and several", async () => {
  const layer = layerOn(engine), cut = new Bilinear({ engine: small, random: new Philox(9) }, in1, in2, out);
  const state = await layer.stateDict();
  cut.loadStateDict(state);
  assert.deepEqual(await cut.stateDict(), state);
  layer.dispose();
  cut.dispose();
});

Deno.test(
  "bilinear: weights and moments over several buffers go to a file and back in parts, the bytes of one buffer",
  withFolder(async (folder) => {
    const layer = layerOn(engine), cut = layerOn(small);
    const files: Uint8Array[] = [];
    for (const form of [layer, cut]) {
      const optimizer = new Adam(form.parameters()), path = join(folder, "state.safetensors");
      await form.weight.engine.step(() => {
        backward(lossOf(form, 1));
        optimizer.step();
      });
      await writeSafetensors(path, form.streamState());
      files.push(await Deno.readFile(path));
      const moments = join(folder, "moments.safetensors");
      await writeSafetensors(moments, optimizer.streamState().exp_avg_sq!);
      const other = new Bilinear({ engine: small, random: new Philox(9) }, in1, in2, out);
      const otherOptimizer = new Adam(other.parameters());
      using weightFile = await SafetensorsReader.open(path);
      using momentFile = await SafetensorsReader.open(moments);
      await other.loadFrom(weightFile.tensors, path);
      await otherOptimizer.loadFrom({ exp_avg: weightFile.tensors, exp_avg_sq: momentFile.tensors }, 3);
      const want = await form.stateDict(), found = await otherOptimizer.stateDict();
      assert.deepEqual(await other.stateDict(), want);
      assert.deepEqual(found, { exp_avg: want, exp_avg_sq: (await optimizer.stateDict()).exp_avg_sq });
      for (const owned of [optimizer, otherOptimizer, form, other]) owned.dispose();
    }
    assert.equal(files[0]!.length, files[1]!.length);
    const [whole, parts] = files.map((bytes) => decodeSafetensors(bytes, "state").tensors.get("weight")!.data);
    assertClose(parts as Float32Array, whole as Float32Array, { rtol: 1e-5, atol: 1e-6 });
  }),
);

Deno.test("bilinear: a training keeps no memory for the gradient, and leaves none behind", async () => {
  const before = small.pool.liveLabels();
  const layer = layerOn(small), optimizer = new Adam(layer.parameters());
  await small.step(() => {
    backward(lossOf(layer, 1));
    optimizer.step();
  });
  const gradients = small.pool.liveLabels().filter((label) => label.startsWith("gradient of"));
  assert.deepEqual(gradients, []);
  layer.dispose();
  optimizer.dispose();
  assert.deepEqual(small.pool.liveLabels().toSorted(), before.toSorted());
});

Deno.test("bilinear: sizes that do not fit, and ops that take one buffer, say so", () => {
  const layer = layerOn(small);
  const x1 = small.full([2, in1], 1), x2 = small.full([3, in2], 1);
  assert.throws(() => layer.forward(x1, x2), {
    name: "ShapeError",
    message: "bilinear: x1 [2, 8] and x2 [3, 12] differ in their rows.",
  });
  assert.throws(() => layer.forward(x1, x1), {
    name: "ShapeError",
    message: /^bilinear: x2 is \[.*\], but weight \[9, 8, 12\] takes rows of 12\.$/,
  });
  assert.throws(() => add({ a: layer.weight, b: layer.weight }), {
    name: "ShapeError",
    message: "weight [9, 8, 12] lies in 5 buffers, since it is larger than this device binds; " +
      "this op takes only tensors in one.",
  });
  for (const owned of [layer, x1, x2]) owned.dispose();
});
