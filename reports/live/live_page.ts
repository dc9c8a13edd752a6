import { escapeXml } from "../../runs/pages/escape_xml.ts";
import { style as pageStyle } from "../page/style.ts";
import { visibleText } from "../visible_text.ts";
import { chartSize } from "./line_chart.ts";

/** The page of a training: a shell that its script fills. */
export function livePage(title: string): string {
  const shown = escapeXml(visibleText(title, 300));
  return [
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css">',
    `<title>${shown}</title><script type="module" src="/page.js"></script></head>`,
    `<body data-width="${chartSize.width}" data-height="${chartSize.height}">`,
    `<header><h1>${shown}</h1><p id="status" role="status">Not connected yet.</p></header>`,
    '<main><dl class="facts" id="facts"></dl><div class="figures" id="charts"></div><div id="tables"></div>',
    '<section aria-labelledby="log-title"><h2 id="log-title">Log</h2>',
    '<div class="log" id="log" role="log" tabindex="0" aria-labelledby="log-title"></div></section></main>',
    "<footer><p>Served on this machine alone, while the training runs.</p></footer></body></html>\n",
  ].join("\n");
}

/** Its style: that of the reports, and that of the log. */
export const liveStyle: string = `${pageStyle}
figure h2,.table h2{font-size:1rem;margin:0 0 .2rem}
.log{background:var(--card);border:1px solid var(--grid);border-radius:8px;padding:.8rem;max-height:24rem;overflow:auto}
.log p{margin:0;font:13px/1.5 ui-monospace,"DejaVu Sans Mono",monospace;white-space:pre-wrap;overflow-wrap:anywhere}
.log .warning,.log .error{font-weight:600}
.log .warning::before{content:"Warning: "}
.log .error::before{content:"Error: "}
`;
