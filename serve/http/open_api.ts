import { z } from "zod";
import project from "../../deno.json" with { type: "json" };
import type { Route } from "./route.ts";

/** What a description is, as far as this one says it of itself. */
export const openApiDocument = z.looseObject({ openapi: z.string(), paths: z.looseObject({}) }).meta({ id: "OpenApi" });

const refusal = z.strictObject({
  error: z.strictObject({ message: z.string(), type: z.string(), code: z.int() }),
}).meta({ id: "Refusal" });

/** What refusals mean that every route with a body may answer with. */
const ofBodies: Readonly<Record<string, string>> = {
  400: "The body is not as it has to be, or names a metric that the run cannot score.",
  404: "There is no such run.",
  408: "The body did not arrive in time.",
  413: "More bytes, records or tokens than the limits of /info allow.",
  415: "The body is not said to be JSON.",
  429: "Too many requests are waiting; Retry-After says when to come back.",
  500: "A bug in metrograd.",
};

const ofAll: Readonly<Record<string, string>> = { 401: "The token is missing or wrong." };
const unavailable: Readonly<Record<string, string>> = { 503: "The service cannot score now." };

/** Describes routes for programs. @see https://spec.openapis.org/oas/v3.1.0 */
export function describeRoutes(routes: readonly Route[]): unknown {
  const schemas: Record<string, unknown> = {};
  /** A reference to a schema, which is put among the components. */
  const refer = (schema: z.ZodType, io: "input" | "output") => {
    const name = z.globalRegistry.get(schema)!.id!;
    schemas[name] = z.toJSONSchema(schema, { io, target: "draft-2020-12" }).$defs![name];
    return { $ref: `#/components/schemas/${name}` };
  };
  const jsonOf = (schema: unknown) => ({ content: { "application/json": { schema } } });
  const refusals = (meanings: Readonly<Record<string, string>>) =>
    Object.entries(meanings).map(([code, description]) => [code, { description, ...jsonOf(refer(refusal, "output")) }]);
  const operation = ({ method, summary, query, request, response, isOpen }: Route) => ({
    [method.toLowerCase()]: {
      summary,
      ...(isOpen ? { security: [] } : {}),
      parameters: query.map(({ name, description }) => ({
        ...{ name, in: "query", description, required: false, schema: { type: "string" } },
      })),
      ...(request ? { requestBody: { required: true, ...jsonOf(refer(request, "input")) } } : {}),
      responses: Object.fromEntries([
        [
          "200",
          {
            description: "OK",
            ...(response
              ? jsonOf(refer(response, "output"))
              : { content: { "text/plain": { schema: { type: "string" } } } }),
          },
        ],
        ...refusals({ ...(isOpen ? {} : ofAll), ...(request ? ofBodies : {}), ...unavailable }),
      ]),
    },
  });
  const paths = Object.fromEntries(routes.flatMap((route) => route.paths.map((path) => [path, operation(route)])));
  return {
    openapi: "3.1.0",
    info: {
      title: "metrograd",
      version: project.version,
      description: "Scores of responses by metrics, from trained runs.",
    },
    components: { schemas, securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    security: [{ token: [] }, {}],
    paths,
  };
}
