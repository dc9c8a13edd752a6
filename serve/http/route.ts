import type { z } from "zod";
import type { CallContext, Service } from "../service.ts";

/** A request that a route answers. */
export interface Call<Body> extends CallContext {
  readonly service: Service;
  /** As the route's schema has it. */
  readonly body: Body;
  /** What stands behind the question mark. */
  readonly query: URLSearchParams;
  /** The path that was asked for. */
  readonly path: string;
}

/** A parameter behind the question mark. */
export interface QueryParameter {
  readonly name: string;
  readonly description: string;
}

/** Something that can be asked for: what its description and its handler share. */
export interface Route<Body = unknown> {
  readonly method: "GET" | "POST";
  /** Its path, then the other ones that clients know it by. */
  readonly paths: readonly string[];
  readonly summary: string;
  readonly query: readonly QueryParameter[];
  /** What a body has to be; null for a request without one. */
  readonly request: z.ZodType<Body> | null;
  /** What is answered as JSON; null for text. */
  readonly response: z.ZodType | null;
  /** True where anybody may ask, without a token. */
  readonly isOpen: boolean;
  answer(call: Call<Body>): unknown | Promise<unknown>;
}

/** A route that takes a JSON body. */
export function post<Sent>(
  route: Pick<Route<Sent>, "paths" | "summary" | "answer"> & {
    readonly query?: Route["query"];
    readonly request: z.ZodType<Sent>;
    readonly response: z.ZodType;
  },
): Route {
  // The handler hands a body to `answer` only once it is what `request` says.
  return { method: "POST", isOpen: false, query: [], ...route } as Route;
}

/** A route that takes nothing. */
export function get(
  route: Pick<Route, "paths" | "summary" | "answer" | "response"> & { readonly isOpen?: boolean },
): Route {
  return { method: "GET", isOpen: false, query: [], request: null, ...route };
}
