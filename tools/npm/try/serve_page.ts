import { extname, join } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".map": "application/json",
};

/** What the page sends once it is done. */
export interface ServedPage extends AsyncDisposable {
  readonly url: string;
  readonly answer: Promise<unknown>;
}

/** Serves a folder to this machine, and takes what its page posts to `/answer`. */
export function servePage(folder: string): ServedPage {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (request.method === "POST") {
      resolve(await request.json());
      return new Response();
    }
    try {
      const path = join(folder, pathname.endsWith("/") ? `${pathname}index.html` : pathname);
      const headers = { "content-type": types[extname(path)] ?? "application/octet-stream" };
      return new Response(await Deno.readFile(path), { headers });
    } catch {
      return new Response("not here", { status: 404 });
    }
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    answer: promise,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
