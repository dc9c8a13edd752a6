// A command line whose `train` works until it is stopped, or, with --seed 2, for ever.
import { interruptible, Interruption } from "../../../cli/interruption.ts";
import { main } from "../../../cli/main.ts";
import { createTerminal } from "../../../cli/output/terminal.ts";
import type { Actions } from "../../../cli/program.ts";

const unused = () => Promise.resolve();
const actions: Actions = {
  train: (call, terminal) =>
    interruptible(terminal, async (signal) => {
      terminal.print("working");
      const deaf = call.kind === "new" && call.request.settings.training?.seed === 2;
      while (deaf || !signal.aborted) await new Promise((resume) => setTimeout(resume, 10));
      throw new Interruption("Saved after epoch 3. Go on with: deno task train --resume runs/a");
    }),
  evaluate: unused,
  compare: unused,
  predict: unused,
  convert: unused,
  recipes: unused,
  explore: () => Promise.resolve(),
  report: unused,
  augment: () => Promise.resolve(),
  synthesize: () => Promise.resolve(),
  embed: unused,
  finetune: unused,
  download: unused,
  sample: unused,
  doctor: unused,
  serve: unused,
};

Deno.exit(await main(Deno.args, createTerminal(), actions));
