import assert from "node:assert/strict";

/** Texts that would do something where they are not merely shown. */
export const hostile = [
  "<script>alert(1)</script>",
  "</style><svg onload=alert(1)><animate onbegin=alert(2)>",
  '"><img src=https://example.com/x.png onerror=alert(1)>',
  '=HYPERLINK("https://example.com")',
  "@SUM(1+1)*cmd|' /C calc'!A0",
  "user\u202Egnp.exe\u2066 \u0000 \ud800 end",
  'a\nb,c"d',
  "javascript:alert(1)//]]>--><!--",
];

const known =
  ("!doctype html head meta link title style body header h1 h2 h3 p nav ul li a main dl div dt dd small section " +
    "figure figcaption svg g path rect line text details summary table thead tbody tr th td bdi footer defs " +
    "lineargradient stop").split(" ");

/** Expects no tags of HTML or SVG but those that pages are made of, no handlers, and no addresses outside the page. */
export function checkMarkup(markup: string, more: readonly string[] = [], what?: string): void {
  const allowed = new Set([...known, ...more]);
  const tags = [...markup.matchAll(/<([a-z!][a-z0-9]*)/gi)].map(([, tag]) => tag!.toLowerCase());
  assert.deepEqual([...new Set(tags)].filter((tag) => !allowed.has(tag)), [], what);
  const attributes = [...markup.matchAll(/<[a-z][^<>]*>/gi)].join("\n");
  assert.doesNotMatch(attributes.replace(/"[^"]*"/g, '""'), /\son\w+\s*=/i, what);
  assert.doesNotMatch(attributes, /(?:src|href)="(?!#|data:,)/i, what);
  // deno-lint-ignore no-control-regex -- what must not be there
  assert.doesNotMatch(markup, /[\u202a-\u202e\u2066-\u2069\u0000]/u, what);
}
