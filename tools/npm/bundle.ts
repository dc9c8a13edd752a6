import { build, type BuildOptions, type Plugin, stop } from "esbuild";
import { fileURLToPath } from "node:url";
import { entries } from "./entries.ts";
import { plainWgsl } from "./plain_wgsl.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Messages name classes of these folders, whose names would be shortened. */
const named = /^engine\/(nn|optim)\//;
const classHead = /^export (?:abstract )?class (\w+)[^{]*\{$/gm;

/** Node 20 has neither SQLite nor arrays of halves, which few need; naming them while loading would keep it from all else. */
const sqlite = /^import \{ DatabaseSync\b[^}]*\} from "node:sqlite";$/m;

/** How the code names the module of a thread. */
const threadUrl = /new URL\("\.\/(\w+)\.ts", import\.meta\.url\)/g;

/** Files imported as text, the shaders without comments; threads are started from the files that they become. */
const sources: Plugin = {
  name: "sources",
  setup(builder) {
    builder.onLoad({ filter: /\.(wgsl|js)$/ }, async ({ path, with: { type } }) => {
      if (type !== "text") return undefined;
      const text = await Deno.readTextFile(path);
      return { contents: path.endsWith(".wgsl") ? plainWgsl(text) : text, loader: "text" };
    });
    builder.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const room = path.slice(root.length).split("/")[0]!;
      const text = (await Deno.readTextFile(path))
        .replace(sqlite, 'const { DatabaseSync } = process.getBuiltinModule("node:sqlite") ?? {};')
        .replace("f2: Float16Array,", "f2: globalThis.Float16Array,");
      const contents = named.test(path.slice(root.length))
        ? text.replace(classHead, '$&static{Object.defineProperty(this,"name",{value:"$1"})}')
        : text.replace(threadUrl, 'new URL("./$1.js", import.meta.url)')
          .replace('new URL(".", import.meta.url)', 'new URL("./sample/", import.meta.url)');
      if (["engine", "kernels", "tools"].includes(room) || !/\bDeno\./.test(text)) return { contents, loader: "ts" };
      const names = JSON.stringify(`${root}tools/npm/deno_names.ts`);
      return { contents: `import { Deno } from ${names};${contents}`, loader: "ts" };
    });
  },
};

const options = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  target: "es2022",
  platform: "neutral",
  packages: "external",
  external: ["node:*"],
  minify: true,
  charset: "utf8",
  plugins: [sources],
  // As Deno has it: what a constructor declares is there when the fields beside it are set.
  tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
  logLevel: "warning",
} as const satisfies BuildOptions;

/** Bundles the package's modules into a folder. */
export async function bundle(folder: string): Promise<void> {
  await build({
    ...options,
    entryPoints: entries,
    outdir: folder,
    splitting: true,
    chunkNames: "part_[hash]",
    sourcemap: true,
  });
}

/** Leaves out what is loaded once it is needed. */
const leaveOutLater: Plugin = {
  name: "leave out later",
  setup(builder) {
    builder.onResolve({ filter: /^\./ }, ({ kind, path }) => kind === "dynamic-import" ? { path, external: true } : null);
  },
};

/**
 * The engine alone as one file, as a bundler would ship it.
 *
 * @param whole false for what a program loads at first, without what the engine loads once it is needed
 */
export async function engineAlone(whole: boolean): Promise<Uint8Array<ArrayBuffer>> {
  const plugins = whole ? [sources] : [leaveOutLater, sources];
  const { outputFiles } = await build({ ...options, plugins, entryPoints: [entries.engine], outdir: "/", write: false });
  return outputFiles[0]!.contents as Uint8Array<ArrayBuffer>;
}

/** Ends the bundler's process. */
export { stop as endBundler };
