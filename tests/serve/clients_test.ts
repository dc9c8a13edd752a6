import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { listen } from "../../serve/http/listen.ts";
import { withFolder } from "../temporary.ts";
import { asking, fakeModel, fakeService } from "./fake_service.ts";

/** The output of a program; null where it is not there or may not be run. */
async function outputOf(program: string, args: string[], options: Deno.CommandOptions = {}): Promise<string | null> {
  if ((await Deno.permissions.query({ name: "run", command: program })).state !== "granted") return null;
  try {
    const { stdout, success } = await new Deno.Command(program, { ...options, args, stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout) : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

const python = "python3", promptfoo = "promptfoo";
const hasClients = await outputOf(python, ["-c", "import cohere, litellm, openai"]) !== null;
const hasPromptfoo = await outputOf(promptfoo, ["--version"]) !== null;

/** A service of a fake run for clients of the outside; answers are also asked for without them. */
async function withClients(body: (url: string, service: ReturnType<typeof asking>) => Promise<void>): Promise<void> {
  const service = asking(fakeService([fakeModel("tiny")]));
  const server = await listen({ hostname: "127.0.0.1", port: 0 }, service.handler);
  try {
    await body(`http://127.0.0.1:${server.port}`, service);
  } finally {
    const closed = server.close();
    server.cut();
    await closed;
  }
}

// What these send stands in `shapes_test.ts` for where they are not installed.
Deno.test({
  name: "clients: litellm, cohere and openai understand what is answered",
  ignore: !hasClients,
  fn: () =>
    withClients(async (url, { post }) => {
      const program = fileURLToPath(new URL("programs/clients.py", import.meta.url));
      const env = { LITELLM_LOCAL_MODEL_COST_MAP: "True" };
      const understood = JSON.parse((await outputOf(python, [program, url, "tone"], { env }))!);
      const body = { query: "What is asked?", documents: ["Short.", "An answer of some more words.", "Short."] };
      const { json } = await post("/rerank?metric=tone", body);
      const all = json.results.map(({ index, relevance_score: score }) => ({ index, score }));
      assert.deepEqual(understood.litellm, all.slice(0, 2));
      assert.deepEqual(understood["cohere v1"], all);
      assert.deepEqual(understood["cohere v2"], all.slice(0, 2));
      assert.deepEqual(understood["litellm embeddings"], [2, 2]);
      assert.deepEqual(understood.openai, [[3, 0.5], [3, 0.5]]);
    }),
});

Deno.test({
  name: "clients: promptfoo judges by the webhook, by the assertion and by the provider of the example",
  ignore: !hasPromptfoo,
  fn: withFolder((folder) =>
    withClients(async (url) => {
      const cwd = fileURLToPath(new URL("../../examples/promptfoo/", import.meta.url));
      const env = {
        ...{ METROGRAD: url, METRIC: "tone", OTHER_METRIC: "clarity", PROMPTFOO_CONFIG_DIR: join(folder, "config") },
        ...{
          PROMPTFOO_DISABLE_TELEMETRY: "1",
          PROMPTFOO_DISABLE_UPDATE: "1",
          PROMPTFOO_DISABLE_REMOTE_GENERATION: "1",
        },
      };
      const evaluate = async (config: string) => {
        const out = join(folder, `${config}.json`);
        await outputOf(promptfoo, ["eval", "--no-cache", "-c", config, "-o", out], { cwd, env });
        return JSON.parse(await Deno.readTextFile(out)).results.results[0];
      };
      const { success, namedScores, gradingResult } = await evaluate("promptfooconfig.yaml");
      assert.deepEqual([success, Object.keys(namedScores)], [true, ["tone", "clarity"]]);
      assert.match(gradingResult.componentResults[1].reason, /^tone: .* of 1 to 5, between .* is needed$/);
      const scored = await evaluate("answers.yaml");
      assert.deepEqual([scored.success, Object.keys(scored.response.output)], [true, ["tone", "clarity"]]);
    })
  ),
});
