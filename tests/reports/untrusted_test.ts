import assert from "node:assert/strict";
import { join } from "node:path";
import { explore } from "../../cli/commands/explore.ts";
import { writeNpy } from "../../data/files/npy.ts";
import { toCsv, toJson } from "../../reports/table_files.ts";
import { table } from "../../reports/table.ts";
import { labels, visibleText } from "../../reports/visible_text.ts";
import { recordingTerminal } from "../cli/harness.ts";
import { put, withFolder } from "../temporary.ts";
import { checkMarkup, hostile } from "./hostile.ts";

const call = {
  test: null,
  embeddings: [],
  metrics: null,
  tokenizer: null,
  recipe: null,
  recover: false,
  maxRows: null,
  force: false,
};

async function report(folder: string, records: readonly unknown[], others: object = {}) {
  const data = await put(folder, "data.json", JSON.stringify(records));
  const out = join(folder, "report");
  const { terminal } = recordingTerminal();
  await explore({ ...call, data, out, ...others }, terminal);
  return { out, html: await Deno.readTextFile(join(out, "index.html")) };
}

Deno.test(
  "explore: texts and names of records are shown and never interpreted, in HTML, SVG and CSV",
  withFolder(async (folder) => {
    const records = hostile.flatMap((text, i) =>
      Array.from({ length: 12 }, (_, k) => ({
        metric_name: text,
        user_prompt: `${text} ${i}`,
        response: k === 0 ? `ответ ${text}` : text,
        score: (i + k) % 11,
        [text]: text,
      }))
    );
    const { out, html } = await report(folder, records, {
      test: await put(
        folder,
        "test.json",
        JSON.stringify(records.map((one) => ({ ...one, metric_name: `${one.metric_name}!` }))),
      ),
    });
    checkMarkup(html);
    assert.match(html, /&lt;script&gt;alert\(1\)/);
    assert.match(html, /Content-Security-Policy" content="default-src 'none'/);
    for await (const { name } of Deno.readDir(join(out, "figures"))) {
      const svg = await Deno.readTextFile(join(out, "figures", name));
      checkMarkup(svg.replace(/ xmlns(?::\w+)?="[^"]*"/g, ""), [], name);
    }
    for await (const { name } of Deno.readDir(join(out, "tables"))) {
      const text = await Deno.readTextFile(join(out, "tables", name));
      if (name.endsWith(".json")) JSON.parse(text);
      else assert.doesNotMatch(text, /(?:^|,)"?[=+@]/m, name);
    }
    assert.equal(
      new Set([...html.matchAll(/\bid="([^"]*)"/g)].map(([, id]) => id)).size,
      html.match(/\bid="/g)!.length,
    );
  }),
);

Deno.test(
  "explore: a text of 1 MB is cut, and 10,000 metrics fit a page",
  withFolder(async (folder) => {
    const count = 10_000, dimension = 8;
    const name = (i: number) => `category ${i % 300}/a metric with a rather long name, number ${i}`;
    const records = Array.from({ length: count }, (_, i) => ({
      metric_name: name(i),
      user_prompt: `prompt ${i}`,
      response: i === 5 ? "long text ".repeat(100_000) : `response ${i * 7}`,
      score: i % 11,
    }));
    const embeddings = Float32Array.from({ length: count * dimension }, (_, i) => Math.sin(i * i));
    await writeNpy(join(folder, "m.npy"), embeddings, [count, dimension]);
    const names = await put(folder, "n.json", JSON.stringify(records.map(({ metric_name }) => metric_name)));
    const { html, out } = await report(folder, records, {
      metrics: { names, embeddings: join(folder, "m.npy"), definitions: null },
    });
    assert.ok(html.length < 2e6, `${html.length} characters`);
    assert.equal((await Deno.readTextFile(join(out, "tables", "metrics.csv"))).trim().split("\n").length, count + 1);
  }),
);

Deno.test("explore: hidden characters are made visible, and what is long is cut at a whole character", () => {
  assert.equal(visibleText("a\u202Eb\u0000"), "a⟨U+202E⟩b⟨U+0000⟩");
  assert.equal(visibleText(" a \n\t b "), "a b");
  assert.equal(visibleText("😀".repeat(5), 3), "😀😀😀…");
  assert.equal(visibleText("क्\u200dष"), "क्\u200dष");
  assert.equal(visibleText("\ud800x"), "⟨U+D800⟩x");
  assert.equal(new Set(labels(["same name here", "same name there", ""], 6)).size, 3);
});

Deno.test("explore: CSV cells are no formulas, and JSON has texts as they are", () => {
  const made = table("t", "T", ["text", "value:number"], [["=1+1", -2], [" +x", 1], ["－1", NaN], ['a,"b"\n', null]]);
  assert.equal(toCsv(made), 'text,value\n\'=1+1,-2\n\' +x,1\n\'－1,\n"a,""b""\n",\n');
  assert.deepEqual(JSON.parse(toJson(made))[0], { text: "=1+1", value: -2 });
  assert.equal(JSON.parse(toJson(made))[2].value, null);
});
