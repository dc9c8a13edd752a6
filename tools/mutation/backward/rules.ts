import type { Mutant } from "../mutants.ts";

/** Pairs of what stands in a line of a backward rule and what is put in its place, at each place where it stands. */
const replacements: readonly (readonly [pattern: RegExp, by: string])[] = [
  [/ \+ /g, " - "],
  [/ - /g, " + "],
  [/ \* /g, " / "],
  [/ \/ /g, " * "],
  [/(?<=\(|, |: |= |\? )-(?=[\w(])/g, ""],
  [/\b(?<![.\d])0\b(?!\.)/g, "1"],
  [/\b(?<![.\d])1\b(?!\.)/g, "2"],
  [/\b2\b/g, "1"],
  [/\btrue\b/g, "false"],
  [/\bfalse\b/g, "true"],
  [/ === /g, " !== "],
  [/ !== /g, " === "],
  [/ && /g, " || "],
  [/ \|\| /g, " && "],
  [/ > /g, " <= "],
  [/ < /g, " >= "],
  [/(?<=[( ])!(?=\w)/g, ""],
  [/\binto\.accumulate\b/g, "false"],
  [/\binto\.accumulate\b/g, "true"],
  [/"multiply"/g, '"divide"'],
  [/"divide"/g, '"multiply"'],
  [/\btransposed: true,? ?/g, ""],
  [/\bsquares: true,? ?/g, ""],
  // A setting that is left at its default.
  [
    /^(scale|epsilon|accumulate|sharedA|sharedB|transposeA|transposeB|batch|destinationFrom|sourceFrom|keyPaddingMask|weight)(: .*)?,$/g,
    "",
  ],
  [/\.\.\.boundsOf\?\.\(options\),/g, ""],
  ...[["a", "b"], ["x", "y"], ["x1", "x2"], ["rows", "columns"], ["m", "n"], ["n", "k"], ["in1", "in2"], [
    "mean",
    "variance",
  ]]
    .flatMap(([one, other]) => [exchange(one!, other!), exchange(other!, one!)]),
];

/** One operand or size in the place of another; names of settings stay. */
function exchange(name: string, by: string): readonly [RegExp, string] {
  return [new RegExp(`(?<![\\w"])${name}(?![\\w":])`, "g"), by];
}

/**
 * Every single damage to the backward rules of a module of ops, and to the functions beside them, in the order of its
 * lines. Functions that state ops or check shapes are left out, and what the forward runs use stays as it is.
 */
export function backwardMutants(code: string): Mutant[] {
  const lines = code.split("\n");
  const mutants: Mutant[] = [];
  let end: string | undefined;
  lines.forEach((text, line) => {
    const indent = /^ */.exec(text)![0];
    const begins = /^\s*backward(:|\()/.test(text) || isHelper(lines, line);
    // A rule of one line, or one up to a line of the same indent.
    if (begins) end = /[({[]$|=>$/.test(text) ? indent : undefined;
    else if (end === undefined) return;
    const before = text.trim();
    if (!/^(\/\/|\*|\/\*|function )|^backward.*\{$/.test(before)) {
      const damaged = replacements.flatMap(([pattern, by]) =>
        [...before.matchAll(pattern)].map(({ 0: found, index }) =>
          before.slice(0, index) + by + before.slice(index + found.length)
        )
      );
      for (const after of new Set(damaged)) mutants.push({ line, before, after });
    }
    if (end === indent && /^[})\]]/.test(before)) end = undefined;
  });
  return mutants;
}

/** True at the first line of a function that a backward rule names, and that neither states an op nor checks shapes. */
function isHelper(lines: readonly string[], first: number): boolean {
  const name = /^function (\w+)/.exec(lines[first]!)?.[1];
  if (name === undefined) return false;
  const last = lines.findIndex((text, line) => line > first && text === "}");
  if (/op\(|throw/.test(lines.slice(first, last).join("\n"))) return false;
  const rules = lines.join("\n").split(/\n +backward(?=:|\()/).slice(1).map((text) => text.split(/\n\}/)[0]!);
  return rules.some((rule) => new RegExp(`\\b${name}\\(`).test(rule));
}
