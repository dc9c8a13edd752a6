import { trainRun } from "../../../models/train_run.ts";
import { silent } from "../runs.ts";

// The test kills it while it trains.
await trainRun(JSON.parse(Deno.env.get("METROGRAD_REQUEST")!), { reporter: silent });
