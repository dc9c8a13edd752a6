/** What the rooms above the engine call by the name `Deno`. */
const found = (globalThis as { Deno?: typeof globalThis.Deno }).Deno;
if (!found) {
  throw new Error(
    'Recipes, runs and scorers need Deno: run the program with it, or import "metrograd/engine", which Node and browsers run too.',
  );
}

export { found as Deno };
