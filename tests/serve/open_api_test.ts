import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { asking, fakeModel, fakeService, limits } from "./fake_service.ts";

/** A schema as the description has it. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly minimum?: number;
}

interface Content {
  readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface Operation {
  readonly parameters: readonly { readonly name: string }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

interface Description {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** Two runs: one that knows its metrics alone, and one that takes any; nothing waits long. */
const { get, handler, errors } = asking(
  fakeService([fakeModel("a"), fakeModel("open", { dimension: null }, true)], { ...limits, waiting: 100 }),
);
const description = JSON.parse((await get("/openapi.json")).text) as Description;
const ajv = new Ajv2020({ strict: false, allErrors: false });
ajv.addSchema({ $id: "api", ...description });

/** Validators that the service does not use, by what the description calls its schemas. */
const validators = new Map(
  Object.keys(description.components.schemas).map((name) => {
    const $ref = `#/components/schemas/${name}`;
    return [$ref, ajv.compile({ $ref: `api${$ref}` })];
  }),
);

const isValid = ({ $ref }: Schema, value: unknown): boolean => validators.get($ref!)!(value) as boolean;

/** Names and texts among which some mean something to the service. */
const words = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("a", "tone") },
  fc.constantFrom("open", "clarity", "a:tone", "open:", "", "none", "__proto__", "\u0000"),
  fc.string({ maxLength: 12 }),
);

/** Values that a schema allows. */
function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.$ref) return valuesOf(description.components.schemas[schema.$ref.split("/").at(-1)!]!);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(valuesOf));
  if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map((type) => valuesOf({ ...schema, type })));
  const { minItems: minLength = 0, minimum: min = -5 } = schema;
  switch (schema.type) {
    case "string":
      return schema.minLength ? words.filter((word) => word !== "") : words;
    case "array":
      return fc.array(valuesOf(schema.items ?? {}), { minLength, maxLength: minLength + 3 });
    case "integer":
      return fc.integer({ min, max: 6 });
    case "number":
      return fc.double({ min, noNaN: true });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "object":
      return fc.record(
        Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, of]) => [name, valuesOf(of)])),
        { requiredKeys: [...schema.required ?? []] },
      );
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

/** A value with a part of it replaced or left out, at a place that a number picks. */
function damaged(value: unknown, place: number, by: unknown): unknown {
  const places: ((whole: unknown) => unknown)[] = [];
  const walk = (part: unknown, put: (part: unknown) => unknown) => {
    places.push(() => put(by));
    if (Array.isArray(part)) part.forEach((one, i) => walk(one, (other) => put(part.with(i, other))));
    else if (typeof part === "object" && part !== null) {
      for (const [key, one] of Object.entries(part)) {
        walk(one, (other) => put({ ...part, [key]: other }));
        places.push(() => put(Object.fromEntries(Object.entries(part).filter(([name]) => name !== key))));
      }
    }
  };
  walk(value, (part) => part);
  return places[place % places.length]!(value);
}

const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation }))
);

const bodyOf = ({ requestBody }: Operation) => requestBody?.content["application/json"]?.schema;

/** A request for an operation, half of them with a body that is damaged. */
const requests = fc.constantFrom(...operations).chain(({ path, method, operation }) => {
  const schema = bodyOf(operation);
  const query = fc.dictionary(fc.constantFrom(...operation.parameters.map(({ name }) => name), "other"), words)
    .chain((some) => fc.constantFrom(some, { ...some, metric: "tone" }));
  const body = schema
    ? fc.tuple(valuesOf(schema), fc.option(fc.tuple(fc.nat(50), fc.jsonValue({ maxDepth: 1 }))))
      .map(([value, damage]) => damage ? damaged(value, ...damage) : value)
    : fc.constant(undefined);
  return fc.record({
    path: fc.constant(path),
    method: fc.constant(method),
    operation: fc.constant(operation),
    query,
    body,
  });
});

Deno.test("open api: the description names every route that clients know", () => {
  const known = "/v1/scores /score /v1/score /rerank /v1/rerank /v2/rerank /v1/embeddings /get_reward /promptfoo " +
    "/v1/models /info /health /ready /metrics /openapi.json";
  assert.deepEqual(Object.keys(description.paths), known.split(" "));
});

Deno.test("open api: handlers answer random requests as the description says, and take no body that it forbids", async () => {
  const seen = new Map<string, Set<number>>();
  const property = fc.asyncProperty(requests, async ({ path, method, operation, query, body }) => {
    const answer = await handler({
      ...{ method, target: `${path}?${new URLSearchParams(query)}`, signal: new AbortController().signal },
      header: (name) => name === "content-type" ? "application/json" : null,
      read: () => Promise.resolve(new TextEncoder().encode(JSON.stringify(body))),
    });
    const { status } = answer, said = operation.responses[status];
    seen.set(path, (seen.get(path) ?? new Set()).add(status));
    assert.ok(said, `${status} is not described: ${answer.body}`);
    assert.notEqual(status, 500, answer.body);
    const type = answer.headers["Content-Type"]!.split(";")[0]!, schema = said.content[type]?.schema;
    assert.ok(schema, `${type} is not described`);
    if (type === "application/json") assert.ok(isValid(schema, JSON.parse(answer.body)), answer.body);
    const sent = bodyOf(operation);
    if (sent && !isValid(sent, body)) assert.equal(status, 400, `${JSON.stringify(body)} is taken`);
  });
  await fc.assert(property, { numRuns: 1000, seed: 2026 });
  for (const { path, operation } of operations) {
    const expected = operation.requestBody ? [200, 400] : [200];
    assert.ok(expected.every((status) => seen.get(path)?.has(status)), `${path} answers ${[...seen.get(path) ?? []]}`);
  }
  assert.deepEqual(errors, []);
});
