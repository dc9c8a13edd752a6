import { UsageError } from "../../kernels/errors.ts";
import { Parameter } from "../tensors/parameter.ts";

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
 * @throws UsageError when a parameter is in two groups, or a group has a learning rate and the optimiser's is 0
 */
export function settleGroups<Settings extends { readonly lr: number }>(
  name: string,
  given: Parameters<Settings>,
  base: Settings,
): readonly SettledGroup<Settings>[] {
  const seen = new Set<Parameter>();
  return asGroups(given).map(({ parameters, own }) => {
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
  given: Parameters<Settings>,
): { readonly parameters: readonly Parameter[]; readonly own: Partial<Settings> }[] {
  const loose: Parameter[] = [], groups: { parameters: readonly Parameter[]; own: Partial<Settings> }[] = [];
  for (const one of given) {
    if (one instanceof Parameter) loose.push(one);
    else {
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
