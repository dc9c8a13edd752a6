import assert from "node:assert/strict";
import { join } from "node:path";
import { nextCommand } from "../../cli/output/next_command.ts";
import { withFolder } from "../temporary.ts";

Deno.test(
  "next command: it names the target, a test set that is there, or the train records, never a file that is not",
  withFolder(async (folder) => {
    const at = (...parts: string[]) => join(folder, ...parts);
    const files = {
      data: at("train_data.json"),
      metricNames: null,
      metricEmbeddings: null,
      embeddings: at("embeddings", "train"),
      recover: false,
    };
    assert.equal(
      await nextCommand("runs/a", { files: null }),
      "deno task predict --run runs/a --data runs/a/sample/test.json",
    );
    assert.equal(
      await nextCommand("runs/it's mine/ü", { files: { ...files, data: "my data.csv", embeddings: null } }),
      "deno task predict --run 'runs/it'\\''s mine/ü' --data 'my data.csv'",
    );
    const own = `deno task predict --run runs/a --data ${files.data} --embeddings ${files.embeddings}`;
    assert.equal(await nextCommand("runs/a", { files }), own);
    await Deno.writeTextFile(at("test_data.json"), "[]");
    assert.equal(await nextCommand("runs/a", { files }), own, "a test set whose embeddings are not there");
    await Deno.mkdir(at("embeddings", "test"), { recursive: true });
    await Deno.writeTextFile(at("embeddings", "test", "response.npy"), "");
    assert.equal(
      await nextCommand("runs/a", { files }),
      `deno task predict --run runs/a --data ${at("test_data.json")} --embeddings ${at("embeddings", "test")}`,
    );
    assert.equal(
      await nextCommand("runs/a", { files: { ...files, embeddings: null } }, "target.json"),
      "deno task predict --run runs/a --data target.json",
    );
  }),
);
