import { fileURLToPath } from "node:url";

/** A package as `deno info --json` has it. */
interface NpmPackage {
  readonly name: string;
  readonly dependencies: readonly string[];
  readonly localPath: string;
}

interface Module {
  readonly specifier: string;
  readonly kind: string;
  readonly npmPackage?: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier: string };
    readonly isDynamic?: boolean;
  }[];
}

interface Info {
  readonly modules: readonly Module[];
  readonly redirects: Readonly<Record<string, string>>;
  readonly npmPackages: Readonly<Record<string, NpmPackage>>;
}

/**
 * The npm packages that programs cannot start without, by name and folder. What they import while they run is left out:
 * it is for work that no measurement does.
 */
export async function packagesOf(programs: readonly URL[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const program of programs) {
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", fileURLToPath(program)] })
      .output();
    const info: Info = JSON.parse(new TextDecoder().decode(stdout));
    for (const id of idsOf(info, program.href)) {
      const { name, localPath } = info.npmPackages[id]!;
      found.set(name, localPath);
    }
  }
  return found;
}

/** Packages that are reached without a dynamic import, and what those depend on. */
function idsOf({ modules, redirects, npmPackages }: Info, root: string): Set<string> {
  const bySpecifier = new Map(modules.map((module) => [module.specifier, module]));
  const ids = new Set<string>(), seen = new Set<string>();
  const add = (id: string) => {
    if (ids.has(id)) return;
    ids.add(id);
    npmPackages[id]!.dependencies.forEach(add);
  };
  const visit = (specifier: string) => {
    const module = bySpecifier.get(redirects[specifier] ?? specifier);
    if (!module || seen.has(module.specifier)) return;
    seen.add(module.specifier);
    if (module.npmPackage) add(module.npmPackage);
    for (const { code, isDynamic } of module.dependencies ?? []) if (code && !isDynamic) visit(code.specifier);
  };
  visit(root);
  return ids;
}
