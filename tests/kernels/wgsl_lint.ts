/** A place in a shader or a launch that a trap of WebGPU is known for. */
export interface Complaint {
  readonly rule: Rule;
  /** Line, from 1. */
  readonly line: number;
  /** What stands there. */
  readonly text: string;
}

/** What is looked for. */
export type Rule =
  | "header without formula"
  | "uninitialised variable"
  | "comparison with itself"
  | "signed remainder"
  | "write without bounds check"
  | "missing label";

/** A statement, or the head of a block, without comments. */
interface Statement {
  readonly text: string;
  readonly line: number;
  /** The blocks around it, outermost first; the first is a function or a struct. */
  readonly blocks: readonly Block[];
}

interface Block {
  readonly head: string;
  /** True behind an `if` in this block that returns early past a bound. */
  checked: boolean;
}

/** Looks for all traps in the text of a shader. */
export function lintShader(code: string): Complaint[] {
  const statements = statementsOf(code);
  return [
    ...header(code),
    ...uninitialised(statements),
    ...comparedWithItself(statements),
    ...signedRemainders(statements),
    ...uncheckedWrites(statements),
  ];
}

/** Looks for WebGPU objects that a TypeScript file makes without a label: messages carry no other name. */
export function lintLabels(code: string): Complaint[] {
  const makers = "Buffer|BindGroup|BindGroupLayout|PipelineLayout|ComputePipeline|ShaderModule|CommandEncoder|QuerySet";
  return [...code.matchAll(new RegExp(`\\.create(?:${makers})\\(`, "g"))].flatMap(({ 0: text, index }) => {
    const descriptor = topLevel(code.slice(index + text.length, closing(code, index + text.length - 1)));
    return /\blabel\b/.test(descriptor) ? [] : [{ rule: "missing label", line: lineAt(code, index), text }];
  });
}

/** The first lines are a comment, which for a whole kernel has a formula. */
function header(code: string): Complaint[] {
  const comment = /^(\/\/.*\n)*/.exec(code)![0];
  const fine = comment !== "" && (!code.includes("@compute") || / [-+<>]?= /.test(comment));
  return fine ? [] : [{ rule: "header without formula", line: 1, text: code.split("\n", 1)[0]! }];
}

/** naga does not set a variable to zero again in each round of a loop. */
function uninitialised(statements: readonly Statement[]): Complaint[] {
  return statements.filter(({ text, blocks }) => blocks.length > 0 && /^var \w+[^=]*$/.test(text))
    .map(({ text, line }) => ({ rule: "uninitialised variable", line, text }));
}

/** naga takes `x != x` for false: NaN is found by its bits. */
function comparedWithItself(statements: readonly Statement[]): Complaint[] {
  return statements.filter(({ text }) => /(?<![\w.\])])([\w.]+(?:\[[^\]]*\])?) (?:==|!=) \1(?![\w.[(])/.test(text))
    .map(({ text, line }) => ({ rule: "comparison with itself", line, text }));
}

/** What `%` gives for negative numbers differs between drivers. */
function signedRemainders(statements: readonly Statement[]): Complaint[] {
  const signed = /\bi32\b|\bvec[234](?:i\b|<i32>)|\b\d+i\b/;
  const names = statements.flatMap(({ text }) => {
    const declared = /(?:^|\b(?:var|let|const)(?:<.*?>)? )(\w+)\s*(?::\s*([\w<>, ]+))?(?:=(.*))?$/.exec(text);
    const members = [...text.matchAll(/(\w+): ([\w<>]+)/g)].map(([, name, type]) => [name!, type!] as const);
    if (declared) members.push([declared[1]!, `${declared[2] ?? ""} ${declared[3] ?? ""}`]);
    return members.filter(([, type]) => signed.test(type)).map(([name]) => name);
  });
  const mentions = (text: string) => signed.test(text) || names.some((name) => new RegExp(`\\b${name}\\b`).test(text));
  return statements.filter(({ text }) => / %=? /.test(text) && mentions(text))
    .map(({ text, line }) => ({ rule: "signed remainder", line, text }));
}

/**
 * A write to a storage buffer stands in an `if` that compares (or asks for `inside`, what such a comparison gave), or behind
 * one that returns; in a function without either, its calls do.
 */
function uncheckedWrites(statements: readonly Statement[]): Complaint[] {
  const outputs = statements.flatMap(({ text }) => /var<storage, read_write> (\w+)/.exec(text)?.[1] ?? []);
  const unsafe = new Set<string>();
  const complaints: Complaint[] = [];
  const isWrite = (text: string) =>
    outputs.some((name) => new RegExp(`^${name}\\b[^=]*[^=!<>]?=[^=]`).test(text)) ||
    [...unsafe].some((name) => new RegExp(`\\b${name}\\(`).test(text));
  for (let found = -1; found < unsafe.size;) {
    found = unsafe.size;
    complaints.length = 0;
    for (const { text, line, blocks } of statements) {
      if (blocks.length === 0 || !isWrite(text) || blocks.some(isChecked)) continue;
      const name = /^(?:@.*\) )?fn (\w+)/.exec(blocks[0]!.head)?.[1];
      if (name && !blocks[0]!.head.includes("@compute")) unsafe.add(name);
      else complaints.push({ rule: "write without bounds check", line, text });
    }
  }
  return complaints;
}

function isChecked({ head, checked }: Block): boolean {
  return checked || /^(else )?if \(.*( < | <= | == |\binside\b)/.test(head);
}

/** The statements of a shader; block heads are statements, too. */
function statementsOf(code: string): Statement[] {
  const text = code.replaceAll(/\/\/.*/g, "");
  const statements: Statement[] = [];
  const open: Block[] = [];
  let start = 0, depth = 0, returns = false;
  for (let i = 0; i < text.length; i++) {
    const sign = text[i]!;
    if (sign === "(") depth++;
    if (sign === ")") depth--;
    if (depth > 0 || !";{}".includes(sign)) continue;
    const piece = text.slice(start, i);
    const statement = piece.trim().replaceAll(/\s+/g, " ");
    if (statement !== "") {
      const line = lineAt(text, start + piece.length - piece.trimStart().length);
      // A copy: a check further down does not cover what stands before it.
      statements.push({ text: statement, line, blocks: open.map((block) => ({ ...block })) });
    }
    if (sign === "{") open.push({ head: statement, checked: false });
    if (sign === ";") returns = statement === "return";
    if (sign === "}") {
      const { head } = open.pop()!;
      if (returns && /^if \(.*( >= | > | != )/.test(head)) open.at(-1)!.checked = true;
      returns = false;
    }
    start = i + 1;
  }
  return statements;
}

/** An object literal's text without what stands in objects, calls and lists within it. */
function topLevel(text: string): string {
  let depth = 0, kept = "";
  for (const sign of text) {
    if (")]}".includes(sign)) depth--;
    if (depth <= 1) kept += sign;
    if ("([{".includes(sign)) depth++;
  }
  return kept;
}

/** Where the parenthesis that opens at `start` closes. */
function closing(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    if (text[i] === "(") depth++;
    if (text[i] === ")" && --depth === 0) return i;
  }
  return text.length;
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
