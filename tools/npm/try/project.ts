import { fileURLToPath } from "node:url";
import { writeTinyEncoder } from "../../../tests/encoders/network/tiny_encoder.ts";

/** Where the package is tried. */
export type Place = "Deno" | "Node" | "Chromium";

/** What a training in a place has come to. */
export interface Trained {
  readonly adapter: string;
  readonly losses: readonly number[];
  /** What the trained network says. */
  readonly predictions: readonly number[];
  /** The bytes of its file. */
  readonly model: readonly number[];
  /** What the models of other places say here. */
  readonly applied: readonly (readonly number[])[];
  /** Vectors of texts by the project's encoder. */
  readonly embedded: readonly number[];
}

const here = fileURLToPath(new URL(".", import.meta.url)), root = fileURLToPath(new URL("../../../", import.meta.url));

/** Runs a command. @throws Error with what it says when it fails */
export async function run(
  command: string,
  args: readonly string[],
  options: Deno.CommandOptions = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args], ...options }).output();
  const said = new TextDecoder().decode(stdout);
  if (success) return said;
  throw new Error(`${command} ${args.join(" ")} failed:\n${said}${new TextDecoder().decode(stderr)}`);
}

/** An empty project into which the package's tarball was installed. */
export class Project implements AsyncDisposable {
  private constructor(readonly folder: string) {}

  /** Packs and installs the package. @param others packages that are installed beside it */
  static async make(...others: string[]): Promise<Project> {
    const folder = await Deno.makeTempDir({ prefix: "metrograd_package_" });
    const flags = ["--silent", "--no-audit", "--no-fund"];
    const packed = await run("npm", ["pack", ...flags, "--pack-destination", folder], { cwd: `${root}dist/npm` });
    await Deno.writeTextFile(`${folder}/package.json`, `{ "private": true, "type": "module" }`);
    await run("npm", ["install", ...flags, `./${packed.trim()}`, ...others], { cwd: folder });
    await writeTinyEncoder(`${folder}/encoder`, "bert");
    for (const name of ["training.js", "program.js", "embedding.js"]) {
      await Deno.copyFile(here + name, `${folder}/${name}`);
    }
    await Deno.copyFile(`${here}page.html`, `${folder}/index.html`);
    return new Project(folder);
  }

  /** Keeps a model for the places that come next. */
  async addModel(place: Place, model: Uint8Array): Promise<void> {
    await Deno.writeFile(`${this.folder}/${place}.safetensors`, model);
  }

  /** Removes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}
