/** A line whose damaged forms do what the line does. */
export interface Equivalent {
  /** The end of the shader's path. */
  readonly path: string;
  readonly before: string;
  readonly after: readonly string[];
  /** Why nobody can tell. */
  readonly reason: string;
}

/** Damages that change nothing that can be observed, each looked at by a person. */
export const equivalents: readonly Equivalent[] = [];
