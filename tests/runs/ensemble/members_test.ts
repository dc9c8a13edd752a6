import assert from "node:assert/strict";
import { ensembleConfigOf, memberConfig } from "../../../runs/ensemble/config.ts";
import {
  defaultMembers,
  describeMember,
  expandMembers,
  type MemberEntry,
  parseMember,
  withCommon,
} from "../../../runs/ensemble/members.ts";

const words = (...entries: MemberEntry[]) => expandMembers(entries).map(describeMember);
const refused = (what: () => unknown, message: RegExp) => assert.throws(what, { name: "UsageError", message });

Deno.test("members: a grid over recipe and settings gives every combination, a list as it stands", () => {
  assert.deepEqual(
    words(
      {
        grid: { recipe: ["residual-mlp", "bilinear"], "training.seed": [2, 3] },
        settings: { training: { epochs: 9 } },
      },
      { recipe: "gaussian-process" },
    ),
    [
      "residual-mlp training.epochs=9 training.seed=2",
      "residual-mlp training.epochs=9 training.seed=3",
      "bilinear training.epochs=9 training.seed=2",
      "bilinear training.epochs=9 training.seed=3",
      "gaussian-process",
    ],
  );
});

Deno.test("members: words of the command line, values between bars, are the same as a grid", () => {
  assert.deepEqual(
    words(parseMember("bilinear training.seed=2|3 model.hidden=16,8")),
    ["bilinear training.seed=2 model.hidden=16,8", "bilinear training.seed=3 model.hidden=16,8"],
  );
  refused(() => parseMember("bilinaer"), /did you mean bilinear/);
  refused(() => parseMember("bilinear seed"), /--member is "bilinear seed"; a recipe and settings/);
});

Deno.test("members: what cannot be trained is refused with its place", () => {
  refused(() => words({ grid: { "training.seed": [1] } }), /members, entry 1 names no recipe/);
  refused(
    () => words({ recipe: "bilinear", grid: { "training.sed": [1] } }),
    /training\.sed"; the nearest one is "training\.seed"/,
  );
  refused(
    () => words({ recipe: "bilinear", grid: { "training.seed": [] } }),
    /"training\.seed" of the grid is an empty list; a list/,
  );
  refused(
    () => words({ recipe: "bilinear", gird: {} } as MemberEntry),
    /entry 1 has "gird"; recipe, settings and grid/,
  );
});

Deno.test("members: settings for all go under those of each, and are refused where one lacks them", () => {
  const members = expandMembers([parseMember("bilinear training.epochs=5"), parseMember("gaussian-process")]);
  assert.deepEqual(
    withCommon(members, [["training.epochs", "7"], ["weights.kind", "none"]]).map(({ settings }) => settings.training),
    [{ epochs: 5 }, { epochs: 7 }],
  );
  refused(
    () => withCommon(members, [["model.dropout", "0.1"]]),
    /gaussian-process has no such setting; .*--member "RECIPE model.dropout=0.1"/,
  );
});

Deno.test("members: all have the ensemble's split, whatever their seeds; two of a kind and own splits are refused", () => {
  const request = { files: null, settings: {}, maxRows: null };
  const config = ensembleConfigOf({ ...request, members: expandMembers(defaultMembers) });
  const members = config.members.map((_, i) => memberConfig(config, i).settings);
  assert.equal(members.length, 7);
  for (const { data } of members) assert.deepEqual(data, { ...config.settings.data, splitSeed: 1 });
  const of = (...entries: string[]) => () =>
    ensembleConfigOf({ ...request, members: expandMembers(entries.map(parseMember)) });
  refused(of(), /no members/);
  refused(
    () =>
      ensembleConfigOf({ ...request, members: expandMembers(defaultMembers), settings: { data: { splitSeed: null } } }),
    /splitSeed is null; a number is expected/,
  );
  refused(
    of("bilinear", "bilinear training.seed=1"),
    /The member "bilinear training\.seed=1"|The member "bilinear" is there twice/,
  );
  refused(of("bilinear data.splitSeed=4"), /sets data, which all members of an ensemble share/);
});
