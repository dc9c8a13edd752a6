import { prelude } from "./interface.ts";
import { dotStep, lines, range, stepOf } from "./source.ts";
import {
  accumulate,
  bit,
  declare,
  dots,
  dy,
  head,
  hidden,
  ignored,
  ignoredKeys,
  inside,
  k,
  keepQueries,
  otherTokens,
  q,
  queryHead,
  type StreamingTile,
  v,
} from "./streaming_tile.ts";

/** Whether an earlier block has written. */
const started = "first != begin";

/** Forward: each invocation holds queries, and the keys stream by in blocks. */
export function streamingForwardSource(tile: StreamingTile): string {
  const rows = range(tile.rows), others = range(tile.others);
  return `// Streaming attention, y = softmax(scale q kᵀ) v: ${tile.rows} queries an invocation of ${tile.lanes}, ${tile.others} keys a block.
// The softmax's greatest score and sum are kept up to date from block to block, and what was added to y before shrinks
// when the greatest score grows. Milakov, Gimelshein, "Online normalizer calculation for softmax" (2018); Dao, Fu, Ermon,
// Rudra, Ré, "FlashAttention" (2022).
${prelude}
${declare(tile, { q: "read", k: "read", v: "read", mask: "read", y: "read_write", statistics: "read_write" })}

${head(tile, "queries", [q])}
${lines(2, rows.map((i) => `var greatest${i} = lowest; var sum${i} = 0.0;`))}
  for (var first = begin; first < stop; first += ${tile.others}u) {
${lines(4, [...otherTokens(tile, "keys"), ...ignoredKeys(tile), ...dots(tile, "s", q, k)])}
    let last_block = first + ${tile.others}u >= stop;
${
    lines(
      4,
      rows.flatMap((i) => [
        ...others.map((j) =>
          `s${i}_${j} = select(s${i}_${j} * uniforms.scale, lowest, ${
            hidden(tile, "queries", ignored(tile, j), i, j)
          });`
        ),
        `let block_greatest${i} = ${others.reduce((most, j) => `max(${most}, s${i}_${j})`, `greatest${i}`)};`,
        `let shrink${i} = exponential(greatest${i} - block_greatest${i});`,
        `greatest${i} = block_greatest${i};`,
        ...others.map((j) => `s${i}_${j} = exponential(s${i}_${j} - greatest${i});`),
        `sum${i} = sum${i} * shrink${i} + (${others.map((j) => `s${i}_${j}`).join(" + ")});`,
        `let final${i} = select(1.0, 1.0 / sum${i}, last_block);`,
        `let before${i} = shrink${i} * final${i};`,
        `let kept${i} = kept_keys(pair * uniforms.queries + row_${i}, first / 4u, ${tile.others}u);`,
        `let keep${i} = final${i} * uniforms.keep_scale;`,
        ...others.map((j) => `s${i}_${j} *= select(0.0, keep${i}, (kept${i} & ${bit(j)}) != 0u);`),
      ]),
    )
  }
${
    lines(
      4,
      accumulate(tile, "s", v, {
        name: "y",
        at: (i) => `y_base + row_${i} * uniforms.y_token`,
        started,
        before: (i) => `before${i}`,
      }),
    )
  }
  }
${
    lines(
      2,
      rows.flatMap((i) => [
        `if (${inside(tile, i)} < uniforms.queries) {`,
        `  let at = pair * uniforms.queries + row_${i};`,
        `  statistics[at] = greatest${i};`,
        `  statistics[all_queries + at] = 1.0 / sum${i};`,
        "}",
      ]),
    )
  }
}
`;
}

/** Backward for the queries: each invocation holds queries, and the keys stream by. */
export function streamingQueryGradientSource(tile: StreamingTile): string {
  const rows = range(tile.rows), others = range(tile.others);
  return `// Gradient of streaming attention for q: dq = ds k with ds = p (keep dy vᵀ - delta) scale, where p is computed again from
// the greatest score and the inverse sum that the forward run saved. delta = dy y, which is also sum p keep dy vᵀ, is
// saved for the gradients of k and v. ${tile.rows} queries an invocation of ${tile.lanes}, ${tile.others} keys a block.
${prelude}
${
    declare(tile, {
      q: "read",
      k: "read",
      v: "read",
      mask: "read",
      dy: "read",
      y: "read",
      statistics: "read_write",
      gradient: "read_write",
    })
  }

${head(tile, "queries", [q, dy])}
${
    lines(
      2,
      rows.flatMap((i) => [
        `let at_${i} = pair * uniforms.queries + row_${i};`,
        `let greatest${i} = statistics[at_${i}];`,
        `let inverse${i} = statistics[all_queries + at_${i}];`,
        `var delta${i} = 0.0;`,
      ]),
    )
  }
  for (var c = 0u; c < uniforms.head_size; c += 1u) {
${
    lines(
      4,
      rows.flatMap((i) => [
        `let y${i} = y[dy_${i} + c];`,
        `let dy${i} = dy[dy_${i} + c];`,
        `delta${i} = ${
          dotStep(
            `delta${i}`,
            (x) => stepOf(`y${i}`, x, tile.width),
            (x) => stepOf(`dy${i}`, x, tile.width),
            tile.width,
          )
        };`,
      ]),
    )
  }
  }
${
    lines(
      2,
      rows.map((i) =>
        `if (${inside(tile, i)} < uniforms.queries) { statistics[2u * all_queries + at_${i}] = delta${i}; }`
      ),
    )
  }
  for (var first = begin; first < stop; first += ${tile.others}u) {
${lines(4, [...otherTokens(tile, "keys"), ...ignoredKeys(tile), ...dots(tile, "s", q, k), ...dots(tile, "t", dy, v)])}
${
    lines(
      4,
      rows.flatMap((i) => [
        `let kept${i} = kept_keys(at_${i}, first / 4u, ${tile.others}u);`,
        ...others.flatMap((j) => [
          `s${i}_${j} = select(exponential(s${i}_${j} * uniforms.scale - greatest${i}) * inverse${i}, 0.0, ${
            hidden(tile, "queries", ignored(tile, j), i, j)
          });`,
          `t${i}_${j} *= select(0.0, uniforms.keep_scale, (kept${i} & ${bit(j)}) != 0u);`,
          `s${i}_${j} *= (t${i}_${j} - delta${i}) * uniforms.scale;`,
        ]),
      ]),
    )
  }
${
    lines(
      4,
      accumulate(tile, "s", k, {
        name: "gradient",
        at: (i) => `uniforms.dq_offset - uniforms.q_offset + q_${i}`,
        started,
      }),
    )
  }
  }
}
`;
}

/** Backward for keys and values: each invocation holds keys, and the queries stream by. */
export function streamingKeyGradientSource(tile: StreamingTile): string {
  const rows = range(tile.rows), others = range(tile.others);
  const per = tile.sharing === "broadcast" ? tile.others / tile.lanes : tile.others;
  const statistic = (name: string, j: number) =>
    tile.sharing === "broadcast"
      ? `subgroupBroadcast(${name}_${Math.floor(j / tile.lanes)}, ${j % tile.lanes}u)`
      : `${name}_${j}`;
  return `// Gradients of streaming attention for k and v: dv = (p keep)ᵀ dy and dk = dsᵀ q, with p and ds as for q.
// ${tile.rows} keys an invocation of ${tile.lanes}, ${tile.others} queries a block.
${prelude}
${
    declare(tile, {
      q: "read",
      k: "read",
      v: "read",
      mask: "read",
      dy: "read",
      statistics: "read",
      gradient: "read_write",
    })
  }

${head(tile, "keys", [k, v])}
${
    lines(2, [
      ...rows.map((i) => `var ignored${i} = false;`),
      "if (uniforms.has_mask != 0u) {",
      ...rows.map((i) => `  ignored${i} = mask[sequence * uniforms.keys + row_${i}] != 0u;`),
      "}",
    ])
  }
  for (var member = 0u; member < uniforms.group; member += 1u) {
${lines(2, queryHead)}
  for (var first = begin; first < stop; first += ${tile.others}u) {
${
    lines(4, [
      ...otherTokens(tile, "queries"),
      ...range(per).flatMap((p) => [
        `let at_${p} = pair * uniforms.queries + other_${p};`,
        `let greatest_${p} = statistics[at_${p}];`,
        // A query past the end has a softmax of 0.
        `let inverse_${p} = select(0.0, statistics[all_queries + at_${p}], ${
          tile.sharing === "broadcast" ? `first + ${p * tile.lanes}u + lane` : `first + ${p}u`
        } < uniforms.queries);`,
        `let delta_${p} = statistics[2u * all_queries + at_${p}];`,
      ]),
      ...dots(tile, "s", k, q),
      ...dots(tile, "t", v, dy),
    ])
  }
${
    lines(
      4,
      others.flatMap((j) => [
        `let greatest${j} = ${statistic("greatest", j)};`,
        `let inverse${j} = ${statistic("inverse", j)};`,
        `let delta${j} = ${statistic("delta", j)};`,
        ...rows.flatMap((i) => [
          `let p${i}_${j} = select(exponential(s${i}_${j} * uniforms.scale - greatest${j}) * inverse${j}, 0.0, ${
            hidden(tile, "keys", `ignored${i}`, i, j)
          });`,
          `s${i}_${j} = p${i}_${j};`,
        ]),
      ]),
    )
  }
    // p keep in s for dv, p (keep t - delta) scale in t for dk.
    if (uniforms.threshold != 0u) {
${lines(6, keepQueries(tile))}
    }
${
    lines(
      4,
      rows.flatMap((i) =>
        others.map((j) => `t${i}_${j} = (s${i}_${j} * t${i}_${j} - p${i}_${j} * delta${j}) * uniforms.scale;`)
      ),
    )
  }
${
    lines(
      4,
      accumulate(tile, "s", dy, {
        name: "gradient",
        at: (i) => `uniforms.dv_offset - uniforms.v_offset + v_${i}`,
        started: `member != 0u || ${started}`,
      }),
    )
  }
${
    lines(
      4,
      accumulate(tile, "t", q, {
        name: "gradient",
        at: (i) => `uniforms.dk_offset - uniforms.k_offset + k_${i}`,
        started: `member != 0u || ${started}`,
      }),
    )
  }
  }
  }
}
`;
}
