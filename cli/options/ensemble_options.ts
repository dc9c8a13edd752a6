import { describeValue } from "../../engine/files/describe_value.ts";
import { UsageError } from "../../kernels/errors.ts";
import {
  documentedEnsemble,
  type EnsembleRequest,
  ensembleTable,
  type GivenEnsembleSettings,
} from "../../runs/ensemble/config.ts";
import {
  defaultMembers,
  documentedMembers,
  expandMembers,
  type Member,
  type MemberEntry,
  parseMember,
  withCommon,
} from "../../runs/ensemble/members.ts";
import { leaves, mergeGiven, resolve, setByPath } from "../../recipes/settings/table.ts";
import { quoteNearest } from "../../data/texts/nearest_name.ts";
import { assignments, namingFile, type SettingsFile, type SettingWords } from "./train_options.ts";

/**
 * The members and the settings of an ensemble. Members are those of `--member`, else those of the file, else the default
 * ones, or those of document 001. Settings under data, combine and prediction are the ensemble's; all others are for every member, under its own.
 *
 * @throws UsageError naming the option or the file, and what is expected of it
 */
export function readEnsemble(
  words: SettingWords,
  file: SettingsFile | null,
  given: readonly string[],
): Pick<EnsembleRequest, "members" | "settings"> {
  const content = (file?.settings ?? {}) as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(content)) {
    if (known.includes(name)) continue;
    throw new UsageError(
      `${words.config} has ${describeValue(name)}; the nearest name that an ensemble has is ${
        quoteNearest(name, known)
      }.`,
    );
  }
  const { members, grid, settings: forAll = {}, ...own } = content;
  if (words.asDocumented && (given.length > 0 || members !== undefined || grid !== undefined)) {
    throw new UsageError("--as-documented of an ensemble is its members too; none are expected beside it.");
  }
  const usual = words.asDocumented ? documentedMembers : defaultMembers;
  const found = given.length > 0
    ? expandMembers(given.map(parseMember))
    : namingFile(words.config, () => expandMembers(entriesOf(members, grid) ?? usual));
  namingFile(words.config, () => resolve(ensembleTable, own));
  if (typeof forAll !== "object" || forAll === null || Array.isArray(forAll)) {
    throw new UsageError(`${words.config}: settings is ${describeValue(forAll)}; an object of settings is expected.`);
  }
  let settings = mergeGiven(words.asDocumented ? documentedEnsemble : {}, own as GivenEnsembleSettings);
  const common = new Map(leaves(forAll).map(([path, value]) => [path, String(value)]));
  for (const [path, word, name] of assignments(words)) {
    if (Object.hasOwn(ensembleTable, path.split(".")[0]!)) {
      settings = setByPath(ensembleTable, settings, path, word, name);
    } else common.set(path, word);
  }
  return { members: namingFile(words.config, () => withCommon(found, [...common])), settings };
}

const known = ["members", "grid", "settings", ...Object.keys(ensembleTable)];

/** Members that `--resume` adds. @throws UsageError */
export function readAdded(given: readonly string[]): Member[] {
  return expandMembers(given.map(parseMember));
}

/** The entries of a file; null where it has none. */
function entriesOf(members: unknown, grid: unknown): readonly MemberEntry[] | null {
  if (
    members !== undefined &&
    !(Array.isArray(members) && members.every((one) => one !== null && typeof one === "object"))
  ) {
    throw new UsageError(`members is ${describeValue(members)}; a list of objects is expected.`);
  }
  if (members === undefined && grid === undefined) return null;
  return [...members ?? [], ...(grid === undefined ? [] : [{ grid } as MemberEntry])];
}
