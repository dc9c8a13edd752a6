import { Browser } from "./tests/reports/browser.ts";
const [path, out, scheme, width, top, height, hash] = Deno.args;
await using b = await Browser.open();
await b.goto(path!, { scheme: scheme as "light", width: Number(width) });
if (hash) {
  await b.evaluate(`location.hash=${JSON.stringify(hash)}`);
  await new Promise((r) => setTimeout(r, 300));
}
const h = await b.evaluate<number>("document.documentElement.scrollHeight");
const t = hash ? await b.evaluate<number>("scrollY") : Number(top);
Deno.writeFileSync(out!, await b.screenshot(t, Math.min(Number(height), h - t), Number(width)));
console.log(h, t, await b.evaluate("document.documentElement.scrollWidth"), b.complaints, b.requests.length);
