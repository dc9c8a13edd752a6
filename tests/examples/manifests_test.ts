import assert from "node:assert/strict";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { parseShard } from "../../cli/options/shard.ts";
import schema from "./kubernetes_job.json" with { type: "json" };

/** The parts of the manifest that the test looks at. */
interface Job {
  spec: {
    completions: number;
    completionMode: string;
    template: {
      spec: { restartPolicy: string; containers: { args: string[]; env: { name: string; value: string }[] }[] };
    };
  };
}

const text = await Deno.readTextFile("examples/kubernetes/score.yaml");
const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);

Deno.test("examples: the Kubernetes Job meets the published schema, and a slip does not", () => {
  assert.ok(validate(parse(text)), JSON.stringify(validate.errors));
  for (
    const [right, wrong] of [
      ["completionMode", "completionmode"],
      ["completions: 16", 'completions: "sixteen"'],
      ["claimName", "claim"],
      ["restartPolicy: Never", "restartPolicies: Never"],
      ["kind: Job", "kind: Jobs"],
      ["      containers:", "      container:"],
    ] as const
  ) {
    assert.ok(text.includes(right));
    assert.ok(!validate(parse(text.replace(right, wrong))), wrong);
  }
});

Deno.test("examples: each index of the Job and each task of the Slurm array is one shard of as many", async () => {
  const { spec } = parse(text) as Job, { restartPolicy, containers: [container] } = spec.template.spec;
  assert.deepEqual([spec.completionMode, restartPolicy], ["Indexed", "Never"]);
  assert.equal(container!.env.find(({ name }) => name === "PARTS")!.value, String(spec.completions));
  assert.match(container!.args.join(), /part=\$\(\(JOB_COMPLETION_INDEX \+ 1\)\);.* --shard "\$part\/\$PARTS"/s);
  assert.deepEqual(parseShard(`${spec.completions - 1 + 1}/${spec.completions}`), { index: 16, count: 16 });
  const script = await Deno.readTextFile("examples/slurm/score.sh");
  assert.match(script, /^#!\/bin\/bash\n(?:#.*\n)+set -euo pipefail\n/);
  assert.match(script, /^#SBATCH --array=1-16$/m);
  assert.match(script, /part=\$SLURM_ARRAY_TASK_ID of=\$SLURM_ARRAY_TASK_COUNT\n.*\nexec .* --shard "\$part\/\$of"/);
});
