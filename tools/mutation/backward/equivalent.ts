import { type Damage, type Equivalent, isOf } from "../equivalent.ts";

/** Each looked at by a person. */
const equivalents: readonly Equivalent[] = [
  {
    before: /\{ engine \} = |\w\.engine\.stream/,
    after: /\{ engine \} = \w+;$|(y|x)\.engine\.stream/,
    reason: "All tensors of an op are on one engine.",
  },
  {
    path: "attention.ts",
    before: /\?\? 0;/,
    after: /\?\? 1;/,
    reason: "An input without that axis is refused.",
  },
  {
    path: "attention.ts",
    before: /\/ alignment\) \* alignment/,
    after: /\* alignment\) \* alignment/,
    reason: "More memory than is needed.",
  },
  {
    path: "attention.ts",
    before: /i === 0 \? storage/,
    after: /i (=== 1|!== 0) \? storage/,
    reason: "It does not matter which of the parts is the first owner.",
  },
  {
    path: "dropout.ts",
    before: /count: x\.size/,
    after: /count: y\.size/,
    reason: "Both have the same shape.",
  },
  {
    path: "losses.ts",
    before: /dy\.shape\.length === 0/,
    after: /dy\.shape\.length === 1/,
    reason: "One number a sample is a vector already, and one number for all multiplies alike in either form.",
  },
  {
    path: "permute.ts",
    before: /const first = axes\.findIndex|^if \(first >= 0 && /,
    after: /\?\? 1, |length \+ first;|first - \(middle|first >= 1 |middle \+ first \+ i|axis !== first/,
    reason: "It decides between two ways to the same result.",
  },
  {
    path: "permute.ts",
    before: /^const \[leading, rows\] = \[x/,
    after: /= \[y\.shape/,
    reason: "The first axes stay where they are.",
  },
  {
    path: "reductions.ts",
    before: /shape: keepdim/,
    after: /reduces\(at\)/,
    reason: "Backward rules do not look at the result's shape.",
  },
  {
    path: "matmul.ts",
    before: /gradientOfB\(1, /,
    after: /gradientOfB\(2, /,
    reason: "A second product would lie behind the output, and drivers keep writes within.",
  },
];

/** Whether a damage is one of those that nobody can observe. */
export function isEquivalent(damage: Damage): boolean {
  return equivalents.some((one) => isOf(one, damage));
}
