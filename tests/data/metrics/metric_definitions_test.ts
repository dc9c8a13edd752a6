import assert from "node:assert/strict";
import { readMetricDefinitions } from "../../../data/metrics/metric_definitions.ts";
import { put, withFolder } from "../../temporary.ts";

Deno.test(
  "metric definitions: texts by name, those that an object inherits among them, in the order of the file",
  withFolder(async (folder) => {
    const path = await put(folder, "d.json", '{"tone": "how", "__proto__": "what", "constructor": "who"}');
    assert.deepEqual([...await readMetricDefinitions(path)], [
      ["tone", "how"],
      ["__proto__", "what"],
      ["constructor", "who"],
    ]);
  }),
);

Deno.test(
  "metric definitions: names that are there twice, other values and other files are refused",
  withFolder(async (folder) => {
    const refuse = async (content: string | Uint8Array, message: string) => {
      const path = await put(folder, "d.json", content);
      await assert.rejects(readMetricDefinitions(path), { name: "DataError", message: `${path}${message}` });
    };
    const once = "one text for each metric is expected.";
    await refuse('{"tone": "how", "bias": "b", "tone": "what"}', ` defines "tone" twice; ${once}`);
    await refuse('{"tone": "how", "t\\u006fne": "how"}', ` defines "tone" twice; ${once}`);
    await refuse(
      '{"tone": 1e400}',
      ': "tone" is Infinity (beyond the range of numbers, 1.8e308); the text that defines it is expected.',
    );
    await refuse('{"tone": {"a": 1, "a": 2}}', ': "tone" is an object; the text that defines it is expected.');
    await refuse("{}", " defines no metrics; at least one is expected.");
    await refuse('["tone"]', " holds no object; a text for each metric's name is expected.");
    await refuse(
      new Uint8Array([0x1f, 0x8b, 8, 0]),
      " is a gzip archive; a JSON object of metric definitions is expected: unpack it with gunzip first.",
    );
  }),
);
