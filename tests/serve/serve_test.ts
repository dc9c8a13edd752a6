import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { MetricRecord } from "../../data/records.ts";
import { openDevice } from "../../engine/device/open.ts";
import { Engine } from "../../engine/engine.ts";
import { DeviceError } from "../../kernels/errors.ts";
import { Scorer } from "../../runs/scorer.ts";
import { trainRun } from "../../runs/start_run.ts";
import { openTrained } from "../../runs/trained_folder.ts";
import type { ServeRequest } from "../../serve/serve.ts";
import type { AccessLine } from "../../serve/watch/access_log.ts";
import { withFolder } from "../temporary.ts";
import { silent, small, writeInputs } from "../runs/runs.ts";
import { post, withService } from "./running_service.ts";

// The tests take the device of the service away.
const device = await openDevice(), engine = await Engine.open({ device });
addEventListener("unload", () => device[Symbol.dispose]());

/** What a served run tells of a record. */
interface Answer {
  readonly scores: readonly {
    readonly score: number;
    readonly interval: readonly number[];
    readonly fit: number | null;
  }[];
}

const record = (i: number) => ({
  metric_name: `metric ${i % 4}`,
  system_prompt: i % 3 === 0 ? null : "Be brief.",
  user_prompt: `question ${i}`,
  response: `answer ${"word ".repeat(i % 17)}${i}`,
});

const records = Array.from({ length: 60 }, (_, i) => record(i));

const given = records.map(({ metric_name: metric, system_prompt: systemPrompt, user_prompt: userPrompt, response }) =>
  ({ metric, systemPrompt, userPrompt, response, score: null, extra: {} }) satisfies MetricRecord
);

/** A tiny run, and what it says of the records without a service. */
async function trainTiny() {
  const folder = await Deno.makeTempDir({ prefix: "metrograd_test_" });
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const files = { ...await writeInputs(folder), embeddings: null }, path = join(folder, "run");
  const settings = { ...small, training: { ...small.training, epochs: 1 } };
  await trainRun({ recipe: "bilinear", files, settings, maxRows: null, out: path }, { engine, reporter: silent });
  const scorer = await Scorer.load(engine, path);
  const { score } = await scorer.predict(await scorer.features(given, { source: "here" }), "none");
  scorer.dispose();
  return { path, score };
}

const { path, score } = await trainTiny();

/** Checks scores and that they are in the order of the records. */
function assertScores({ scores }: Answer, expected: Float32Array, from: number): void {
  for (const [i, { score, interval: [low, high] }] of scores.entries()) {
    const place = `record ${from + i}`;
    assert.ok(Math.abs(score - expected[from + i]!) < 1e-4, `${place}: ${score} and ${expected[from + i]}`);
    assert.ok(low! <= score && score <= high! && low! < high!, place);
  }
}

Deno.test(
  "serve: scores are those of the run in the order of the records, whoever asks with them and when the GPU is lost; then it ends",
  async () => {
    const { open } = Engine, engines: Engine[] = [];
    Engine.open = async (options) => {
      const engine = await open.call(Engine, options);
      engines.push(engine);
      return engine;
    };
    try {
      await withService(path, async (url, { lines, warnings, end }) => {
        const ask = async (from: number, to: number) => {
          const response = await post(`${url}/v1/scores`, { records: records.slice(from, to) });
          assert.equal(response.status, 200, await response.clone().text());
          assertScores(await response.json(), score, from);
        };
        await Promise.all([ask(0, 60), ask(3, 4), ask(10, 20), ask(59, 60)]);

        const asked = Promise.all([ask(0, 60), ask(1, 3), ask(7, 8)]);
        await new Promise((resume) => setTimeout(resume, 20));
        engines.at(-1)!.opened.device.destroy();
        await asked;
        await ask(5, 9);
        assert.equal(engines.length, 2);
        assert.match(warnings.join("\n"), /^The GPU .* It is opened again, and what waits is scored again\.$/);
        assert.match(await (await fetch(`${url}/metrics`)).text(), /^metrograd_device_losses_total 1$/m);

        // A client that goes away, with a body of many parts.
        const gone = new AbortController();
        const long = records.flatMap((one) => Array(15).fill({ ...one, response: "word ".repeat(60) }));
        const left = assert.rejects(post(`${url}/v1/scores`, { records: long }, gone.signal));
        await new Promise((resume) => setTimeout(resume, 250));
        gone.abort();
        await left;
        await ask(0, 60);
        assert.ok(
          lines.some(({ status, records }) => status === 499 && records === long.length),
          JSON.stringify(lines),
        );

        // What is asked when it ends is answered; nothing is taken afterwards.
        const last = ask(0, 60);
        await new Promise((resume) => setTimeout(resume, 20));
        end();
        await last;
        await assert.rejects(fetch(`${url}/health`));
      });
    } finally {
      Engine.open = open;
    }
  },
);

Deno.test(
  "serve: while the GPU cannot be opened again it is not ready and answers 503, then it goes on",
  async () => {
    const { open } = Engine;
    let last: Engine | null = null, isGone = false;
    Engine.open = async (options) => {
      if (isGone) throw new DeviceError("No GPU adapter was found.");
      return last = await open.call(Engine, options);
    };
    try {
      await withService(path, async (url, { warnings }) => {
        const ask = () => post(`${url}/v1/scores`, { records: records.slice(0, 5) });
        isGone = true;
        last!.opened.device.destroy();
        const refused = await ask();
        assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "5"]);
        assert.doesNotMatch(await refused.text(), /adapter/);
        assert.match(warnings.join("\n"), /Then it failed again: No GPU adapter was found\./);
        const ready = async () => {
          const { status, body } = await fetch(`${url}/ready`);
          await body?.cancel();
          return status;
        };
        assert.equal(await ready(), 503);
        isGone = false;
        // Being asked whether it is ready makes it so.
        while (await ready() === 503) await new Promise((resume) => setTimeout(resume, 20));
        assertScores(await (await ask()).json(), score, 0);
      });
    } finally {
      Engine.open = open;
    }
  },
);

Deno.test(
  "serve: the task has the permissions that it needs; SIGTERM ends it with 0, once what waits is answered",
  async () => {
    const root = fileURLToPath(new URL("../../", import.meta.url));
    const { tasks } = JSON.parse(await Deno.readTextFile(join(root, "deno.json"))) as { tasks: Record<string, string> };
    const home = Deno.env.get("HOME") ?? "";
    const flags = tasks.serve!.replaceAll("$HOME", home).replaceAll(
      "$XDG_CACHE_HOME",
      Deno.env.get("XDG_CACHE_HOME") || home,
    )
      .split(" ").slice(1);
    assert.deepEqual(flags.filter((flag) => flag.startsWith("--allow-net")), ["--allow-net=127.0.0.1,0.0.0.0"]);
    const child = new Deno.Command(Deno.execPath(), {
      args: [...flags, "--run", path, "--port", "0"],
      ...{ cwd: root, stdout: "piped", stderr: "piped", env: { NO_COLOR: "1" } },
    }).spawn();
    let said = "";
    const decoder = new TextDecoder(), errors = child.stderr.getReader();
    while (!/http:\S+;/.test(said)) {
      const { value, done } = await errors.read();
      if (done) assert.fail(said);
      said += decoder.decode(value);
    }
    const [url] = /http:[^;]+/.exec(said)!;
    const asked = post(`${url}/v1/scores`, { records: records.flatMap((one) => Array(20).fill(one)) });
    const output = new Response(child.stdout).text();
    while (!/waiting_requests 1/.test(await (await fetch(`${url}/metrics`)).text()));
    child.kill("SIGTERM");
    const answer = await (await asked).json() as Answer;
    assertScores({ scores: answer.scores.filter((_, i) => i % 20 === 0) }, score, 0);
    const { code } = await child.status;
    for (let read = await errors.read(); !read.done; read = await errors.read()) said += decoder.decode(read.value);
    assert.equal(code, 0, said);
    assert.match(said, /Ending as soon as what waits is answered/);
    const lines = (await output).trim().split("\n").map((line) => JSON.parse(line) as AccessLine);
    assert.ok(lines.some(({ route, status, records }) => route === "/v1/scores" && status === 200 && records === 1200));
  },
);

Deno.test(
  "serve: what cannot be served is said before it listens",
  withFolder(async (folder) => {
    const files = await writeInputs(folder), embedded = join(folder, "run");
    const settings = { ...small, training: { ...small.training, epochs: 1 } };
    await trainRun({ recipe: "bilinear", files, settings, maxRows: null, out: embedded }, { engine, reporter: silent });
    const refused = (runs: ServeRequest["runs"], message: RegExp) =>
      assert.rejects(withService(path, () => Promise.resolve(), { runs }), { message });
    await refused(
      [{ name: null, path: embedded }],
      /^This run was trained on embeddings \(text\); --embeddings is missing\.$/,
    );
    await refused([{ name: null, path }, { name: "run", path }], /^Two runs are called run; name one of them, as/);
    await refused([{ name: null, path: folder }], /config\.json/);
    const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await assert.rejects(
      withService(path, () => Promise.resolve(), { port: (taken.addr as Deno.NetAddr).port }),
      /cannot be listened on: another process has the port \(--port takes another\)\.$/,
    );
    taken.close();
  }),
);

Deno.test(
  "serve: a loaded folder scores as one that is loaded for the records alone",
  async () => {
    using loaded = await (await openTrained(path)).load(engine);
    const given = records.map((
      { metric_name: metric, system_prompt: systemPrompt, user_prompt: userPrompt, response },
    ) => ({ metric, systemPrompt, userPrompt, response, score: null, extra: {} }) satisfies MetricRecord);
    for (let time = 0; time < 2; time++) {
      const { predictions } = await loaded.score(given, { source: "here" }, { name: "none", target: null });
      assert.deepEqual(predictions.score, score);
    }
  },
);
