// Tells whether this machine has an adapter. It runs in a worker, since a request that fails is final for its runtime.

/// <reference lib="deno.worker" />

declare const self: DedicatedWorkerGlobalScope;

const adapter = await navigator.gpu.requestAdapter();
self.postMessage(adapter !== null);
