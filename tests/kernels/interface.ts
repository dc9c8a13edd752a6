import assert from "node:assert/strict";
import { WgslReflect } from "wgsl_reflect/wgsl_reflect.module.js";
import type { Kernel } from "../../kernels/launcher.ts";

interface Variable {
  readonly group: number;
  readonly binding: number;
  readonly name: string;
  readonly access: string;
  readonly members: readonly { readonly name: string; readonly type: { readonly name: string } }[] | null;
}

/** What is used of what `wgsl_reflect` finds; its module comes without types. */
interface Declarations {
  readonly storage: readonly Variable[];
  readonly uniforms: readonly Variable[];
  readonly overrides: readonly { readonly name: string }[];
}

/**
 * Fails unless a shader declares what its kernel states: storage bindings by order, name and access, fields of the uniform
 * block by order, name and type, and override constants by name. WebGPU itself compares no names and no fields.
 */
export function assertInterface({ label, code, bindings, uniforms, constants = {} }: Kernel): void {
  const shader: Declarations = new WgslReflect(declarations(code));
  const storage = shader.storage.toSorted((a, b) => a.binding - b.binding);
  assert.deepEqual(
    storage.map(({ group, binding, name, access }) => [group, binding, spoken(name), access]),
    Object.entries(bindings).map(([name, access], binding) => {
      return [0, binding, spoken(name), access === "read" ? "read" : "read_write"];
    }),
    `${label}: storage bindings`,
  );
  assert.deepEqual(
    shader.uniforms.flatMap(({ group, binding, members }) => {
      assert.deepEqual([group, binding], [1, 0], `${label}: place of the uniform block`);
      return members!.flatMap(({ name, type }) => fields(spoken(name), type.name));
    }),
    Object.entries(uniforms).map(([name, type]) => [spoken(name), type]),
    `${label}: uniforms`,
  );
  const overrides = shader.overrides.map(({ name }) => name);
  for (const name of Object.keys(constants)) {
    assert.ok(overrides.includes(name), `${label}: no override is called ${name}`);
  }
}

/** A vector counts as its numbers: `sizes` as size 0, size 1 and so on. */
function fields(name: string, type: string): [name: string, type: string][] {
  const [, count, letter] = /^vec([234])<?([fiu])/.exec(type) ?? [];
  if (!count) return [[name, type]];
  return Array.from({ length: Number(count) }, (_, i) => [`${name.replace(/s$/, "")} ${i}`, `${letter}32`]);
}

/** WGSL reserves some words and has its own way to join others: `target_value` is `target`. */
function spoken(name: string): string {
  return name.replace(/_(value|of|class)$/, "").replaceAll(/([A-Z])/g, "_$1").toLowerCase().replaceAll("_", " ");
}

/** The shader with empty functions: what they do is not looked at, and not all of it can be parsed. */
function declarations(code: string): string {
  let kept = "", depth = 0, inFunction = false;
  for (const piece of code.replaceAll(/\/\/.*/g, "").split(/(?<=[{}])|(?=[{}])/)) {
    if (depth === 0 && /\bfn \w+\(/.test(piece)) inFunction = true;
    if (piece === "{") depth++;
    if (!inFunction || depth === 0 || (depth === 1 && /^[{}]$/.test(piece))) kept += piece;
    if (piece === "}" && --depth === 0) inFunction = false;
  }
  return kept;
}
