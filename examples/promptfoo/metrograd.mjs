/**
 * Scores of `metrograd serve` in promptfoo. As an assertion (`file://metrograd.mjs:assertion`) it judges an answer by several
 * metrics in one call; as a provider (`file://metrograd.mjs`) it gives the scores of answers that are there already
 * (`vars.answer`). Both take a `config`: `metrics`, and where they differ from the defaults `url`, `model`, `threshold` (from
 * 0 to 1) and `token`.
 */
async function judge({ url = "http://127.0.0.1:8000", metrics, model, threshold, token }, output, context) {
  const query = new URLSearchParams(metrics.map((metric) => ["metric", metric]));
  for (const [name, value] of Object.entries({ model, threshold })) if (value !== undefined) query.set(name, value);
  const headers = { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const body = JSON.stringify({ output, context });
  const { error, ...result } = await (await fetch(`${url}/promptfoo?${query}`, { method: "POST", headers, body }))
    .json();
  if (error) throw new Error(error.message);
  return result;
}

export default class Metrograd {
  constructor({ config }) {
    this.config = config;
  }

  static assertion = (output, { prompt, vars, config }) => judge(config, output, { prompt, vars });

  id = () => "metrograd";

  async callApi(prompt, { vars }) {
    return { output: (await judge(this.config, vars.answer, { prompt, vars })).namedScores };
  }
}
