import assert from "node:assert/strict";
import { main } from "../../cli/main.ts";
import { describeMember, type Member } from "../../runs/ensemble/members.ts";
import { put, withFolder } from "../temporary.ts";
import { recordingTerminal, run } from "./harness.ts";

interface Call {
  readonly kind: string;
  readonly request: { readonly members: readonly Member[]; readonly settings: unknown };
  readonly jobs: number;
}

async function callOf(line: string) {
  const { calls, err } = await run(line);
  assert.equal(err, "");
  const { kind, request, jobs } = calls[0]!.call as Call;
  return { kind, members: request.members.map(describeMember), settings: request.settings, jobs };
}

Deno.test("command line: --member makes an ensemble; its own settings go to it, all others to each member", async () => {
  assert.deepEqual(
    await callOf(
      "train --member bilinear --member residual-mlp --seed 4 --set data.groupBy=conversation --set combine.name=mean " +
        "--set training.epochs=7 --set prediction.round=true --jobs 2",
    ),
    {
      kind: "ensemble",
      members: ["bilinear training.epochs=7 training.seed=4", "residual-mlp training.epochs=7 training.seed=4"],
      settings: { data: { groupBy: "conversation" }, combine: { name: "mean" }, prediction: { round: true } },
      jobs: 2,
    },
  );
});

Deno.test(
  "command line: --config lists members and grids; --member goes over them, and none of both means the default ones",
  withFolder(async (folder) => {
    const file = await put(
      folder,
      "ensemble.json",
      JSON.stringify({
        recipe: "ensemble",
        members: [{ recipe: "bilinear", settings: { training: { epochs: 5 } } }],
        grid: { recipe: ["residual-mlp"], "training.seed": [2, 3] },
        settings: { training: { epochs: 9 } },
        combine: { name: "stacked" },
      }),
    );
    const { members, settings } = await callOf(`train --config ${file}`);
    assert.deepEqual(members, [
      "bilinear training.epochs=5",
      "residual-mlp training.epochs=9 training.seed=2",
      "residual-mlp training.epochs=9 training.seed=3",
    ]);
    assert.deepEqual(settings, { combine: { name: "stacked" } });
    assert.deepEqual((await callOf(`train --config ${file} --member bilinear`)).members, [
      "bilinear training.epochs=9",
    ]);
    assert.equal((await callOf("train --recipe ensemble")).members.length, 7);
    const odd = await put(folder, "odd.json", JSON.stringify({ recipe: "ensemble", member: [] }));
    assert.match((await run(`train --config ${odd}`)).err, /odd\.json has "member"; the nearest .* is "members"/);
  }),
);

Deno.test("command line: a member in closed form takes no settings of steps, but may stand beside one that does", async () => {
  const { code, err } = await run("train --member gaussian-process\u00a0training.epochs=5");
  assert.equal(code, 2);
  assert.match(err, /training\.epochs has no effect on gaussian-process, which is fitted in closed form/);
  assert.equal((await run("train --member gaussian-process --member bilinear --epochs 5")).err, "");
});

Deno.test("command line: what belongs to ensembles is refused elsewhere", async () => {
  const refused = async (line: string, message: RegExp) => {
    const { code, err } = await run(line);
    assert.equal(code, 2);
    assert.match(err, message);
  };
  await refused("train --recipe bilinear --member bilinear", /--member is for ensembles; --recipe ensemble/);
  await refused("train --recipe bilinear --jobs 2", /--jobs is for ensembles/);
  await refused("train --member bilinaer", /did you mean bilinear/);
  await refused("train --member gaussian-process --dropout 0.1", /gaussian-process has no such setting/);
  await refused("train --recipe ensemble --set combine.name=stackd", /did you mean stacked/);
});

Deno.test("recipes: an ensemble's settings are shown as a recipe's are", async () => {
  const { terminal, written } = recordingTerminal();
  assert.equal(await main(["recipes", "ensemble"], terminal), 0);
  assert.match(written.out, /combine\.name = weighted\n/);
});
