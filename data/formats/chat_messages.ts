import { describeValue } from "../../engine/files/describe_value.ts";
import { DataError } from "../../kernels/errors.ts";
import { isRow, type Row } from "./format.ts";
import { parsedOr } from "./json_text.ts";

/** The texts of a record that a conversation holds. */
export interface ChatTexts {
  /** Null where there is no system message. */
  readonly system_prompt: string | null;
  /** All before the response: a user's message alone, or a transcript where there are more. */
  readonly user_prompt: string;
  /** The last message where it is the assistant's, else "". */
  readonly response: string;
}

/** True for a list of messages as chat APIs have them, and as ShareGPT does (`from`, `value`). */
export function isMessages(value: unknown): value is readonly Row[] {
  return Array.isArray(value) && value.length > 0 &&
    value.every((one) => isRow(one) && (typeof one.role === "string" || typeof one.from === "string"));
}

/** Roles that other tools give other names. */
const roles = new Map([["developer", "system"], ["human", "user"], ["gpt", "assistant"], ["ai", "assistant"]]);

function roleOf({ role, from }: Row): string {
  const name = String(role ?? from);
  return roles.get(name) ?? name;
}

/**
 * Splits a conversation into system prompt, prompt and response.
 *
 * @param place where it stands, for messages: "train.json, record 7: messages"
 * @throws DataError naming the message whose content is not understood
 */
export function chatTexts(messages: readonly Row[], place: string): ChatTexts {
  const turns = messages.map((message, i) => ({
    role: roleOf(message),
    text: messageText(message, `${place}, message ${i + 1}`),
  }));
  const system = turns.filter(({ role }) => role === "system").map(({ text }) => text);
  const others = turns.filter(({ role }) => role !== "system");
  const response = others.at(-1)?.role === "assistant" ? others.pop()!.text : "";
  const alone = others.length === 1 && others[0]!.role === "user";
  return {
    system_prompt: system.length > 0 ? system.join("\n\n") : null,
    user_prompt: alone ? others[0]!.text : others.map(({ role, text }) => `${titled(role)}: ${text}`).join("\n\n"),
    response,
  };
}

const titled = (role: string) => role.slice(0, 1).toUpperCase() + role.slice(1);

function messageText(message: Row, place: string): string {
  const content = message.content ?? message.value ?? message.refusal ?? null;
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls.map(callText) : [];
  return [contentText(content, place), ...calls].filter((text) => text !== "").join("\n");
}

function contentText(content: unknown, place: string): string {
  if (content === null) return "";
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) {
    throw new DataError(`${place}: content is ${describeValue(content)}; text or a list of parts is expected.`);
  }
  return content.map((part, i) => partText(part, `${place}, part ${i + 1}`)).filter((text) => text !== "").join("\n");
}

/** The text of a part; what is no text is named by its type. */
function partText(part: unknown, place: string): string {
  if (typeof part === "string") return part;
  if (!isRow(part)) {
    throw new DataError(`${place} is ${describeValue(part)}; an object with type and text is expected.`);
  }
  const text = part.text ?? part.refusal ?? (isRow(part.content) ? undefined : part.content);
  if (typeof text === "string") return text;
  if (part.type === "tool_use") return callText({ name: part.name, arguments: part.input });
  if (Array.isArray(part.content)) return contentText(part.content, place);
  if (typeof part.type === "string") return `[${part.type}]`;
  throw new DataError(`${place}: text is ${describeValue(part.text)}; text or a type is expected.`);
}

/** A call of a tool: `[tool call] name({"city": "Rome"})`. */
function callText(call: unknown): string {
  const { function: named = call } = isRow(call) ? call : {}, { name, arguments: given } = isRow(named) ? named : {};
  const words = typeof given === "string" ? given : given === undefined ? "" : JSON.stringify(given);
  return `[tool call] ${String(name ?? "unknown")}(${words})`;
}

/** Fields that hold a conversation. */
const chatFields = ["messages", "conversations", "conversation"];

/** Conversations that are JSON text, as in a cell of CSV, as lists. */
function withoutJsonText(fields: Row): Row {
  const lists = chatFields.flatMap((name) => {
    const value = typeof fields[name] === "string" ? parsedOr(fields[name]) : undefined;
    return isMessages(value) ? [[name, value] as const] : [];
  });
  return lists.length > 0 ? { ...fields, ...Object.fromEntries(lists) } : fields;
}

/**
 * Texts that stand in conversations as texts: `messages` or `conversations` where the record has neither prompt nor
 * response, and a prompt or a response that is a list of messages itself.
 */
export function withChatTexts(row: Row, place: string): Row {
  const fields = withoutJsonText(row);
  if (!Object.values(fields).some(isMessages)) return fields;
  const lacks = (...names: string[]) => names.every((name) => (fields[name] ?? "") === "");
  const [key] = chatFields.filter((name) => isMessages(fields[name]));
  const found: Record<string, unknown> = { ...fields };
  if (key !== undefined && lacks("user_prompt", "prompt")) {
    const { response, ...texts } = chatTexts(fields[key] as Row[], `${place}: ${key}`);
    if (lacks("response", "expected_response")) {
      delete found[key];
      return { ...found, ...kept(texts, fields), response };
    }
    if (response === "") {
      delete found[key];
      return { ...found, ...kept(texts, fields) };
    }
  }
  for (const name of ["user_prompt", "prompt"]) {
    if (!isMessages(fields[name])) continue;
    const { system_prompt, user_prompt, response } = chatTexts(fields[name], `${place}: ${name}`);
    found[name] = [user_prompt, response && `Assistant: ${response}`].filter((text) => text !== "").join("\n\n");
    if (lacks("system_prompt")) found.system_prompt = system_prompt;
  }
  for (const name of ["response", "expected_response"]) {
    if (!isMessages(fields[name])) continue;
    const { user_prompt, response } = chatTexts(fields[name], `${place}: ${name}`);
    found[name] = [user_prompt, response].filter((text) => text !== "").join("\n\n");
  }
  return found;
}

/** A record's own system prompt goes before that of its messages. */
function kept({ system_prompt, user_prompt }: Omit<ChatTexts, "response">, fields: Row): Row {
  return { system_prompt: fields.system_prompt || system_prompt, user_prompt };
}
