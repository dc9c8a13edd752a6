import * as kernels from "../../kernels/mod.ts";
import { evidence } from "./evidence.ts";

/** What was measured, kept from one writing of the page to the next. */
export interface Figures {
  /** Where the speeds were measured. */
  readonly adapter: string;
  /** What else is to be known of that measurement. */
  readonly remark?: string;
  /** Largest error of each op of the fixtures, as a share of its tolerance. */
  readonly errors: Readonly<Record<string, number>>;
  /** Speed of each benchmark, with its unit. */
  readonly speeds: Readonly<Record<string, string>>;
}

/** A function that records work on a launcher. */
interface Launch {
  readonly name: string;
  /** Path of its file in kernels/. */
  readonly path: string;
  readonly source: string;
}

const root = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));

/** All launches that `kernels` exports. */
export function launches(): Launch[] {
  return filesBelow("kernels/", ".ts").flatMap((path) => {
    const source = read(path);
    return [...source.matchAll(/^export function (\w+)\(\s*launcher: Launcher\b/gm)]
      .map(([, name]) => ({ name: name!, path: path.slice("kernels/".length), source }))
      .filter(({ name }) => name in kernels);
  });
}

/** The page docs/kernels.md. */
export function kernelPage({ adapter, remark, errors, speeds }: Figures): string {
  const names = Object.keys(evidence);
  const place = ({ name }: Launch) => names.includes(name) ? names.indexOf(name) : names.length;
  const tests = filesBelow("tests/kernels/", "_test.ts").map((path) => ({ path, text: read(path) }));
  const lines = launches().toSorted((a, b) => place(a) - place(b)).map((launch) => {
    const { fixtures = [], bench } = evidence[launch.name] ?? {};
    const family = launch.path.split("/")[0]!;
    const references = filesBelow(`kernels/${family}/`, ".ref.ts");
    const users = tests.filter(({ text }) => {
      return text.includes(`kernels/${launch.path}"`) && new RegExp(`\\b${launch.name}\\b`).test(text);
    }).map(({ path }) => path);
    const shares = fixtures.flatMap((op) => errors[op] ?? []);
    return [
      `[${launch.name}](../kernels/${launch.path})`,
      shadersOf(launch).join(", "),
      [
        references.length > 0 ? "float64" : [],
        users.map((path) => `[${path.split("/").at(-1)!.replace("_test.ts", "")}](../${path})`),
        fixtures.length > 0 ? `PyTorch: ${fixtures.join(", ")}` : [],
      ].flat().join(", "),
      shares.length > 0 ? Math.max(...shares).toFixed(2) : "",
      bench && speeds[bench] ? `${speeds[bench]} (${bench})` : "",
    ];
  });
  return `# Kernels

The launches of \`kernels\`, written by \`deno task docs:kernels\`. [kernels-on-their-own.md](kernels-on-their-own.md) tells
how to call them.

- **variants**: the shaders that it picks from or puts together.
- **checked against**: its float64 reference in TypeScript beside it, in the tests named (values at edge sizes, large and
  small magnitudes, finite differences), and PyTorch's numbers for the ops named. All of it also runs on Dawn, Chrome's
  WebGPU (\`deno task test:dawn\`); \`deno task mutate\` damages shaders and lists what no test notices.
- **error**: the largest one seen against PyTorch, as a share of its tolerance.
- **speed**: on ${adapter}${
    remark ? `, ${remark}` : ""
  }; [performance.md](performance.md) compares it with other engines.

${table([["launch", "variants", "checked against", "error", "speed"], ...lines])}`;
}

/** Names of the shaders beside a launch: those its file uses, or else those that the files it calls use. */
function shadersOf({ path, source }: Launch): string[] {
  const folder = `kernels/${path.slice(0, path.lastIndexOf("/") + 1)}`;
  const called = [...source.matchAll(/from "\.\/(\w+\.ts)"/g)].map(([, file]) => read(folder + file));
  const shaders = (text: string) => [...text.matchAll(/from "\.\/(\w+)\.wgsl"/g)].map(([, name]) => name!);
  const own = shaders(source);
  const names = own.length > 0 ? own : called.flatMap(shaders);
  const generated = called.some((text) => /Source\(/.test(text)) ? ["generated tiles"] : [];
  return [...new Set([...names, ...generated])];
}

function table([head, ...lines]: string[][]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return row(head!) + row(head!.map(() => "---")) + lines.map(row).join("");
}

function filesBelow(folder: string, ending: string): string[] {
  return [...Deno.readDirSync(new URL(folder, root))].toSorted((a, b) => a.name < b.name ? -1 : 1)
    .flatMap(({ name, isDirectory }) =>
      isDirectory ? filesBelow(`${folder}${name}/`, ending) : name.endsWith(ending) ? [folder + name] : []
    );
}
