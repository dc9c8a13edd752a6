/** A request as the access log has it; nothing of what was sent. */
export interface AccessLine {
  readonly time: string;
  /** As the header X-Request-Id has it. */
  readonly id: string;
  readonly method: string;
  /** The route; "unknown" for none. */
  readonly route: string;
  readonly status: number;
  readonly milliseconds: number;
  /** Bytes of the body. */
  readonly bytes: number;
  readonly run?: string;
  readonly records?: number;
  readonly tokens?: number;
  /** Why a request was refused. */
  readonly refusal?: string;
  /** The body itself, where that was asked for. */
  readonly body?: unknown;
}

/** Takes a line of the access log. */
export type AccessLog = (line: AccessLine) => void;
