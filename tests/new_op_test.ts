import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withFolder } from "./temporary.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

/** The files that docs/design.md lists below a heading. */
async function listed(heading: string): Promise<string[]> {
  const page = await Deno.readTextFile(join(root, "docs/design.md"));
  const section = page.slice(page.indexOf(heading)).split("\n\n")[1]!;
  return [...section.matchAll(/^\| `([\w/.]+)` *\|/gm)].map(([, file]) => file!.replaceAll("NAME", "mirror"));
}

/** What an op's files become: a new file, or text put before a mark in one that is there. */
type Change = string | { readonly before: string; readonly text: string };

/** Copies the code into a folder, changes it, and runs tests there. */
async function build(folder: string, changes: readonly Readonly<Record<string, Change>>[], tests: readonly string[]) {
  for (const room of ["kernels", "engine", "tests/kernels", "tests/engine"]) {
    await copy(join(root, room), join(folder, room));
  }
  for (const file of ["deno.json", "tests/device.ts", "tests/temporary.ts"]) {
    await Deno.copyFile(join(root, file), join(folder, file));
  }
  for (const [file, change] of changes.flatMap((each) => Object.entries(each))) {
    const path = join(folder, file);
    await Deno.mkdir(dirname(path), { recursive: true });
    if (typeof change === "string") await Deno.writeTextFile(path, change);
    else {
      const code = await Deno.readTextFile(path);
      assert.ok(code.includes(change.before), `${file} has no ${change.before}`);
      await Deno.writeTextFile(path, code.replace(change.before, () => change.text + change.before));
    }
  }
  const permissions = ["--allow-read", "--allow-write", "--allow-env", "--allow-sys=systemMemoryInfo", "--allow-ffi"];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "--quiet",
      "--no-prompt",
      "--no-lock",
      ...permissions,
      "--filter",
      "/cube|mirror|every op that an engine/",
      ...tests,
    ],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  const printed = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.ok(success, printed);
  return printed;
}

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copy(join(from, name), join(to, name));
    else await Deno.copyFile(join(from, name), join(to, name));
  }
}

/** A function of one variable: a row, and its names. */
const row = `cube: {
    formula: "x³",
    wgsl: "x * x * x",
    wgslDerivative: "3.0 * x * x",
    value: (x) => x ** 3,
    derivative: (x) => 3 * x ** 2,
  },
  `;
const functionChanges = {
  "kernels/elementwise/functions.ts": { before: "step: {", text: row },
  "engine/ops/unary.ts": {
    before: "/** x², element by element. */",
    text: "/** x³, element by element. */\nexport const cube: Op<UnaryInputs> = elementwise.cube;\n\n",
  },
  "engine/mod.ts": { before: "elementwise,\n", text: "cube,\n  " },
  "engine/tensors/tensor_methods.ts": {
    before: "/** Squares. */",
    text: "/** Cubes. */\n  cube(this: T): T {\n    return this.engine.ops.cube({ x: this });\n  }\n\n  ",
  },
  "tests/engine/methods_test.ts": {
    before: "square: [",
    text: "cube: [(x) => x.cube(), (x) => ops.cube({ x })],\n  ",
  },
};

/** An op with a kernel of its own. */
const opChanges = {
  "kernels/mirror/mirror.wgsl": `// y[i] = x[count - 1 - i].

struct Uniforms {
  count: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  if (index >= uniforms.count) {
    return;
  }
  y[index] = x[uniforms.count - 1u - index];
}
`,
  "kernels/mirror/mirror.ts": `import code from "./mirror.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, elementGrid, type Launcher } from "../launcher.ts";

const kernel = defineKernel({
  label: "mirror",
  code,
  bindings: { x: "read", y: "write" },
  uniforms: { count: "u32" },
});

/** y = x from the last element to the first, [count]. */
export function mirror(
  launcher: Launcher,
  { x, y, count }: { readonly x: BufferSlice; readonly y: BufferSlice; readonly count: number },
): void {
  launcher.dispatch(kernel, { x, y }, { count }, elementGrid(count));
}
`,
  "kernels/mirror/mirror.ref.ts": `/** See \`mirror\`. */
export const mirrorReference = (x: ArrayLike<number>): number[] => Array.from(x).reverse();
`,
  "kernels/mod.ts": {
    before: "export { addScaled }",
    text: 'export { mirror } from "./mirror/mirror.ts";\n',
  },
  "tests/kernels/mirror_test.ts": `import assert from "node:assert/strict";
import { mirror } from "../../kernels/mod.ts";
import { mirrorReference } from "../../kernels/mirror/mirror.ref.ts";
import { KernelHarness, normals } from "./harness.ts";

const harness = await KernelHarness.open();

Deno.test("mirror: equals the reference at edge sizes", async () => {
  for (const count of [1, 65, 1500]) {
    const x = normals(count, 1), y = harness.output(count);
    mirror(harness.launcher, { x: harness.upload(x), y, count });
    assert.deepEqual([...(await harness.read(y))[0]!], mirrorReference(x));
  }
});
`,
  "engine/ops/mirror.ts": `import { mirror as launch } from "../../kernels/mirror/mirror.ts";
import { type Op, op } from "../autograd.ts";
import type { Tensor } from "../tensors/tensor.ts";

/** All elements from the last to the first, in the shape of x. */
export const mirror: Op<{ readonly x: Tensor }> = op("mirror", {
  forward({ x }: { readonly x: Tensor }) {
    const y = x.engine.empty(x.shape);
    launch(x.engine.stream, { x: x.slice, y: y.slice, count: x.size });
    return y;
  },
  backward: ({ inputs: { x } }, dy) => ({
    x(into) {
      if (into.accumulate) return mirror({ x: dy });
      launch(x.engine.stream, { x: dy.slice, y: into.tensor.slice, count: x.size });
      return into.tensor;
    },
  }),
});
`,
  "engine/mod.ts": {
    before: "export { permute,",
    text: 'export { mirror } from "./ops/mirror.ts";\n',
  },
  "tests/engine/gradients_test.ts": {
    before: 'gradientTest("reshape"',
    text: `import { mirror } from "../../engine/mod.ts";
gradientTest("mirror", at({ x: [3, 4] }), ({ x }) => mirror({ x }).add(mirror({ x: x.mul(2) })).square());
`,
  },
};

Deno.test("a new op: the files that it touches are those that the design lists", async () => {
  assert.deepEqual(await listed("**A function of one variable**"), [
    ...Object.keys(functionChanges),
    ...["tests/golden/make_golden.py", "docs/library.md"],
  ]);
  assert.deepEqual(await listed("**Any other op**"), [
    ...Object.keys(opChanges),
    ...["tests/fixtures/mirror.ts", "tests/golden/make_golden.py", "tools/kernel_table/evidence.ts"],
  ]);
});

Deno.test(
  "a new op: with those files changed, kernel, op, method and gradient of one of each kind work",
  withFolder(async (folder) => {
    const printed = await build(folder, [functionChanges, opChanges], [
      ...["tests/kernels/elementwise_test.ts", "tests/kernels/mirror_test.ts"],
      ...["tests/engine/gradients_test.ts", "tests/engine/methods_test.ts"],
    ]);
    for (
      const name of [
        "unary: cube and its gradient equal the reference, far from zero too",
        "unary: the reference's derivative of cube equals finite differences",
        "gradients: cube equals finite differences",
        "methods: cube is the function of that name, there and back",
        "methods: every op that an engine hands to tensors has a method that is tested above",
        "mirror: equals the reference at edge sizes",
        "gradients: mirror equals finite differences",
      ]
    ) {
      assert.ok(printed.includes(`${name} ... ok`), `${name}\n${printed}`);
    }
  }),
);
