/** What a function returns, and how many threads it starts. */
export function countThreads<Result>(body: () => Result): { result: Result; threads: number } {
  const { Worker } = globalThis;
  let threads = 0;
  globalThis.Worker = class extends Worker {
    constructor(...options: ConstructorParameters<typeof Worker>) {
      super(...options);
      threads++;
    }
  };
  try {
    return { result: body(), threads };
  } finally {
    globalThis.Worker = Worker;
  }
}
