import { permitted } from "./deno_permissions.ts";
import { hasMesa } from "./mesa.ts";
import { canUseSwiftShader, loadSwiftShader } from "./swiftshader.ts";

/** What has to be done before the first request for an adapter, whose failure would be final. */
export async function prepare(onNote: (sentence: string) => void): Promise<void> {
  silenceRuntimeDirectory();
  if (canUseSwiftShader() && !hasMesa() && !(await hasAdapter())) await loadSwiftShader(onNote);
}

/** Tells whether this machine has an adapter. */
const probe = "self.postMessage(await navigator.gpu.requestAdapter() !== null)";

/** Asks for an adapter in a worker, since a request that fails is final for its runtime; it takes a tenth of a second. */
function hasAdapter(): Promise<boolean> {
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(probe)}`, { type: "module" });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  worker.addEventListener("message", ({ data }) => resolve(data));
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    resolve(true); // Unknown: the request itself will tell.
  });
  return promise.finally(() => worker.terminate());
}

/** Mesa's EGL complains on stderr, as if something had failed, when this variable is no absolute path. */
function silenceRuntimeDirectory(): void {
  const variable = "XDG_RUNTIME_DIR";
  if (Deno.build.os !== "linux" || !permitted({ name: "env", variable })) return;
  if (!Deno.env.get(variable)?.startsWith("/")) Deno.env.set(variable, "/tmp");
}
