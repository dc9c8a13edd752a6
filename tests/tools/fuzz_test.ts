import { targets } from "../../tools/fuzz/targets.ts";

/** Inputs of each kind; `deno task fuzz` tries 100,000. */
const runs = 1000;

for (const target of targets) {
  const { name, testShare = 1 } = target;
  Deno.test(`fuzz: ${runs * testShare} files of the kind "${name}" are read right or refused in one sentence`, async () => {
    await target.fuzz({ runs: runs * testShare, seed: 1 });
  });
}
