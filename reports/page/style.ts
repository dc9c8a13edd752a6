import { colors } from "../figures/theme.ts";

const variables = (dark: 0 | 1) =>
  Object.entries(colors).map(([name, pair]) => `--${name}:${pair[dark]}`)
    .concat(dark ? ["--page:#0d1117", "--card:#161b22"] : ["--page:#f4f6f8", "--card:#ffffff"]).join(";");

/** The style of all pages: light or dark as the reader's system is, narrow or wide, and on paper. */
export const style = `
:root{color-scheme:light dark;${variables(0)}}
@media (prefers-color-scheme:dark){:root{${variables(1)}}}
*{box-sizing:border-box}
html{scroll-padding-top:3.5rem}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,"Segoe UI","DejaVu Sans",sans-serif}
header,main,footer{max-width:1010px;margin:0 auto;padding:0 1rem}
h1{font-size:1.7rem;line-height:1.2;margin:1.5rem 0 .3rem}
h2{font-size:1.3rem;margin:2.5rem 0 .3rem}
h3{font-size:1rem;margin:0 0 .2rem}
h1,h2,h3,li,summary{overflow-wrap:anywhere}
p{margin:.2rem 0 .8rem;overflow-wrap:anywhere}
a{color:var(--train)}
:focus-visible{outline:3px solid var(--test);outline-offset:2px}
nav{position:sticky;top:0;z-index:1;background:var(--page);border-bottom:1px solid var(--grid)}
nav ul{display:flex;gap:1.1rem;max-width:1010px;margin:0 auto;padding:.6rem 1rem;list-style:none;overflow-x:auto;white-space:nowrap}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.7rem;margin:1rem 0;padding:0}
.facts div,figure,.table{background:var(--card);border:1px solid var(--grid);border-radius:8px;padding:.8rem}
.facts dt{color:var(--muted);font-size:.85rem}
.facts dd{margin:0;font-size:1.3rem;font-weight:600;overflow-wrap:anywhere}
.facts dd small{display:block;font-size:.8rem;font-weight:400;color:var(--muted)}
.figures{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:1rem;align-items:start}
.wide{grid-column:1/-1}
.tall{grid-row:span 2}
figure,.table{margin:0;min-width:0}
.table{margin-top:1rem}
figure svg{display:block;width:100%;height:auto;max-width:30rem;margin:0 auto}
.wide svg{max-width:none}
.figures>figure:only-child{grid-column:1/-1}
.figures>figure:only-child svg{max-width:34rem}
.reading,.files{font-size:.9rem;color:var(--muted)}
.files{font-size:.8rem;margin:.4rem 0 0}
summary{cursor:pointer;font-size:.85rem;color:var(--muted)}
.scroll{overflow:auto;max-height:28rem}
table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.25rem 1.2rem .25rem 0;border-bottom:1px solid var(--grid);vertical-align:top}
th{position:sticky;top:0;background:var(--card);color:var(--muted);font-weight:600}
td{overflow-wrap:break-word;white-space:nowrap;max-width:24rem}
.long{min-width:14rem;white-space:normal}
.n{text-align:right;white-space:nowrap}
.sortable button{all:unset;cursor:pointer;font:inherit;color:inherit}
.sortable button:focus-visible{outline:3px solid var(--test);outline-offset:2px}
.sortable [aria-sort=ascending] button::after{content:" ▲"}
.sortable [aria-sort=descending] button::after{content:" ▼"}
svg a:hover{opacity:.75}
svg a:focus-visible{outline:3px solid var(--ink)}
.group{margin-top:.6rem}
.group summary{font-size:.95rem;color:var(--ink)}
.group ol{margin:.3rem 0 .6rem;padding-left:1.6rem}
.group ol{scroll-margin-top:6rem}
.cards{columns:2;column-gap:1rem;margin-top:1rem}
.card{break-inside:avoid;background:var(--card);border:1px solid var(--grid);border-radius:8px;padding:.8rem;margin-bottom:1rem}
.card h3 a{color:inherit}
.card ul{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;margin:.2rem 0 .5rem;padding:0;list-style:none;font-size:.9rem}
.card dt{color:var(--muted);font-size:.85rem}
.card dd{margin:0 0 .5rem;white-space:pre-wrap;overflow-wrap:anywhere;max-height:18rem;overflow:auto}
:target{outline:3px solid var(--test);outline-offset:2px}
section:target{outline:none}
pre{margin:.5rem 0 0;padding:.5rem .7rem;background:var(--page);border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere;font-size:.85rem}
footer{margin-top:3rem;padding-bottom:2rem;color:var(--muted);font-size:.85rem}
code{overflow-wrap:anywhere}
@media (max-width:760px){.cards{columns:1}.tall{grid-row:auto}.figures{grid-template-columns:minmax(0,1fr)}.wide .drawing{overflow-x:auto}.wide svg{min-width:40rem}}
@media print{:root{${variables(0)};--page:#fff}nav,details{display:none}body{font-size:11px}
figure,.table,.card,.facts div{break-inside:avoid}.card dd{max-height:none}.scroll{max-height:none;overflow:visible}h2{break-after:avoid}}
`;
