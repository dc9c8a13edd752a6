import { UsageError } from "../../kernels/errors.ts";
import { expectNames } from "../../kernels/settings.ts";
import { Parameter } from "../tensors/parameter.ts";
import { shapeText } from "../tensors/shapes.ts";
import { Tensor } from "../tensors/tensor.ts";

/** Parameters with settings of their own; what is not set is the optimiser's. */
export type ParameterGroup<Settings> = Partial<Settings> & {
  /** What the group changes. */
  readonly parameters: readonly Parameter[];
};

/** What an optimiser changes: parameters, or groups of them with settings of their own. */
export type Parameters<Settings> = readonly Parameter[] | readonly ParameterGroup<Settings>[];

/** A group with all of its settings. */
export interface SettledGroup<Settings> {
  /** What the group changes, each once. */
  readonly parameters: readonly Parameter[];
  /** The optimiser's settings, with the group's own in their place. */
  readonly settings: Settings;
  /** The group's learning rate, where it has one of its own, as a multiple of the optimiser's. */
  readonly lrFactor: number;
}

/**
 * Fills in the settings of groups.
 *
 * @param name the optimiser's, for messages
 * @param base the optimiser's own settings, its learning rate included
 * @param names of the settings that a group may have, and of those that only the optimiser has
 * @throws UsageError when what is given holds no parameters, a parameter is in two groups, a setting has no such name, or
 *   a group has a learning rate and the optimiser's is 0
 */
export function settleGroups<Settings extends { readonly lr: number }>(
  name: string,
  given: Parameters<Settings>,
  base: Settings,
  names: { readonly group: readonly string[]; readonly shared?: readonly string[] },
): readonly SettledGroup<Settings>[] {
  expectNames(name, base, [...names.group, ...names.shared ?? []]);
  const seen = new Set<Parameter>();
  return asGroups(name, given).map(({ parameters, own }) => {
    expectNames(`${name}: a group`, own, names.group);
    const once = [...new Set(parameters)];
    for (const parameter of once) {
      if (seen.has(parameter)) {
        throw new UsageError(`${name}: ${parameter.name} is in two groups, but one is expected.`);
      }
      seen.add(parameter);
    }
    const settings: Settings = { ...base, ...own };
    if (settings.lr !== base.lr && base.lr === 0) {
      throw new UsageError(
        `${name}: a group has the learning rate ${settings.lr}, a multiple of the optimiser's, which is 0.`,
      );
    }
    return { parameters: once, settings, lrFactor: settings.lr === base.lr ? 1 : settings.lr / base.lr };
  });
}

function asGroups<Settings>(
  name: string,
  given: Parameters<Settings>,
): { readonly parameters: readonly Parameter[]; readonly own: Partial<Settings> }[] {
  const loose: Parameter[] = [], groups: { parameters: readonly Parameter[]; own: Partial<Settings> }[] = [];
  if (!Array.isArray(given)) {
    throw new UsageError(`${name}: a list of parameters is expected, such as network.parameters().`);
  }
  for (const one of given as readonly (Parameter | ParameterGroup<Settings>)[]) {
    if (one instanceof Parameter) loose.push(one);
    else if (!Array.isArray(one?.parameters) || !one.parameters.every((one) => one instanceof Parameter)) {
      const found = one instanceof Tensor ? `the tensor ${one.name} ${shapeText(one.shape)}` : "something else";
      throw new UsageError(`${name}: parameters, or groups of them, are expected, but the list holds ${found}.`);
    } else {
      const { parameters, ...own } = one;
      groups.push({ parameters, own: own as unknown as Partial<Settings> });
    }
  }
  return loose.length > 0 ? [{ parameters: loose, own: {} }, ...groups] : groups;
}

/** The names of parameters in an optimiser's state: their own, with a number where several have the same. */
export function distinctNames(parameters: readonly Parameter[]): ReadonlyMap<Parameter, string> {
  const taken = new Set<string>();
  return new Map(parameters.map((parameter) => {
    let name = parameter.name;
    for (let n = 2; taken.has(name); n++) name = `${parameter.name}@${n}`;
    taken.add(name);
    return [parameter, name];
  }));
}
