/** A thread that measures texts; see `MeasuresApart`. */
import { answerThread } from "../../scoring/ask_thread.ts";
import { type MeasureReply, type MeasureRequest, measureTexts } from "./measure_texts.ts";

answerThread<MeasureRequest, MeasureReply>(async (request) => {
  const { statistics, lexical } = await measureTexts(request);
  return { statistics, lexical: lexical!.state() };
});
