import { calledAs } from "../data/files/called_as.ts";
import project from "../deno.json" with { type: "json" };
import { type AugmentCall, augmentCommand } from "./commands/augment.ts";
import { type Action, command } from "./command.ts";
import { type CompareCall, compareCommand } from "./commands/compare.ts";
import { type ConvertCall, convertCommand } from "./commands/convert.ts";
import { type DoctorCall, doctorCommand } from "./commands/doctor.ts";
import { type DownloadCall, downloadCommand } from "./commands/download.ts";
import { type EmbedCall, embedCommand } from "./commands/embed.ts";
import { type EvaluateCall, evaluateCommand } from "./commands/evaluate.ts";
import { type ExploreCall, exploreCommand } from "./commands/explore.ts";
import { type FinetuneCall, finetuneCommand } from "./commands/finetune.ts";
import { type PredictCall, predictCommand } from "./commands/predict.ts";
import { type RecipesCall, recipesCommand } from "./commands/recipes.ts";
import { type ReportCall, reportCommand } from "./commands/report.ts";
import { type SampleCall, sampleCommand } from "./commands/sample.ts";
import { type ServeCall, serveCommand } from "./commands/serve.ts";
import { type SynthesizeCall, synthesizeCommand } from "./commands/synthesize.ts";
import type { Terminal } from "./output/terminal.ts";
import { type TrainCall, trainCommand } from "./commands/train_call.ts";

/** What each command does once its options are understood. */
export interface Actions {
  readonly train: Action<TrainCall>;
  readonly evaluate: Action<EvaluateCall>;
  readonly compare: Action<CompareCall>;
  readonly predict: Action<PredictCall>;
  readonly convert: Action<ConvertCall>;
  readonly recipes: Action<RecipesCall>;
  readonly explore: Action<ExploreCall>;
  readonly report: Action<ReportCall>;
  readonly augment: Action<AugmentCall>;
  readonly synthesize: Action<SynthesizeCall>;
  readonly embed: Action<EmbedCall>;
  readonly finetune: Action<FinetuneCall>;
  readonly download: Action<DownloadCall>;
  readonly sample: Action<SampleCall>;
  readonly doctor: Action<DoctorCall>;
  readonly serve: Action<ServeCall>;
}

/** The whole command line: every command with its options. */
export function createProgram(actions: Actions, terminal: Terminal) {
  const program = command(calledAs(), "Trains and applies metric-conditioned scorers on the GPU.", [])
    .version(project.version, "-V, --version", "show the version")
    .option("-q, --quiet", "print results, warnings and errors only")
    .option("--debug", "show where an error arose, and details of the work")
    .hook("preAction", () => {
      terminal.quiet = program.opts().quiet ?? false;
      terminal.details = program.opts().debug ?? false;
    });
  const commands = [
    trainCommand((call) => actions.train(call, terminal)),
    evaluateCommand((call) => actions.evaluate(call, terminal)),
    compareCommand((call) => actions.compare(call, terminal)),
    predictCommand((call) => actions.predict(call, terminal)),
    convertCommand((call) => actions.convert(call, terminal)),
    recipesCommand((call) => actions.recipes(call, terminal)),
    exploreCommand((call) => actions.explore(call, terminal)),
    reportCommand((call) => actions.report(call, terminal)),
    augmentCommand((call) => actions.augment(call, terminal)),
    synthesizeCommand((call) => actions.synthesize(call, terminal)),
    embedCommand((call) => actions.embed(call, terminal)),
    finetuneCommand((call) => actions.finetune(call, terminal)),
    downloadCommand((call) => actions.download(call, terminal)),
    sampleCommand((call) => actions.sample(call, terminal)),
    doctorCommand((call) => actions.doctor(call, terminal)),
    serveCommand((call) => actions.serve(call, terminal)),
  ];
  const output = {
    writeOut: (text: string) => terminal.print(text.trimEnd()),
    writeErr: (text: string) => terminal.note(text.trimEnd()),
    outputError: () => {},
    // Asked of the environment otherwise, which the tasks may not read.
    getOutHasColors: () => false,
    getErrHasColors: () => false,
    getOutHelpWidth: () => helpWidth(terminal),
    getErrHelpWidth: () => helpWidth(terminal),
  };
  program.configureOutput(output).helpCommand(false);
  for (const each of commands) {
    each.configureOutput(output);
    program.addCommand(each as Parameters<typeof program.addCommand>[0]);
  }
  return program;
}

/** Wider lines are hard to read. */
const helpWidth = ({ columns }: Terminal) => Math.min(columns, 110);
