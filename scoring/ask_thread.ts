/** What a thread is asked for. Its disposal ends the thread. */
export interface Asked<Reply> extends Disposable {
  /** The answer; rejects with what the thread failed of. */
  readonly reply: Promise<Reply>;
}

/** What a thread posts. */
type Posted<Reply> = { readonly reply: Reply } | { readonly failed: unknown };

/** Asks a thread of its own, which calls `answerThread`, for one thing. */
export function askThread<Request, Reply>(module: URL, request: Request): Asked<Reply> {
  const thread = new Worker(module, { type: "module" });
  const { promise: reply, resolve, reject } = Promise.withResolvers<Reply>();
  thread.onmessage = ({ data }: MessageEvent<Posted<Reply>>) => {
    thread.terminate();
    if ("reply" in data) resolve(data.reply);
    else reject(data.failed);
  };
  thread.onerror = (event) => {
    event.preventDefault();
    reject(new Error(event.message));
  };
  thread.postMessage(request);
  // Nobody may ask for it, where other work fails first.
  reply.catch(() => {});
  return { reply, [Symbol.dispose]: () => thread.terminate() };
}

/** Answers the one request of `askThread`, in its thread. */
export function answerThread<Request, Reply>(answer: (request: Request) => Promise<Reply> | Reply): void {
  const scope = self as unknown as {
    onmessage: (event: MessageEvent<Request>) => Promise<void>;
    postMessage(posted: Posted<Reply>): void;
  };
  scope.onmessage = async ({ data }) => {
    try {
      scope.postMessage({ reply: await answer(data) });
    } catch (failed) {
      scope.postMessage({ failed });
    }
  };
}
