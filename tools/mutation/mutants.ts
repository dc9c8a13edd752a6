/** One way to damage a shader: a line that is written otherwise. */
export interface Mutant {
  /** The line's number, from 0. */
  readonly line: number;
  /** What it says, without the space around it. */
  readonly before: string;
  /** What it says in the damaged shader. */
  readonly after: string;
}

/** Pairs of what stands in a line and what is put in its place, at each place where it stands. */
const replacements: readonly (readonly [pattern: RegExp, by: string])[] = [
  // A sign, an operation. It does not matter whether 0 is added or taken off.
  [/ \+ (?!0u\b)/g, " - "],
  [/ - /g, " + "],
  [/ \* /g, " + "],
  [/ \/ /g, " * "],
  [/ % /g, " / "],
  [/ \+= /g, " -= "],
  [/ -= /g, " += "],
  [/ \*= /g, " /= "],
  [/(?<=\(|, |= |return )-(?=[\w(])/g, ""],
  // A bound, a comparison.
  [/ < /g, " <= "],
  [/ <= /g, " < "],
  [/ > (?!0u)/g, " >= "],
  [/ >= /g, " > "],
  [/ == /g, " != "],
  [/ != /g, " == "],
  [/ && /g, " || "],
  [/ \|\| /g, " && "],
  [/\bmin\(/g, "max("],
  [/\bmax\(/g, "min("],
  // A number.
  [/\b0\.0\b/g, "1.0"],
  [/\b1\.0\b/g, "2.0"],
  [/\b0u\b/g, "1u"],
  [/\b1u\b/g, "2u"],
  // An index.
  [/\bworkgroup\.x\b/g, "workgroup.y"],
  [/\bworkgroup\.y\b/g, "workgroup.x"],
  [/\bworkgroup\.z\b/g, "workgroup.x"],
  // A missing step.
  [/^(workgroup|storage)Barrier\(\);$/g, ""],
  [/^(?!let |var |const |return|for |if )[\w.[\]() +*-]+ [+*-]?= .*;$/g, ""],
];

/** Lines that state what there is, and do nothing. */
const declaration = /^(struct |override |@|alias |var<|enable |\/\/|fn |\w+: [\w<>]+,$|const )/;

/** Every single damage to a shader that the rules know, in the order of its lines. */
export function mutantsOf(code: string): Mutant[] {
  const lines = code.split("\n").map((line) => line.trim());
  return lines.flatMap((before, line) => {
    if (declaration.test(before)) return [];
    const damaged = [
      ...replacements.flatMap(([pattern, by]) => replaceEach(before, pattern, by)),
      ...swappedSelects(before),
      ...changedConditions(before, lines[line + 1] ?? ""),
    ];
    return [...new Set(damaged)].map((after) => ({ line, before, after }));
  });
}

/** The shader with the damage done. */
export function damage(code: string, { line, after }: Mutant): string {
  return code.split("\n").map((text, i) => i === line ? after : text).join("\n");
}

function replaceEach(line: string, pattern: RegExp, by: string): string[] {
  // A loop whose step is changed may never end, which shows nothing.
  const end = line.startsWith("for (") ? line.lastIndexOf(";") : line.length;
  return [...line.matchAll(pattern)].filter(({ index }) => index < end).map(({ 0: found, index }) =>
    line.slice(0, index) + by + line.slice(index + found.length)
  );
}

/** `select(a, b, c)` with a and b exchanged. */
function swappedSelects(line: string): string[] {
  return [...line.matchAll(/\bselect\(/g)].flatMap(({ 0: found, index }) => {
    const start = index + found.length;
    const parts = argumentsFrom(line, start);
    if (parts.length !== 3) return [];
    const length = parts.join(",").length;
    return [line.slice(0, start) + `${parts[1]!.trim()}, ${parts[0]},${parts[2]}` + line.slice(start + length)];
  });
}

function argumentsFrom(line: string, start: number): string[] {
  const parts: string[] = [];
  let depth = 0, from = start;
  for (let i = start; i < line.length; i++) {
    if ("([".includes(line[i]!)) depth++;
    if (depth === 0 && ",)".includes(line[i]!)) {
      parts.push(line.slice(from, i));
      from = i + 1;
      if (line[i] === ")") return parts;
    }
    if (")]".includes(line[i]!)) depth--;
  }
  return [];
}

/** A guard that lets all through, or a condition turned round. */
function changedConditions(line: string, next: string): string[] {
  const condition = /^if \((.*)\) \{$/.exec(line)?.[1];
  if (condition === undefined) return [];
  return [next === "return;" ? "if (false) {" : `if (!(${condition})) {`];
}
