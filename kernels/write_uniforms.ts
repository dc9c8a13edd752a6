import type { UniformValue } from "./launcher.ts";
import type { Compiled } from "./pipelines.ts";

/** Writes the fields of a uniform block. */
export function writeUniforms(
  view: DataView<ArrayBuffer>,
  at: number,
  fields: Compiled["fields"],
  uniforms: Readonly<Record<string, UniformValue>>,
): void {
  for (const [name, type] of fields) {
    const given = uniforms[name]!, value = typeof given === "number" ? given : given.value;
    if (type === "f32") view.setFloat32(at, value, true);
    else view.setUint32(at, value, true);
    at += 4;
  }
}
