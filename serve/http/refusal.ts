import { MetrogradError } from "../../kernels/errors.ts";
import { type HttpAnswer, jsonAnswer } from "./message.ts";

/** Kinds of refusals by status, in the words that OpenAI's clients know. */
const types: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  404: "not_found_error",
  405: "method_not_allowed_error",
  408: "timeout_error",
  413: "request_too_large_error",
  415: "unsupported_media_type_error",
  429: "rate_limit_error",
  500: "internal_error",
  503: "unavailable_error",
};

/** A request that cannot be answered; its message says why in a sentence. */
export class Refusal extends MetrogradError {
  override name = "Refusal";

  /** @param headers beside the body, such as Retry-After */
  constructor(readonly status: number, message: string, readonly headers: Readonly<Record<string, string>> = {}) {
    super(message);
  }

  /** What the client is sent: `{"error": {"message", "type", "code"}}`. */
  toAnswer(): HttpAnswer {
    const { status: code, headers, message } = this;
    return jsonAnswer({ error: { message, type: types[code] ?? "error", code } }, code, headers);
  }
}
