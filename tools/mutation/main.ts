/**
 * `deno task mutate [FAMILY|FAMILY/SHADER.wgsl|generated:GENERATOR[/PART_OF_A_LABEL]...]`: damages shaders one at a time
 * and lists those damages that no test notices. Of generated shaders a part can be had by generator and label, as in
 * `generated:streaming/query_gradient`; then only shaders of that part are damaged.
 */
import { allFamilies, generated, generatedFamilies, pathsOf, shaderFiles } from "./sources.ts";
import { isEquivalent, unused } from "./equivalent.ts";
import { type Fate, tryMutants } from "./watch.ts";

const known = [...allFamilies(), ...generatedFamilies];
const families = (Deno.args.length > 0 ? Deno.args : known).flatMap((name) =>
  name === generated ? generatedFamilies : [name]
);
const paths = allFamilies().flatMap(pathsOf);
const unknown = families.find((family) =>
  !known.includes(family.replace(/(?<=:.*)\/.*/, "")) && !paths.includes(family)
);
if (unknown) {
  console.error(
    `No folder of kernels, and no shader in one, is called "${unknown}"; there are ${
      known.join(", ")
    }, and ${generated} for all of it.`,
  );
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
  if (survived(fate)) console.log(describe(fate));
  if (fate.fate === "hung") console.log(`hung: ${describe(fate)}`);
}
for (const [family, some] of Map.groupBy(fates, familyOf)) console.log(`${family}: ${summary(some)}`);
console.log(summary(fates));
Deno.exitCode = fates.some(survived) || !fates.some(({ fate }) => fate === "caught") ? 1 : 0;

function survived(fate: Fate): boolean {
  return fate.fate === "survived" && !isEquivalent(fate);
}

function summary(fates: readonly Fate[]): string {
  const count = (fate: Fate["fate"]) => fates.filter((one) => one.fate === fate).length;
  const survivors = fates.filter(survived).length, equivalent = count("survived") - survivors;
  return `${count("caught")} caught, ${count("hung")} hung, ${count("invalid")} do not compile, ` +
    `${equivalent} change nothing, ${survivors} survived`;
}

function familyOf({ path }: Fate): string {
  const [first, second] = path.split("/");
  return first!.startsWith(generated) ? first! : second!;
}

function describe({ path, line, before, after }: Fate): string {
  return `${path}:${line + 1}\n  - ${before}\n  + ${after}`;
}
