import fc from "fast-check";

/** Inputs of some kind, and what has to hold of each. */
export interface Kind<Input> {
  /** What `--only` calls it. */
  readonly name: string;
  /** The tests try 1,000 inputs times this; below 1 where an input takes long. */
  readonly testShare?: number;
  readonly inputs: fc.Arbitrary<Input>;
  /**
   * @param folder for files; those of earlier inputs may be in it
   * @throws Error when something does not hold
   */
  check(input: Input, folder: string): Promise<void>;
}

/** How inputs are tried. */
export interface FuzzOptions {
  readonly runs: number;
  readonly seed: number;
  /** Told after each input. */
  readonly onInput?: () => void;
}

/** A kind of input without its type. */
export interface Target extends Pick<Kind<never>, "name" | "testShare"> {
  /** @throws Error with the smallest input found that breaks something, and with what repeats it */
  fuzz(options: FuzzOptions): Promise<void>;
}

/** Makes a target of a kind of input. */
export function targetOf<Input>({ inputs, check, ...kind }: Kind<Input>): Target {
  return {
    ...kind,
    async fuzz({ runs, seed, onInput = () => {} }) {
      const folder = await Deno.makeTempDir({ prefix: "metrograd_fuzz_" });
      try {
        const property = fc.asyncProperty(inputs, async (input) => {
          await check(input, folder);
          onInput();
        });
        await fc.assert(property, { numRuns: runs, seed });
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  };
}
