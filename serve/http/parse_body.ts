import type { z } from "zod";
import { describeValue } from "../../engine/files/describe_value.ts";
import { Refusal } from "./refusal.ts";

type Issue = z.core.$ZodIssue;

/** What a schema's types are called in messages. */
const typeWords: Readonly<Record<string, string>> = {
  string: "text",
  array: "a list",
  object: "an object",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
};

/** The body of a request as a schema has it. @throws Refusal 400 naming the field, what was expected and what was found */
export function parseBody<Body>(schema: z.ZodType<Body>, value: unknown): Body {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, issue } = deepest(parsed.error.issues[0]!, []);
  const found = path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown> | null)?.[key], value);
  throw new Refusal(400, `${placeOf(path)} is ${describeValue(found)}; ${expectation(issue)} expected.`);
}

/** Of the ways in which no form of a union fits, the one that fits furthest. */
function deepest(issue: Issue, above: readonly PropertyKey[]): { path: readonly PropertyKey[]; issue: Issue } {
  const path = [...above, ...issue.path];
  if (issue.code !== "invalid_union") return { path, issue };
  const found = issue.errors.flatMap(([first]) => first ? [deepest(first, path)] : []);
  return found.reduce((best, one) => one.path.length > best.path.length ? one : best, { path, issue });
}

function expectation(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return `${typeWords[issue.expected] ?? issue.expected} is`;
    case "too_small":
      return issue.origin === "array"
        ? `at least ${issue.minimum} is`
        : issue.origin === "string"
        ? "text is"
        : `a number from ${issue.minimum} on is`;
    case "invalid_value":
      return `${issue.values.map((one) => JSON.stringify(one)).join(" or ")} is`;
    default:
      return issue.message;
  }
}

/** "records[3].response"; "The body" where it is not even an object. */
function placeOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "The body";
  return path.map((key, i) => typeof key === "number" ? `[${key}]` : i === 0 ? String(key) : `.${String(key)}`).join(
    "",
  );
}
