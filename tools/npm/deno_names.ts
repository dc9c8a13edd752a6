import { platform } from "../../engine/platform/here.ts";

/** An error of files, told by what the platform says of it. */
function failure(kind: ReturnType<typeof platform.fileFailure>): object {
  return class {
    static [Symbol.hasInstance](error: unknown): boolean {
      return platform.fileFailure(error) === kind;
    }
  };
}

/** Never thrown in Node. */
class Unknown extends Error {}

/** What the rooms above the engine call by the name `Deno`, as far as a program in Node gets there. */
const names = {
  ...platform.files,
  pid: platform.pid,
  build: { os: platform.os },
  args: [],
  noColor: true,
  env: { get: platform.environment },
  inspect: String,
  errors: {
    NotFound: failure("missing"),
    NotADirectory: failure("not a folder"),
    IsADirectory: failure("a folder"),
    NotCapable: Unknown,
    BrokenPipe: Unknown,
  },
};

const found = (globalThis as { Deno?: unknown }).Deno ?? names;
export { found as Deno };
