import { join } from "node:path";
import { writeAtomically } from "../../engine/files/files.ts";
import { readJsonValue } from "../../data/files/json_value.ts";
import { DataError, UsageError } from "../../kernels/errors.ts";
import { configOf } from "../configure.ts";
import type { RunConfig } from "../run_folder.ts";
import { choice, type Field, number, optionalNumber } from "../../recipes/settings/field.ts";
import { type GivenSettings, type SharedTable, sharedTable } from "../../recipes/settings/shared.ts";
import { type Given, resolve, type Values, withDefaults } from "../../recipes/settings/table.ts";
import { isMaxRows, isTrainFiles, type TrainFiles } from "../train_request.ts";
import { type Combination, type CombineName, combineNames } from "./combine.ts";
import { describeMember, type Member } from "./members.ts";

/** What `--recipe` calls an ensemble. */
export const ensembleName = "ensemble";

/** What it is, in a line. */
export const ensembleSummary = "several runs of any recipes on one split, their scores averaged, weighed or stacked";

/** Kinds of the settings of an ensemble itself. */
export type EnsembleTable = Pick<SharedTable, "data" | "prediction"> & {
  readonly combine: {
    readonly name: Field<CombineName>;
    readonly evenness: Field<number>;
    readonly alpha: Field<number | null>;
  };
};

/** Settings of an ensemble itself; its members have those of their recipes but for `data` and `prediction`. */
export const ensembleTable: EnsembleTable = {
  data: withDefaults({ data: sharedTable.data }, { data: { splitSeed: 1 } }).data,
  combine: {
    name: choice("weighted", combineNames, "how the members' scores become one"),
    evenness: number(0.05, [0, 1e6, false], "weighted: how strongly weights are held to equal ones"),
    alpha: optionalNumber(null, [1e-9, 1e9, false], "stacked: penalty of the ridge regression; null searches for it"),
  },
  prediction: sharedTable.prediction,
};

/** Settings of an ensemble itself as document 001 has them: the mean of the members, rounded. */
export const documentedEnsemble: GivenEnsembleSettings = { combine: { name: "mean" }, prediction: { round: true } };

/** Settings of an ensemble itself. */
export type EnsembleSettings = Values<EnsembleTable>;

/** Some settings of an ensemble. */
export type GivenEnsembleSettings = Given<EnsembleTable>;

/** An ensemble to train. */
export interface EnsembleRequest {
  /** Null for the built-in sample set. */
  readonly files: TrainFiles | null;
  /** At least one; see `expandMembers`. */
  readonly members: readonly Member[];
  /** Settings of the ensemble that differ from the defaults. */
  readonly settings: GivenEnsembleSettings;
  /** Only the first records; null for all. */
  readonly maxRows: number | null;
}

/** Everything needed to repeat an ensemble. */
export interface EnsembleConfig {
  /** Of each member what was asked for; its settings are filled in by `memberConfig`. */
  readonly members: readonly Member[];
  /** Its own, in full. */
  readonly settings: EnsembleSettings;
  /** Null for the built-in sample set. Paths are absolute. */
  readonly files: TrainFiles | null;
  /** Only the first records; null for all. */
  readonly maxRows: number | null;
  /** Whether the members' event files have histograms. */
  readonly histograms?: true;
}

/** How a finished ensemble scores. */
export interface FittedEnsemble extends Combination {
  /** RMSE of each member on the validation rows, which stands for the standard deviation of a member that gives none; [members]. */
  readonly rmse: readonly number[];
  /** Mean score of the train rows. */
  readonly trainMean: number;
}

const format = "metrograd ensemble 1";
const configFile = "ensemble.json";

/** Everything that repeats an ensemble. @throws UsageError naming the member that cannot be trained */
export function ensembleConfigOf(
  { files, members, settings, maxRows, histograms }: EnsembleRequest & Pick<EnsembleConfig, "histograms">,
): EnsembleConfig {
  if (members.length === 0) throw new UsageError("The ensemble has no members; at least one is expected.");
  const config = {
    members,
    settings: resolve(ensembleTable, settings),
    files: configOf({ recipe: members[0]!.recipe, settings: {}, files, maxRows }).files,
    maxRows,
    ...(histograms && { histograms }),
  };
  if (config.settings.data.splitSeed === null) {
    throw new UsageError(
      "data.splitSeed is null; a number is expected, since the members of an ensemble share one split.",
    );
  }
  const seen = new Set<string>();
  members.forEach((member, number) => {
    const word = JSON.stringify(memberConfig(config, number).settings) + member.recipe;
    if (seen.has(word)) {
      throw new UsageError(`The member "${describeMember(member)}" is there twice; members have to differ.`);
    }
    seen.add(word);
  });
  return config;
}

/** The run of a member: its own settings, the split of the ensemble, and scores as they are. @throws UsageError */
export function memberConfig(
  { members, settings, files, maxRows, histograms }: EnsembleConfig,
  number: number,
): RunConfig {
  const member = members[number]!;
  for (const section of ["data", "prediction"] as const) {
    if (member.settings[section] === undefined) continue;
    throw new UsageError(
      `The member "${
        describeMember(member)
      }" sets ${section}, which all members of an ensemble share; set it for the ensemble.`,
    );
  }
  const given: GivenSettings = { ...member.settings, data: settings.data };
  return configOf({ recipe: member.recipe, settings: given, files, maxRows, ...(histograms && { histograms }) });
}

/** The runs of all members. @throws UsageError */
export function memberConfigs(config: EnsembleConfig): RunConfig[] {
  return config.members.map((_, number) => memberConfig(config, number));
}

/** The settings of an ensemble in sections, with its members and its data. */
export function describeEnsemble({ members, settings, files, maxRows }: EnsembleConfig): object {
  const words = members.map((member, i) => [String(i + 1), describeMember(member)] as const);
  return { ...settings, members: Object.fromEntries(words), files: files ?? "the built-in sample set", maxRows };
}

/** The files of an ensemble. */
export class EnsembleFolder {
  constructor(readonly path: string) {}

  /** Folder of a member's run. */
  member(config: EnsembleConfig, number: number): string {
    return join(this.path, "members", `${String(number + 1).padStart(2, "0")}-${config.members[number]!.recipe}`);
  }

  /** Predictions of the validation rows by combinations that were fitted without them. */
  get validation(): string {
    return join(this.path, "validation.csv");
  }

  /** The same rows with a metric that does not fit. */
  get mismatched(): string {
    return join(this.path, "mismatched.csv");
  }

  /** Figures of both, beside the baselines'. */
  get figures(): string {
    return join(this.path, "figures.json");
  }

  /** What each way to allow for shift does on both. */
  get shift(): string {
    return join(this.path, "shift.json");
  }

  /** @param fitted null until all members are done */
  async write(config: EnsembleConfig, fitted: FittedEnsemble | null): Promise<void> {
    const text = JSON.stringify({ format, ...config, fitted }, null, 2) + "\n";
    await writeAtomically(join(this.path, configFile), text);
  }

  /** @throws DataError when the folder holds no ensemble, or its config is damaged */
  async read(): Promise<{ readonly config: EnsembleConfig; readonly fitted: FittedEnsemble | null }> {
    const path = join(this.path, configFile);
    const { value } = await readJsonValue(path, "the config of an ensemble");
    try {
      const content = (value ?? {}) as Partial<EnsembleRequest> & Pick<EnsembleConfig, "histograms"> & {
        format?: unknown;
        fitted?: FittedEnsemble | null;
      };
      const { members, settings, files, maxRows, histograms, fitted } = content;
      const isWhole = content.format === format && Array.isArray(members) && members.every(isMember) &&
        (files === null || isTrainFiles(files)) && isMaxRows(maxRows);
      if (!isWhole) {
        throw new DataError(
          `"format" is not "${format}", or "members", "files" and "maxRows" are not as they were written`,
        );
      }
      return {
        config: ensembleConfigOf({
          ...{ members, settings: settings ?? {}, files, maxRows },
          ...(histograms && { histograms }),
        }),
        fitted: fitted ?? null,
      };
    } catch (error) {
      throw new DataError(`${path} is damaged: ${(error as Error).message.replace(/\.$/, "")}.`, { cause: error });
    }
  }
}

/** Folders of a run, or of an ensemble's members. */
export function runsOf(path: string, config: RunConfig | EnsembleConfig): string[] {
  if (!("members" in config)) return [path];
  const folder = new EnsembleFolder(path);
  return config.members.map((_, member) => folder.member(config, member));
}

function isMember(value: unknown): value is Member {
  const { recipe, settings } = (value ?? {}) as Partial<Member>;
  return typeof recipe === "string" && typeof settings === "object" && settings !== null;
}

/** True when a folder holds an ensemble, whole or begun. */
export async function holdsEnsemble(path: string): Promise<boolean> {
  return await Deno.stat(join(path, configFile)).then(() => true, () => false);
}

/** How much rows with a metric that does not fit count in the combination: the largest share of a member, half at most. */
export function mismatchedShareOf(config: EnsembleConfig): number {
  const shares = memberConfigs(config).map(({ settings }) => settings.augmentation.metricSwap.share);
  return Math.min(Math.max(...shares), 0.5);
}
