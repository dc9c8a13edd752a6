import assert from "node:assert/strict";
import { encoderNames } from "../../encoders/open_encoder.ts";
import { recipes } from "../../recipes/registry.ts";
import { run } from "./harness.ts";

const known = [...recipes.map(({ name }) => name), "ensemble"].join(" or ");

const refusals: readonly (readonly [line: string, sentence: string])[] = [
  ["trian", "Unknown command 'trian'; did you mean train?"],
  ["train --epoch 3", "Unknown option '--epoch'; did you mean --epochs?"],
  ["train --learning=1", "Unknown option '--learning'; did you mean --learning-rate?"],
  ["sample --quite", "Unknown option '--quite'; did you mean --quiet?"],
  ["predict --run r --dat d.json", "Unknown option '--dat'; did you mean --data?"],
  ["train -x", "Unknown option '-x'."],
  [
    "train --weights sqrt",
    '--weights is "sqrt"; sqrt-inverse or score-ranges or none is expected (did you mean sqrt-inverse?).',
  ],
  ["train --recipe linear", `--recipe is "linear"; ${known} is expected (did you mean bilinear?).`],
  ["train --recipe residual-mlp --rank 4", "--rank sets model.rank, which the recipe residual-mlp does not have."],
  [
    "train --recipe gaussian-process --epochs 5",
    "--epochs has no effect on gaussian-process, which is fitted in closed form, without steps.",
  ],
  [
    "train --recipe scml --set model.head=knn --set optimizer.lr=0.1",
    "optimizer.lr has no effect on scml, which is fitted in closed form, without steps.",
  ],
  ["train --epochs", "Option '--epochs <count>' argument missing."],
  ["train --epochs 2.5", '--epochs is "2.5"; a whole number from 1 to 1000000 is expected.'],
  ["train --epochs abc", '--epochs is "abc"; a whole number from 1 to 1000000 is expected.'],
  ["train --dropout 1", '--dropout is "1"; a number from 0 to 0.99 is expected.'],
  ["train --seed -1", '--seed is "-1"; a whole number from 0 to 4294967295 is expected.'],
  ["train --hidden 8,", '--hidden is "8,"; a list of whole numbers from 1 to 65536 is expected.'],
  ["train --out=", "--out is empty; a value is expected."],
  [
    "train --recipe ensemble --data - --metric-definitions m.json --jobs 2",
    "--jobs trains in several threads, which cannot all read standard input; give --data a file.",
  ],
  [
    "predict --run r --data d --map out=response",
    '--map names the field "out"; one of metric_name, system_prompt, ' +
    'user_prompt, response, score is expected; the nearest is "score".',
  ],
  ["train --score-range 1..5", "--score-range needs --data beside it."],
  [
    "train --data d --score-range 5",
    '--score-range is "5"; the lowest and the highest score, as 1..5, are expected.',
  ],
  ["train --map response=a", "--map needs --data beside it."],
  ["compare r --map response=a", "--map needs --data beside it."],
  ["train --data d.json --embeddings e", "--embeddings needs --metric-names and --metric-embeddings beside it."],
  [
    "train --data d.json --metric-definitions d --metric-names n",
    "--metric-definitions and --metric-names exclude each other.",
  ],
  [
    "train --data d --memory 4GB",
    "--memory needs --embeddings beside it: only embeddings that are there can be streamed.",
  ],
  ["train --memory 4", '--memory is "4"; an amount of memory, such as 4GB or 500MB, is expected.'],
  [
    "train --data d --metric-names n --metric-embeddings m --embeddings e --memory 4GB --folds 3",
    "--memory is for single runs, not for folds.",
  ],
  ["train --encoder hash --embeddings e", "--embeddings and --encoder exclude each other."],
  ["train --encoder file:e", "--embeddings needs --data beside it."],
  ["train --encoder all-MiniLM", `--encoder is "all-MiniLM"; ${encoderNames()} is expected.`],
  ["predict --run r --data d --encoder hub:x", `--encoder is "hub:x"; ${encoderNames()} is expected.`],
  ["embed --data d", "Required option '--out <folder>' not specified."],
  [
    "embed --data d --out o --fields prompt",
    '--fields is "prompt"; some of user_prompt, system_prompt, response, text, with commas between, are expected.',
  ],
  ["embed --data d --out o --fields response,response", "--fields names response twice."],
  [
    "embed --data d --out o --pooling median",
    '--pooling is "median"; auto or cls or max or mean or mean_sqrt_len_tokens or weightedmean or lasttoken is expected ' +
    "(did you mean mean?).",
  ],
  ["embed --data d --out o --batch-size 0", '--batch-size is "0"; a whole number from 1 to 4096 is expected.'],
  ["download ../x", '"../x" is no model; owner/name is expected.'],
  [
    "download --address hub",
    '--address is "hub"; an address such as https://huggingface.co is expected.',
  ],
  ["train --embeddings e", "--embeddings needs --data beside it."],
  ["train --group-by f", "--group-by needs --data beside it."],
  ["train runs/a", "Too many arguments for 'train'. Expected 0 arguments but got 1: runs/a."],
  ["train --folds 1", '--folds is "1"; a whole number from 2 to 1000 is expected.'],
  ["train --set optimizer.learning=1", 'There is no setting "optimizer.learning"; the nearest one is "optimizer.lr".'],
  ["train --set lr", '--set is "lr"; a setting and its value, such as optimizer.lr=3e-4, are expected.'],
  ["train --set model.rank=x", 'model.rank is "x"; a whole number from 0 to 65536 is expected.'],
  ["predict --run r", "Required option '--data <file>' not specified."],
  ["predict --run r --data d --metric-names n", "--metric-names needs --metric-embeddings beside it."],
  [
    "predict --run r --data d --shift emm",
    '--shift is "emm"; none or mean or em or bbse or auto is expected (did you mean em?).',
  ],
  ["predict --run r --data d --shift em --shift-target 6", "--shift-target needs --shift mean beside it."],
  [
    "evaluate --run r --data d --shift mean --shift-target 11",
    '--shift-target is "11"; a number from 0 to 10 is expected.',
  ],
  ["predict --run r --data d --columns id,", '--columns is "id,"; names with commas between are expected.'],
  ["predict --run r --data d --columns id,id", "--columns names id twice."],
  ["predict --run r --data d --interval 1", '--interval is "1"; a number from 0.01 to 0.999 is expected.'],
  [
    "evaluate --run r --data d --calibrate isotonc",
    '--calibrate is "isotonc"; none or isotonic is expected (did you mean isotonic?).',
  ],
  ["evaluate --run r --data d --metric-embeddings n", "--metric-embeddings needs --metric-names beside it."],
];

for (const [line, sentence] of refusals) {
  Deno.test(`command line: "${line}" is refused with one sentence and exit code 2`, async () => {
    assert.deepEqual(await run(line), { code: 2, out: "", err: `Error: ${sentence}\n`, calls: [] });
  });
}
