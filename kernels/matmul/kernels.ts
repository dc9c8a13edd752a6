import fourCode from "../elementwise/functions_four.wgsl" with { type: "text" };
import oneCode from "../elementwise/functions_one.wgsl" with { type: "text" };
import stableCode from "../elementwise/stable.wgsl" with { type: "text" };
import laneSumCode from "../reduction/lane_sum.wgsl" with { type: "text" };
import activatedCode from "./activated.wgsl" with { type: "text" };
import dotCode from "./dot.wgsl" with { type: "text" };
import productCode from "./product.wgsl" with { type: "text" };
import rectifiedCode from "./rectified.wgsl" with { type: "text" };
import smallCode from "./small.wgsl" with { type: "text" };
import sumPartsCode from "./sum_parts.wgsl" with { type: "text" };
import workgroupTileCode from "./workgroup_tile.wgsl" with { type: "text" };
import { elementwiseFunctions, functionCode } from "../elementwise/functions.ts";
import { defineKernel, type Kernel } from "../launcher.ts";
import { registerTileSource } from "./register_tile.ts";
import { wideTileSource } from "./wide_tile.ts";
import type { MatmulVariant } from "./variant.ts";

/** How the numbers of an operand are stored; sums are always f32. */
export type Stored = "f32" | "f16";

/** Functions that may follow a product in the same pass, besides the rectifier; see `unary`. */
export type Activation = "gelu" | "gelu_tanh";

/** What a matmul shader is compiled for. */
export interface ProductForm {
  /** A is stored [k, m]. */
  readonly transposeA: boolean;
  /** B is stored [n, k]. */
  readonly transposeB: boolean;
  /** How A is stored. */
  readonly storedA: Stored;
  /** How B is stored. */
  readonly storedB: Stored;
  /** What follows the sum. */
  readonly activation: Activation | undefined;
  /** Whether a bias is added to it. */
  readonly bias: boolean;
  /** Whether negative results become 0. */
  readonly relu: boolean;
  /** Whether what C holds is added to it. */
  readonly accumulate: boolean;
}

const uniforms = {
  m: "u32",
  n: "u32",
  k: "u32",
  stride_a: "u32",
  stride_b: "u32",
  stride_c: "u32",
  parts: "u32",
  part_length: "u32",
  keeps_sums: "u32",
} as const;

/** Without a bias any slice may stand in for it. With an activation there is a place for what comes before it. */
function bindingsOf({ accumulate, activation }: ProductForm): MatmulKernel["bindings"] {
  const bindings = { a: "read", b: "read", bias: "read", c: accumulate ? "update" : "write" } as const;
  const withSums = { ...bindings, sums: "write" } as const;
  return activation ? withSums : bindings;
}

/** A kernel of the family. */
export type MatmulKernel = Kernel<"a" | "b" | "bias" | "c", keyof typeof uniforms>;

const kernels = new Map<string, MatmulKernel>();

/** The kernel that makes sums of products in a variant, written once. */
export function productKernel(variant: MatmulVariant, form: ProductForm): MatmulKernel {
  const { transposeA, transposeB, storedA, storedB } = form;
  const vector = "vector" in variant && variant.vector;
  const label = `matmul.${transposeA ? "t" : "n"}${transposeB ? "t" : "n"}.${labelOf(variant)}${
    [storedA, storedB].includes("f16") ? `.${storedA}_${storedB}` : ""
  }`;
  const constants = { transpose_a: Number(transposeA), transpose_b: Number(transposeB) };
  switch (variant.name) {
    case "register tile":
      return kernelOf(label, vector, form, () => registerTileSource({ ...variant, transposeA, transposeB }));
    case "wide tile":
      return kernelOf(label, vector, form, () => wideTileSource({ ...variant, transposeA, transposeB }));
    case "small":
      return kernelOf(label, vector, form, () => smallCode, constants);
    case "dot":
      return kernelOf(label, vector, form, () => `${laneSumCode}\n${dotCode}`, constants);
    case "workgroup tile":
      return kernelOf(label, vector, form, () => workgroupTileCode, constants);
  }
}

/** The second pass of split-K. */
export function sumPartsKernel(
  vector: boolean,
  after: Pick<ProductForm, "activation" | "bias" | "relu" | "accumulate">,
): MatmulKernel {
  const form = { ...after, transposeA: false, transposeB: false, storedA: "f32", storedB: "f32" } as const;
  return kernelOf(`matmul.sum_parts${vector ? ".vector" : ""}`, vector, form, () => sumPartsCode, {}, () => 0);
}

type Flops = NonNullable<MatmulKernel["flops"]>;

/** Two for each step of each sum; where sums are made in parts, C holds each part. */
const productFlops: Flops = ({ k, parts }, { c }) => 2 * k * (c.size / 4) / parts;

function kernelOf(
  name: string,
  vector: boolean,
  form: ProductForm,
  body: () => string,
  constants: Readonly<Record<string, number>> = {},
  flops: Flops = productFlops,
): MatmulKernel {
  const { storedA, storedB, activation, bias, relu, accumulate } = form;
  const after = [bias && "bias", accumulate && "add", relu && "relu", activation].filter((word) => word);
  const label = [name, ...after].join(".");
  let kernel = kernels.get(label);
  if (!kernel) {
    const typed = (stored: Stored) => `${vector ? "vec4" : ""}${vector ? `<${stored}>` : stored}`;
    const aliases = [
      ...([storedA, storedB].includes("f16") ? ["enable f16;"] : []),
      `alias Element = ${typed("f32")};`,
      `alias Words = ${vector ? "vec4u" : "u32"};`,
      `alias StoredA = ${typed(storedA)};`,
      `alias StoredB = ${typed(storedB)};`,
    ].join("\n");
    const ending = activation
      ? [stableCode, functionCode(elementwiseFunctions[activation]), vector ? fourCode : oneCode, activatedCode]
      : [rectifiedCode];
    kernel = defineKernel({
      label,
      code: [aliases, productCode, ...ending, body()].join("\n"),
      bindings: bindingsOf(form),
      uniforms,
      constants: {
        ...constants,
        ...{ has_bias: Number(bias), accumulates: Number(accumulate) },
        ...(activation ? {} : { has_relu: Number(relu) }),
      },
      flops,
    });
    kernels.set(label, kernel);
  }
  return kernel;
}

function labelOf(variant: MatmulVariant): string {
  if (variant.name === "wide tile") {
    const { rows, columns, height, width, depth, buffers, vector } = variant;
    const double = buffers === 2 ? ".double" : "";
    return `wide_${rows}x${columns}x${depth}.${height}x${width}${vector ? "" : ".scalar"}${double}`;
  }
  if (variant.name !== "register tile") return variant.name.replaceAll(" ", "_");
  const { rows, columns, vector, broadcast, lanes } = variant;
  return `tile_${rows}x${columns}${vector ? "" : ".scalar"}${broadcast ? ".subgroup" : ""}.lanes_${lanes}`;
}
