import assert from "node:assert/strict";
import { join } from "node:path";
import { explore } from "../../cli/commands/explore.ts";
import { writeRunReport } from "../../reports/report/run_report.ts";
import { trainRun } from "../../runs/start_run.ts";
import { recordingTerminal } from "../cli/harness.ts";
import { silent, small, writeInputs } from "../runs/runs.ts";
import { withFolder } from "../temporary.ts";
import { type Appearance, Browser, hasChromium } from "./browser.ts";
import { testEngine } from "../engine/harness.ts";

const engine = await testEngine();

const appearances: readonly Appearance[] = [
  { scheme: "light", width: 1100 },
  { scheme: "dark", width: 1100 },
  { scheme: "light", width: 360 },
];

/** A violation that axe found: what it is, and where first. */
type Violation = readonly [id: string, where: string];

/** Opens a page in each appearance, and expects that nothing is wrong with it. */
async function inspect(browser: Browser, path: string, axe: string): Promise<void> {
  for (const appearance of appearances) {
    const what = `${path}, ${appearance.scheme}, ${appearance.width}`;
    browser.requests.length = browser.complaints.length = 0;
    await browser.goto(path, appearance);
    const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assert.equal(await browser.evaluate(overflow), 0, `${what}: wider than the window`);
    await browser.evaluate(`${axe}; 0`);
    const found = await browser.evaluate<Violation[]>(
      `axe.run().then(({ violations }) => violations.filter(({ impact }) => /serious|critical/.test(impact))
        .map(({ id, nodes: [first] }) => [id, first.html.slice(0, 200)]))`,
    );
    assert.deepEqual(found, [], what);
    assert.deepEqual(browser.complaints, [], what);
    assert.deepEqual(browser.requests.map((url) => url.replace(/#.*/, "")).filter((url) => !/^data:,?$/.test(url)), [
      new URL(`file://${path}`).href,
    ], what);
  }
}

Deno.test({
  name: "reports: in Chromium they are accessible, ask for nothing, and work by mouse and keyboard",
  ignore: !await hasChromium(),
  fn: withFolder(async (folder) => {
    const files = await writeInputs(folder), run = join(folder, "run");
    await trainRun({ recipe: "bilinear", files, settings: small, maxRows: null, out: run }, {
      engine,
      reporter: silent,
    });
    const page = (await writeRunReport(run, join(run, "report"), () => {}))!;
    const call = {
      ...{ test: files.data, embeddings: [], metrics: null, tokenizer: null, recipe: null },
      ...{ recover: false, maxRows: null },
    };
    const explored = join(folder, "explored");
    await explore({ ...call, data: files.data, force: false, out: explored }, recordingTerminal().terminal);
    const { default: { source } } = await import("axe-core");
    await using browser = await Browser.open();
    await inspect(browser, join(explored, "index.html"), source);
    await inspect(browser, page, source);

    await browser.goto(page, appearances[0]!);
    // A bar leads to the records that are most wrong, and from there to one with its texts.
    const bar = `document.querySelector("#score-errors-figure a")`;
    const to = await browser.evaluate<string>(`${bar}.getAttribute("href")`);
    await browser.evaluate(`${bar}.dispatchEvent(new MouseEvent("click", { bubbles: true }))`);
    await settled(browser);
    assert.equal(await browser.evaluate("location.hash"), to);
    const list = `document.querySelector(":target")`;
    assert.equal(await browser.evaluate(`${list}.closest("details").open`), true);
    await browser.evaluate(`${list}.querySelector("a").focus()`);
    await browser.press("Enter");
    await settled(browser);
    assert.match(await browser.evaluate("location.hash"), /^#record-\d+$/);
    assert.match(await browser.evaluate(`${list}.querySelector("dd:last-of-type").textContent`), /^answer \d+$/);
    const seen = await browser.evaluate<number>(`${list}.getBoundingClientRect().top`);
    assert.ok(seen >= 0 && seen < 900, `the record is ${seen} pixels from the top`);
    // A link from outside opens the list too.
    await browser.goto(`${page}`, appearances[0]!);
    await browser.evaluate(`location.hash = "${to}"`);
    await settled(browser);
    assert.equal(await browser.evaluate(`${list}.closest("details").open`), true);

    const column = `[...document.querySelectorAll("#records table.sortable tbody tr")]
      .map(({ cells: [, , cell] }) => Number(cell.dataset.value))`;
    const head = `document.querySelectorAll("#records table.sortable th")[2]`;
    for (const order of ["ascending", "descending"]) {
      await browser.evaluate(`${head}.querySelector("button").focus()`);
      await browser.press("Enter");
      const values = await browser.evaluate<number[]>(column), sorted = values.toSorted((a, b) => a - b);
      assert.deepEqual(values, order === "ascending" ? sorted : sorted.toReversed());
      assert.equal(await browser.evaluate(`${head}.getAttribute("aria-sort")`), order);
    }
    assert.ok(new Set(await browser.evaluate<number[]>(column)).size > 3);
    assert.deepEqual(browser.complaints, []);
  }),
});

const settled = (browser: Browser) =>
  browser.evaluate("new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50)))");
