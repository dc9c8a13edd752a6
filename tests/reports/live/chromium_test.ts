import axe from "axe-core/axe.min.js" with { type: "text" };
import assert from "node:assert/strict";
import { LivePage } from "../../../reports/live/live_server.ts";
import { Browser, hasChromium } from "../browser.ts";
import { trainEpochs } from "./training.ts";

const hostile = "<img src=x onerror=alert(1)> <script>alert(2)</script> \u202Egnp.exe";

/** Waits until an expression is true in the page. */
async function until(browser: Browser, expression: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (await browser.evaluate<boolean>(expression)) return;
    await new Promise((resume) => setTimeout(resume, 100));
  }
  assert.fail(`${expression} stays false: ${await browser.evaluate("document.body.innerText")}`);
}

Deno.test({
  name: "watch: Chromium shows a training, its end and the one that goes on, with no complaint and no other request",
  ignore: !await hasChromium(),
  fn: async () => {
    const first = LivePage.open("Training runs/a", 0), { url } = first, port = Number(new URL(url).port);
    first.log({ kind: "warning", text: hostile });
    await trainEpochs(first.state.train.run!({ name: hostile, number: 1, of: 2, beside: false })!, [3, 2.5, 2]);
    await trainEpochs(first.state.train.run!({ name: "fold 1", number: 2, of: 2, beside: false })!, [3, 2], {
      ends: false,
    });
    await using browser = await Browser.open();
    await browser.send("Page.navigate", { url });
    await until(browser, "document.querySelectorAll('figure').length >= 5");
    await until(browser, "document.querySelector('#log p.warning') !== null");
    const shown = await browser.evaluate<string>("document.querySelector('#log').textContent");
    assert.equal(shown, hostile.replace("\u202E", "⟨U+202E⟩"));
    assert.equal(await browser.evaluate("document.querySelectorAll('img, #log script').length"), 0);
    assert.equal(await browser.evaluate("document.querySelectorAll('#table-runs tbody tr').length"), 2);
    assert.match(await browser.evaluate("document.title"), /^2\/9 epochs · Training runs\/a$/);
    for (const [scheme, width] of [["light", 1100], ["dark", 1100], ["light", 360]] as const) {
      await browser.send("Emulation.setDeviceMetricsOverride", {
        ...{ width, height: 900, deviceScaleFactor: 1, mobile: width < 500 },
      });
      await browser.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
      const wide = await browser.evaluate<number>("document.documentElement.scrollWidth");
      assert.ok(wide <= width, `${scheme}, ${width}: ${wide} wide`);
      await browser.evaluate(`${axe}; undefined`);
      const violations = await browser.evaluate<{ id: string }[]>(
        "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => ({ id, html: nodes[0].html })))",
      );
      assert.deepEqual(violations, [], `${scheme}, ${width}`);
    }
    await browser.press("Tab");
    assert.equal(
      await browser.evaluate("document.activeElement.getAttribute('role')"),
      "region",
      "tables are in reach",
    );
    assert.deepEqual(browser.complaints, []);
    await first.close("stopped");
    await until(browser, "document.querySelector('#status').textContent.startsWith('Training was stopped.')");
    // It is resumed at the same port, in another process.
    await using second = LivePage.open("Training runs/a", port);
    second.log({ kind: "note", text: "Going on after epoch 2." });
    await trainEpochs(second.state.train, [1.5], { done: [3, 2], ends: false });
    await until(browser, "document.querySelector('#log').textContent === 'Going on after epoch 2.'");
    await until(browser, "document.querySelectorAll('#table-epochs tbody tr').length === 3");
    assert.equal(await browser.evaluate("document.querySelector('#table-runs')"), null);
    assert.deepEqual(browser.requests.filter((one) => !one.startsWith(url)), []);
  },
});
