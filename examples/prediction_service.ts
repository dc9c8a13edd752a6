/**
 * A small HTTP service that learns from the rows it is sent and answers predictions. Runs with
 * `deno run --allow-net=127.0.0.1:8000 examples/prediction_service.ts`:
 *
 *     curl localhost:8000/rows -d '{"x": [[0, 1], [1, 1]], "y": [1, 2]}'
 *     curl localhost:8000/predict -d '{"x": [[0, 1]]}'
 */
import { Adam, backward, Engine, Linear, Module, mseLoss, Philox, type Tensor } from "../all.ts";

const width = 2, stepsPerPost = 100;

class Network extends Module {
  readonly hidden: Linear;
  readonly out: Linear;
  constructor(engine: Engine) {
    super();
    const options = { engine, random: new Philox(1) };
    this.hidden = new Linear(options, width, 32);
    this.out = new Linear(options, 32, 1);
  }
  forward = (x: Tensor) => this.out.forward(this.hidden.forward(x, { relu: true }));
}

/** What answers requests. They take turns: an engine does one thing at a time. */
export function createService(engine: Engine): (request: Request) => Promise<Response> {
  const network = new Network(engine);
  const optimizer = new Adam(network.parameters(), { lr: 0.01 });
  const rows: { x: number[][]; y: number[] } = { x: [], y: [] };
  let turn: Promise<unknown> = Promise.resolve();

  async function learn({ x, y }: Body): Promise<object> {
    rows.x.push(...matrix(x));
    rows.y.push(...vector(y, x!.length));
    const inputs = engine.tensor([rows.x.length, width], rows.x.flat());
    const target = engine.tensor([rows.y.length], rows.y);
    let loss = NaN;
    for (let step = 1; step <= stepsPerPost; step++) {
      const kept = await engine.step(() => {
        const loss = mseLoss({ prediction: network.forward(inputs), target });
        optimizer.zeroGrad();
        backward(loss);
        optimizer.step();
        return loss;
      });
      if (step === stepsPerPost) loss = await kept.item();
      kept.dispose();
    }
    [inputs, target].forEach((tensor) => tensor.dispose());
    return { rows: rows.x.length, loss };
  }

  async function predict({ x }: Body): Promise<object> {
    const found = matrix(x);
    const inputs = engine.tensor([found.length, width], found.flat());
    const prediction = await engine.step(() => engine.noGrad(() => network.forward(inputs)));
    const y = [...await prediction.data()];
    [inputs, prediction].forEach((tensor) => tensor.dispose());
    return { y };
  }

  return async (request) => {
    const route = { "/rows": learn, "/predict": predict }[new URL(request.url).pathname];
    if (!route || request.method !== "POST") return Response.json({ error: "POST /rows or /predict" }, { status: 404 });
    try {
      const body = await request.json();
      const answer = turn.then(() => route(body));
      turn = answer.catch(() => {});
      return Response.json(await answer);
    } catch (error) {
      const known = error instanceof TypeError || error instanceof SyntaxError;
      return Response.json({ error: known ? error.message : "it did not work out" }, { status: known ? 400 : 500 });
    }
  };
}

/** What a request says; nothing is known of it yet. */
interface Body {
  readonly x?: readonly unknown[];
  readonly y?: unknown;
}

function matrix(x: unknown): number[][] {
  if (Array.isArray(x) && x.length > 0 && x.every((row) => isNumbers(row, width))) return x;
  throw new TypeError(`x: a list of rows of ${width} numbers is expected.`);
}

function vector(y: unknown, length: number): number[] {
  if (isNumbers(y, length)) return y;
  throw new TypeError(`y: ${length} numbers are expected, one for each row of x.`);
}

function isNumbers(value: unknown, length: number): value is number[] {
  return Array.isArray(value) && value.length === length && value.every(Number.isFinite);
}

if (import.meta.main) {
  await using engine = await Engine.open();
  await Deno.serve({ hostname: "127.0.0.1", port: 8000 }, createService(engine)).finished;
}
