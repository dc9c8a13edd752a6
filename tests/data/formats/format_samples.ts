/** A row or file of each form, in its public shape with content of our own, and what it stands for. */
export interface FormatSample {
  /** What `--format` calls it. */
  readonly format: string;
  /** What the note calls it. */
  readonly title: string;
  readonly rows: readonly Record<string, unknown>[];
  /** Metric, system prompt, user prompt, response and score (0 to 10) of each record. */
  readonly records: readonly (readonly [string, string | null, string, string, number])[];
  /** A change of the rows that is refused, and how. */
  readonly wrong: readonly [rows: readonly unknown[], message: string];
}

const asked = (content: string) => ({ role: "user", content });
const answered = (content: string) => ({ role: "assistant", content });
/** Two answers to "q" as records, the chosen one first. */
const pair = (metric: string, system: string | null, chosen: string, rejected: string) =>
  [[metric, system, "q", chosen, 10], [metric, system, "q", rejected, 0]] as const;

const helpful = {
  prompt: "How do I boil an egg?",
  response: "Eight minutes in boiling water.",
  ...{ helpfulness: 4, correctness: 3, coherence: 4, complexity: 1, verbosity: 0 },
};
const completion = {
  model: "model-a",
  custom_system_prompt: "Answer briefly.",
  response: "Blue.",
  annotations: {
    helpfulness: { Rating: "5", Rationale: "Right." },
    honesty: { Rating: "N/A", Rationale: "Nothing to judge." },
  },
};
const feedback = {
  orig_instruction: "Comfort a friend who lost a game.",
  orig_response: "There will be others.",
  orig_criteria: "Does the response show empathy?",
  orig_score1_description: "None.",
  orig_score5_description: "A lot.",
  orig_score: "3",
};
const result = {
  prompt: { raw: '[{"role":"system","content":"Be polite."},{"role":"user","content":"Say hello."}]', label: "p" },
  vars: { name: "Ada" },
  response: { output: "Hello, Ada.", tokenUsage: { total: 9 } },
  success: true,
  score: 0.75,
  namedScores: { politeness: 1, brevity: 0.5 },
  gradingResult: { pass: true, score: 0.75, reason: "Fine", componentResults: [] },
};
const asserted = {
  ...result,
  prompt: { raw: "Count to three.", label: "q" },
  response: { output: { numbers: [1, 2, 3] } },
  namedScores: {},
  gradingResult: {
    ...{ pass: false, score: 0.4, reason: "Short" },
    componentResults: [
      { pass: false, score: 0.4, reason: "", assertion: { type: "llm-rubric", value: "Counts", metric: "counting" } },
      { pass: true, score: 1, reason: "", assertion: { type: "is-json" } },
    ],
  },
};
/** No answer came, so that nobody gave the score. */
const failed = { ...result, response: null, error: "Timeout", score: 0, success: false, namedScores: { brevity: 0 } };
const sample = {
  id: 7,
  epoch: 1,
  input: [{ role: "system", content: "You are a clerk." }, { role: "user", content: "What is 2 + 2?" }],
  target: "4",
  output: { model: "m", choices: [{ message: { role: "assistant", content: [{ type: "text", text: "It is 4." }] } }] },
  scores: {
    match: { value: "C", answer: "4", explanation: "" },
    rubric: { value: { tone: 0.25, style: 1 }, answer: null },
  },
};
const testCase = {
  name: "case_0",
  input: "Where is the library?",
  actualOutput: "Behind the town hall.",
  metricsData: [
    { name: "Answer Relevancy", threshold: 0.5, success: true, score: 0.9 },
    { name: "Bias", threshold: 0.5, success: true, score: 0 },
    { name: "Toxicity", threshold: 0.5, success: false, score: null, error: "No answer." },
  ],
};
const trace = {
  id: "t1",
  name: "chat",
  input: { messages: [{ role: "user", content: "Hi" }] },
  output: { content: "Hello" },
};
const run = { id: "r1", name: "chain", inputs: { question: "Why?" }, outputs: { answer: "Because." } };
const lmSample = {
  doc_id: 0,
  doc: { question: "2 + 3" },
  target: "5",
  arguments: [["Question: 2 + 3\nAnswer:", { until: ["\n"] }]],
  resps: [[" 5"]],
  filtered_resps: ["5"],
  exact_match: 1.0,
};

/** Every form. */
export const formatSamples: readonly FormatSample[] = [
  {
    format: "helpsteer2",
    title: "HelpSteer2",
    rows: [helpful],
    records: [["helpfulness", 10], ["correctness", 7.5], ["coherence", 10], ["complexity", 2.5], ["verbosity", 0]].map(
      ([name, score]) => [name as string, null, helpful.prompt, helpful.response, score as number],
    ),
    wrong: [
      [helpful, { ...helpful, coherence: 5 }],
      "record 2, coherence: score is 5; a number from 0 to 4 is expected.",
    ],
  },
  {
    format: "ultrafeedback",
    title: "UltraFeedback",
    rows: [{ source: "own", instruction: "What colour is the sky?", models: ["model-a"], completions: [completion] }],
    records: [["helpfulness", "Answer briefly.", "What colour is the sky?", "Blue.", 10]],
    wrong: [
      [{ instruction: "x", completions: [completion, { ...completion, annotations: null }] }],
      "record 1, completion 2: annotations is null; an object is expected.",
    ],
  },
  {
    format: "feedback-collection",
    title: "Feedback-Collection (Prometheus)",
    rows: [feedback],
    records: [[feedback.orig_criteria, null, feedback.orig_instruction, feedback.orig_response, 5]],
    wrong: [[{ ...feedback, orig_response: 5 }], "record 1: response is 5; text is expected."],
  },
  {
    format: "promptfoo",
    title: "promptfoo results",
    rows: [{ evalId: "eval-1", results: { version: 3, results: [result, asserted, failed], stats: {} }, config: {} }],
    records: [
      ["politeness", "Be polite.", "Say hello.", "Hello, Ada.", 10],
      ["brevity", "Be polite.", "Say hello.", "Hello, Ada.", 5],
      ["counting", null, "Count to three.", '{"numbers":[1,2,3]}', 4],
      ["is-json", null, "Count to three.", '{"numbers":[1,2,3]}', 10],
    ],
    wrong: [
      [{ results: { results: [result, { ...result, namedScores: { tone: "high" } }] } }],
      'record 1, result 2: score is "high"; a number from 0 to 1 is expected.',
    ],
  },
  {
    format: "inspect",
    title: "an Inspect log",
    rows: [{ version: 2, status: "success", eval: { task: "sums" }, samples: [sample] }],
    records: [
      ["match", "You are a clerk.", "What is 2 + 2?", "It is 4.", 10],
      ["rubric/tone", "You are a clerk.", "What is 2 + 2?", "It is 4.", 2.5],
      ["rubric/style", "You are a clerk.", "What is 2 + 2?", "It is 4.", 10],
    ],
    wrong: [[{ eval: {}, samples: [5] }], "record 1, sample 1 is 5; an object is expected."],
  },
  {
    format: "deepeval",
    title: "DeepEval test cases",
    rows: [{ testCases: [testCase], metricsScores: [] }],
    records: [
      ["Answer Relevancy", null, testCase.input, testCase.actualOutput, 9],
      ["Bias", null, testCase.input, testCase.actualOutput, 0],
    ],
    wrong: [
      [{ input: "a", actual_output: "b", metrics_data: [{ name: "Bias", score: 2 }] }],
      "record 1: score is 2; a number from 0 to 1 is expected.",
    ],
  },
  {
    format: "langfuse",
    title: "a Langfuse export",
    rows: [
      { id: "s1", traceId: "t1", name: "helpful", value: 0.5, dataType: "NUMERIC", comment: "" },
      { id: "s2", traceId: "t1", name: "kind", value: null, stringValue: "very", dataType: "CATEGORICAL" },
      { ...trace, scores: [{ name: "polite", value: 1, dataType: "BOOLEAN" }] },
    ],
    records: [["helpful", null, "Hi", "Hello", 5], ["polite", null, "Hi", "Hello", 10]],
    wrong: [
      [{ traceId: "t9", name: "helpful", value: 1 }],
      'record 1: traceId is "t9"; a row with that id, an input and an output is expected in a file beside it.',
    ],
  },
  {
    format: "langsmith",
    title: "a LangSmith export",
    rows: [
      { ...run, feedback_stats: { correctness: { n: 1, avg: 0.75 } } },
      { "inputs.question": "Who?", "outputs.answer": "Me.", "feedback.correctness": 0.5, id: "r2" },
      { run_id: "r1", key: "tone", score: true, value: null },
    ],
    records: [
      ["correctness", null, "Why?", "Because.", 7.5],
      ["correctness", null, "Who?", "Me.", 5],
      ["tone", null, "Why?", "Because.", 10],
    ],
    wrong: [[{ ...run, feedback: "good" }], 'record 1: feedback is "good"; an object is expected.'],
  },
  {
    format: "lm-eval",
    title: "lm-eval samples",
    rows: [
      lmSample,
      {
        ...{ doc_id: 1, doc: {}, target: 1, resps: [[[-4.5, false]], [[-1.5, true]]], acc: 0, metrics: ["acc"] },
        arguments: {
          gen_args_0: { arg_0: "The sky is", arg_1: " red" },
          gen_args_1: { arg_0: "The sky is", arg_1: " blue" },
        },
      },
      {
        ...{ doc_id: 2, target: "Yes", filtered_resps: ["Yes"], metrics: ["exact_match"], exact_match: 0.5 },
        arguments: { gen_args_0: { arg_0: ['[{"role": "user", "content": "Is it?"}]'] } },
      },
    ],
    records: [
      ["exact_match", null, "Question: 2 + 3\nAnswer:", " 5", 10],
      ["acc", null, "The sky is", " blue", 0],
      ["exact_match", null, "Is it?", "Yes", 5],
    ],
    wrong: [[lmSample, { ...lmSample, resps: "5" }], 'record 2: resps is "5"; a list is expected.'],
  },
  {
    format: "preferences",
    title: "pairs of responses of which one was preferred",
    rows: [
      { prompt: "q", chosen: "a", rejected: "b", source: "x" },
      {
        ...{ metric_name: "tone", prompt: [{ role: "system", content: "Be brief." }, asked("q")] },
        ...{ chosen: [answered("a")], rejected: [answered("b")] },
      },
      { prompt: "q", chosen: [asked("q"), answered("a")], rejected: [asked("q"), answered("b")] },
      { chosen: "\n\nHuman: q\n\nAssistant: a", rejected: "\n\nHuman: q\n\nAssistant: b" },
      {
        ...{ conversation_a: [asked("q"), answered("a")], conversation_b: [asked("q"), answered("b")] },
        winner: "model_b",
      },
      { prompt: "q", response_a: "a", response_b: "b", winner_model_a: 1, winner_model_b: 0, winner_tie: 0 },
      { prompt: "q", response_a: "a", response_b: "b", winner: "tie (bothbad)" },
      { prompt: "q", chosen: "a", rejected: "a" },
    ],
    records: [
      ...pair("preference", null, "a", "b"),
      ...pair("tone", "Be brief.", "a", "b"),
      ...pair("preference", null, "a", "b"),
      ...pair("preference", null, "a", "b"),
      ...pair("preference", null, "b", "a"),
      ...pair("preference", null, "a", "b"),
    ],
    wrong: [
      [{ prompt: "q", response_a: "a", response_b: "b", winner: "x" }],
      'record 1: winner is "x"; model_a, model_b or tie is expected.',
    ],
  },
];
