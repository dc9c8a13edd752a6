import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { downloadModel, type DownloadOptions } from "../../../encoders/transformers/hub.ts";
import { withFolder } from "../../temporary.ts";

/** A hub that holds one model; `requests` are those that it was sent. */
async function withHub(
  files: Readonly<Record<string, string>>,
  body: (address: string, requests: string[]) => Promise<void>,
  damage: (path: string, content: string) => string = (_, content) => content,
): Promise<void> {
  const requests: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname, origin } = new URL(request.url);
    requests.push(`${request.method} ${pathname}`);
    const stored = pathname.startsWith("/store/");
    const content = files[pathname.replace(/^.*\/(resolve\/main|store)\//, "")];
    if (content === undefined) return new Response("Entry not found", { status: 404 });
    if (!stored && pathname.endsWith(".onnx")) {
      // As large files are answered: somewhere else, with their size and their hash beside the way there.
      return new Response(null, {
        status: 302,
        headers: {
          location: `${origin}/store/${pathname.replace(/^.*\/resolve\/main\//, "")}`,
          "x-linked-size": String(content.length),
          "x-linked-etag": `"${createHash("sha256").update(content).digest("hex")}"`,
        },
      });
    }
    return new Response(damage(pathname, content));
  });
  try {
    await body(`http://127.0.0.1:${server.addr.port}`, requests);
  } finally {
    await server.shutdown();
  }
}

const model = { "config.json": "{}", "onnx/model.onnx": "weights ".repeat(1000) };

function fetchModel(folder: string, address: string, further: DownloadOptions = {}): Promise<string> {
  return downloadModel("owner/name", Object.keys(model), ["onnx/model.onnx_data"], { folder, address, ...further });
}

Deno.test(
  "hub: what is fetched is announced with its size, arrives whole, and is not fetched again",
  withFolder(async (folder) => {
    const target = join(folder, "model"), notes: string[] = [], seen: [number, number][] = [];
    await withHub(model, async (address, requests) => {
      const host = new URL(address).host;
      await fetchModel(target, address, {
        onNote: (sentence) => notes.push(sentence),
        onProgress: (bytes, of) => seen.push([bytes, of]),
      });
      assert.deepEqual(notes, [`Fetching owner/name from ${host}: 0.0 MB, into ${target}.`]);
      assert.deepEqual(seen.at(-1), [8002, 8002]);
      for (const [name, content] of Object.entries(model)) {
        assert.equal(await Deno.readTextFile(join(target, name)), content);
      }
      requests.length = 0;
      await fetchModel(target, address, { onNote: (sentence) => notes.push(sentence) });
      assert.deepEqual(requests, ["HEAD /owner/name/resolve/main/onnx/model.onnx_data"]);
      assert.equal(notes.at(-1), `owner/name is in ${target} already.`);
    });
  }),
);

Deno.test(
  "hub: a file that is missing, cut or other than announced is told in a sentence, and none of it is kept",
  withFolder(async (folder) => {
    const refused = async (message: RegExp, files: Readonly<Record<string, string>>, damage?: typeof same) => {
      await withHub(files, (address) => assert.rejects(fetchModel(folder, address), { message }), damage);
      const left = await Array.fromAsync(Deno.readDir(join(folder, "onnx"))).catch(() => []);
      assert.deepEqual(left, [], "nothing half-written");
    };
    const same = (_: string, content: string) => content;
    await refused(/^http:.*\/owner\/name has no onnx\/model\.onnx\.$/, { "config.json": "{}" });
    const onnx = (of: (content: string) => string) => (path: string, content: string) =>
      path.endsWith(".onnx") ? of(content) : content;
    await refused(/gave 7992 bytes; 8000 are expected\.$/, model, onnx((content) => content.slice(8)));
    await refused(/its SHA-256 differs\.$/, model, onnx((content) => content.replace("w", "v")));
  }),
);

Deno.test("hub: a name that is none, an address that does not answer and one that may not be reached", async () => {
  for (const name of ["name", "a/b/c", "../..", "a/../b", "/a/b", ""]) {
    await assert.rejects(downloadModel(name, [], []), { name: "UsageError", message: /is no model; owner\/name is/ });
  }
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response());
  const address = `http://127.0.0.1:${server.addr.port}`;
  await server.shutdown();
  await assert.rejects(downloadModel("a/b", ["c"], [], { address, folder: "/nowhere" }), {
    name: "MetrogradError",
    message: /c could not be reached: /,
  });
  const state = Deno.permissions.querySync({ name: "net", host: "huggingface.co" }).state;
  // Under `deno task test` alone: nothing but this machine may be reached.
  if (state !== "granted") {
    await assert.rejects(downloadModel("a/b", ["c"], []), {
      message: "a/b is not fetched: huggingface.co may not be reached without --allow-net.",
    });
  }
});
