import type { Kernel } from "../launcher.ts";
import { rowTexels, type TexelFormat } from "./texels.ts";

/** A binding that a shader reads from a texture. */
export interface TextureBinding {
  /** Its name in the kernel's table of bindings. */
  readonly name: string;
  /** Its number in `@group(0)`. */
  readonly binding: number;
  /** What the texture holds. */
  readonly format: TexelFormat;
}

/** A kernel's shader with its reads turned into reads of textures. */
export interface TexturedSource {
  /** The shader, in WGSL. */
  readonly code: string;
  /** The bindings that are textures now; those that the shader also writes stand behind all others. */
  readonly textures: readonly TextureBinding[];
}

/** What the elements of an array are: numbers of a kind, or vectors of two or four. */
interface ElementForm {
  readonly format: TexelFormat;
  readonly width: 1 | 2 | 4;
}

const kinds = { f: ["f32", "rgba32float"], u: ["u32", "rgba32uint"], i: ["i32", "rgba32sint"] } as const;

const elementForms: ReadonlyMap<string, ElementForm> = new Map(
  Object.entries(kinds).flatMap(([letter, [type, format]]) =>
    [
      [type, { format, width: 1 }],
      ...([2, 4] as const).flatMap((width): [string, ElementForm][] => [
        [`vec${width}${letter}`, { format, width }],
        [`vec${width}<${type}>`, { format, width }],
      ]),
    ] as [string, ElementForm][]
  ),
);

/**
 * Rewrites a shader so that it reads its storage buffers through textures that hold the same numbers, four a texel, in
 * rows of `rowTexels`: `x[i]` becomes a call of a function that loads the texel and picks the element. Mesa's CPU drivers
 * loop over the lanes of a vector for every read of a buffer, and do not for reads of a texture.
 *
 * Bindings of other types than arrays of 32-bit numbers or vectors of four of them stay as they are, and so do those that
 * the shader uses in other ways than by index.
 *
 * @returns null where nothing can be rewritten
 */
export function texturedSource(kernel: Kernel): TexturedSource | null {
  const names = Object.keys(kernel.bindings);
  const textures: TextureBinding[] = [];
  let code = kernel.code, functions = "";
  for (const [binding, name] of names.entries()) {
    const access = kernel.bindings[name]!;
    if (access === "write") continue;
    const declaration = declarationOf(code, binding);
    const form = declaration && elementForms.get(resolved(code, declaration.type));
    if (!form) continue;
    const { variable, text } = declaration;
    const rewritten = withReads(code.replace(text, `\0`), variable, `${variable}_element`, access === "update");
    if (rewritten === null) continue;
    const number = access === "update" ? names.length + textures.length : binding;
    const texture = access === "update" ? `${variable}_before` : variable;
    const kept = access === "update" ? `${text}\n` : "";
    code = rewritten.replace(
      "\0",
      `${kept}@group(0) @binding(${number}) var ${texture}: texture_storage_2d<${form.format}, read>;`,
    );
    functions += readFunction(`${variable}_element`, texture, declaration.type, form);
    textures.push({ name, binding: number, format: form.format });
  }
  return textures.length > 0 ? { code: `${code}\n${functions}`, textures } : null;
}

interface Declaration {
  readonly text: string;
  readonly variable: string;
  readonly type: string;
}

/** The declaration of the array at a binding of the first group. */
function declarationOf(code: string, binding: number): Declaration | undefined {
  const pattern = new RegExp(
    `@group\\(0\\)\\s*@binding\\(${binding}u?\\)\\s*var<storage,\\s*\\w+>\\s*(\\w+)\\s*:\\s*array<([\\w<>]+)>;`,
  );
  const match = pattern.exec(code);
  return match ? { text: match[0], variable: match[1]!, type: match[2]! } : undefined;
}

/** A type with its alias looked up. */
function resolved(code: string, type: string): string {
  const alias = new RegExp(`\\balias\\s+${type}\\s*=\\s*([\\w<>]+);`).exec(code);
  return alias ? resolved(code, alias[1]!) : type;
}

/**
 * Turns `variable[index]` into `call(index)`; where it is assigned to, it stays.
 *
 * @returns null where the variable is used without an index
 */
function withReads(code: string, variable: string, call: string, assigned: boolean): string | null {
  // Comments, structures and functions with a parameter of this name speak of something else.
  const others = `//[^\\n]*|\\bstruct\\s+\\w+\\s*\\{[^}]*\\}|\\bfn\\s+\\w+\\([^{]*?\\b${variable}\\s*:[^{]*\\{`;
  const use = new RegExp(`${others}|(?<![\\w.])${variable}\\b`, "g");
  let result = "", end = 0;
  for (let match = use.exec(code); match; match = use.exec(code)) {
    if (match[0].startsWith("fn")) use.lastIndex = closing(code, use.lastIndex - 1, "{}");
    if (match[0] !== variable) continue;
    const open = match.index + variable.length;
    if (code[open] !== "[") return null;
    const close = closing(code, open, "[]");
    if (assigned && /^(\.\w+)?\s*[-+*/]?=(?!=)/.test(code.slice(close + 1))) continue;
    const index = withReads(code.slice(open + 1, close), variable, call, assigned);
    if (index === null) return null;
    result += `${code.slice(end, match.index)}${call}(u32(${index}))`;
    end = use.lastIndex = close + 1;
  }
  return result + code.slice(end);
}

/** Where the bracket that opens at `open` is closed. */
function closing(code: string, open: number, brackets: "[]" | "{}"): number {
  let depth = 0;
  for (let at = open; at < code.length; at++) {
    if (code[at] === brackets[0]) depth++;
    if (code[at] === brackets[1] && --depth === 0) return at;
  }
  throw new Error("A shader has a bracket that nothing closes.");
}

function readFunction(name: string, texture: string, type: string, { width }: ElementForm): string {
  const shift = 2 - Math.log2(width);
  const texel = `textureLoad(${texture}, vec2u((i >> ${shift}u) & ${rowTexels - 1}u, i >> ${
    Math.log2(rowTexels) + shift
  }u))`;
  const odd = "(i & 1u) != 0u";
  const body = {
    4: [`return ${texel};`],
    2: [`let texel = ${texel};`, `return select(texel.xy, texel.zw, ${odd});`],
    1: [
      `let texel = ${texel};`,
      `let odd = ${odd};`,
      "return select(select(texel.x, texel.y, odd), select(texel.z, texel.w, odd), (i & 2u) != 0u);",
    ],
  }[width];
  return `fn ${name}(i: u32) -> ${type} {\n${body.map((line) => `  ${line}\n`).join("")}}\n`;
}
