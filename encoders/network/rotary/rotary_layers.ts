import { describeValue } from "../../../engine/files/describe_value.ts";
import { DataError } from "../../../kernels/errors.ts";
import type { JsonObject } from "../../../data/files/json_object.ts";
import { type ConfigSource, expectValue, positiveOf, sizeOf } from "../config_values.ts";
import type { RotaryPositions } from "./rotary_positions.ts";
import { readRotaryScaling } from "./rotary_scaling.ts";

/** What a layer's attention looks at: all tokens, or those near. */
export type LayerType = "full_attention" | "sliding_attention";

const known: readonly LayerType[] = ["full_attention", "sliding_attention"];

/** The kinds of the layers: what `layer_types` says, else the architecture's own order. @throws DataError */
export function layerTypes(
  { config, path }: ConfigSource,
  layers: number,
  usual: (layer: number) => LayerType,
): LayerType[] {
  const { layer_types: given = null } = config;
  if (given === null) return Array.from({ length: layers }, (_, i) => usual(i));
  const types = Array.isArray(given) ? given : [given];
  const unknown = types.find((type) => !known.includes(type));
  if (unknown === undefined && types.length === layers) return types as LayerType[];
  const found = unknown === undefined ? `of ${types.length} layers` : describeValue(unknown);
  throw new DataError(
    `${path}: "layer_types" is ${found}; ${known.join(" or ")} for each of ${layers} layers is expected.`,
  );
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * How a layer's queries and keys are turned: by `rope_parameters` of transformers 5, which may differ between kinds of
 * layers, else by the older keys.
 *
 * @param usual base that the older keys give, numbers of a head that are turned, and whether `rope_scaling` is for this kind
 * @throws DataError naming a kind of scaling that is not known
 */
export function rotaryPositions(
  { config, path }: ConfigSource,
  usual: { readonly type: LayerType; readonly base: number; readonly size: number; readonly scaled: boolean },
): RotaryPositions {
  const { rope_parameters: all = null, rope_scaling: scaling = null } = config;
  for (const [key, value] of Object.entries({ rope_parameters: all, rope_scaling: scaling })) {
    if (value !== null && !isObject(value)) {
      throw new DataError(`${path}: "${key}" is ${describeValue(value)}; an object is expected.`);
    }
  }
  const nested = isObject(all) && known.some((type) => type in all);
  const own = nested ? all[usual.type] : all;
  if (own !== undefined && own !== null && !isObject(own)) {
    throw new DataError(
      `${path}: "rope_parameters" has ${describeValue(own)} for ${usual.type}; an object is expected.`,
    );
  }
  const given = { ...usual.scaled && isObject(scaling) ? scaling : {}, ...own ?? {} };
  expectValue({ config: { ...config, ...given }, path }, "partial_rotary_factor", null, 1);
  // Phi 3 and others keep it outside of the parameters, where it comes first.
  const original = config.original_max_position_embeddings ?? given.original_max_position_embeddings;
  const source = {
    config: {
      ...given,
      rope_type: given.rope_type ?? given.type ?? "default",
      original_max_position_embeddings: original,
    },
    path,
  };
  return {
    base: positiveOf(source, "rope_theta", usual.base),
    size: usual.size,
    scaling: readRotaryScaling(source, sizeOf({ config, path }, "max_position_embeddings")),
  };
}
