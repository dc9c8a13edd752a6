/** `deno task mutate [FAMILY|FAMILY/SHADER.wgsl...]`: damages shaders one at a time and lists those damages that no test notices. */
import { allFamilies, generated, pathsOf, shaderFiles } from "./sources.ts";
import { isEquivalent, unused } from "./equivalent.ts";
import { type Fate, tryMutants } from "./watch.ts";

const known = [...allFamilies(), generated];
const families = Deno.args.length > 0 ? Deno.args : known;
const paths = allFamilies().flatMap(pathsOf);
const unknown = families.find((family) => !known.includes(family) && !paths.includes(family));
if (unknown) {
  console.error(`No folder of kernels, and no shader in one, is called "${unknown}"; there are ${known.join(", ")}.`);
  Deno.exit(2);
}

const damages = shaderFiles(allFamilies()).flatMap(({ path, mutants }) => mutants.map((one) => ({ path, ...one })));
for (const rule of unused(damages)) {
  console.error(`A rule of equivalent.ts speaks of no damage to any shader: ${rule}`);
  Deno.exit(2);
}

const fates: Fate[] = [];
for await (const fate of tryMutants(families)) {
  fates.push(fate);
  if (fate.fate === "survived" && !isEquivalent(fate)) console.log(describe(fate));
}
const survivors = fates.filter((fate) => fate.fate === "survived");
const equivalent = survivors.filter(isEquivalent).length;
const count = (fate: Fate["fate"]) => fates.filter((one) => one.fate === fate).length;
console.log(
  `${count("caught")} caught, ${count("hung")} hung, ${
    count("invalid")
  } do not compile, ${equivalent} change nothing, ` +
    `${survivors.length - equivalent} survived`,
);
Deno.exitCode = survivors.length > equivalent || count("caught") === 0 ? 1 : 0;

function describe({ path, line, before, after }: Fate): string {
  return `${path}:${line + 1}\n  - ${before}\n  + ${after}`;
}
