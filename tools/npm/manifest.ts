/** What a package takes over from `deno.json`. */
export interface Settings {
  /** Version of the project. */
  readonly version: string;
  /** Its license. */
  readonly license: string;
  /** Packages by the name that they are imported under. */
  readonly imports: Readonly<Record<string, string>>;
}

/** Packages that tests and tools alone import. */
const ofTests = /^npm:\/?(ajv|axe-core|fast-check|wgsl_reflect)@/;

/** The package's `package.json`. */
export function manifest({ version, license, imports }: Settings): Record<string, unknown> {
  const entry = (name: string, types: string) => ({ types: `./types/${types}.d.ts`, default: `./${name}.js` });
  const packages = Object.values(imports).filter((source) => source.startsWith("npm:") && !ofTests.test(source))
    .map((source) => /^npm:(.+)@([^@/]+)$/.exec(source)!.slice(1));
  return {
    name: "metrograd",
    version,
    license,
    description: "Training of neural networks on the GPU by WebGPU, and learned scorers of texts",
    type: "module",
    engines: { node: ">=20.16" },
    exports: {
      ".": entry("metrograd", "mod"),
      "./engine": entry("engine", "engine/mod"),
      "./kernels": entry("kernels", "kernels/mod"),
      "./encoders": entry("encoders", "encoders/network/mod"),
    },
    bin: { metrograd: "./metrograd_command.js" },
    dependencies: Object.fromEntries(packages),
    peerDependencies: { webgpu: ">=0.3" },
    peerDependenciesMeta: { webgpu: { optional: true } },
  };
}
