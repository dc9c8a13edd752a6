/** A permission that a program may lack. */
export type Permission =
  | { readonly name: "read" | "write" | "ffi"; readonly path?: string | URL }
  | { readonly name: "env"; readonly variable: string }
  | { readonly name: "net"; readonly host: string }
  | { readonly name: "sys"; readonly kind: "systemMemoryInfo" };

/** What is known of a file without reading it. */
export interface FileState {
  /** Bytes. */
  readonly size: number;
  /** Its number in the file system, where that has numbers. */
  readonly ino: number | null;
  /** When it was written last. */
  readonly mtime: Date | null;
  /** True for a file that can be read again. */
  readonly isFile: boolean;
  /** True for a folder. */
  readonly isDirectory: boolean;
}

/** An open file. */
export interface OpenFile extends Disposable {
  /** Reads from where the last call ended; returns how many bytes, or null at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** As `read`. */
  readSync(into: Uint8Array): number | null;
  /** Writes some of the bytes, and returns how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Goes to a byte, counted from the first. */
  seek(offset: number, from: 0): Promise<number>;
  /** As `seek`. */
  seekSync(offset: number, from: 0): number;
  /** Shortens the file. */
  truncate(length: number): Promise<void>;
  /** Flushes what was written to the disk. */
  sync(): Promise<void>;
  /** What is known of the file. */
  stat(): Promise<FileState>;
  /** Locks the file against other processes; false when another has it. */
  tryLock(exclusive: boolean): Promise<boolean>;
  /** Closes it. */
  close(): void;
}

/** How a file is opened. */
export interface OpenOptions {
  readonly read?: boolean;
  readonly write?: boolean;
  readonly append?: boolean;
  readonly create?: boolean;
  readonly truncate?: boolean;
}

/** The files of a machine, by the names and meanings of Deno's functions. */
export interface Files {
  open(path: string, options?: OpenOptions): Promise<OpenFile>;
  readFile(path: string): Promise<Uint8Array<ArrayBuffer>>;
  readTextFile(path: string): Promise<string>;
  readDir(path: string): AsyncIterable<{ readonly name: string }>;
  stat(path: string): Promise<FileState>;
  statSync(path: string): FileState;
  lstat(path: string): Promise<FileState>;
  mkdir(path: string, options: { readonly recursive: boolean }): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string, options?: { readonly recursive: boolean }): Promise<void>;
  removeSync(path: string): void;
}

/** Sums up bytes as SHA-256. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** The digest in hex. */
  digest(): string;
}

/** What the engine asks of the program that runs it: Deno, Node or a browser. Nothing else in the engine knows which it is. */
export interface Platform {
  /** Which one it is. */
  readonly name: "Deno" | "Node" | "browser";
  /** The operating system; "unknown" where it makes no difference. */
  readonly os: "linux" | "darwin" | "windows" | "unknown";
  /** Number of this process. */
  readonly pid: number;
  /** Its files. A browser reads what is at a URL, and refuses all else in a sentence. */
  readonly files: Files;
  /** Joins parts of a path. */
  join(...parts: string[]): string;
  /** The folder of a path. */
  dirname(path: string): string;
  /** The last name of a path. */
  basename(path: string): string;
  /** A path from the root. */
  resolve(path: string): string;
  /** The path of a file's URL. */
  pathOf(url: URL): string;
  /** Why a call for a file has failed, where that is one of these. */
  fileFailure(error: unknown): "missing" | "not a folder" | "a folder" | null;
  /** Whether all of this is allowed without asking the user. */
  permitted(...permissions: Permission[]): boolean;
  /** An environment variable, or undefined where it is not set or may not be read. */
  environment(variable: string): string | undefined;
  /** Bytes of memory, or null where that is not told. Ask for permission first. */
  memory(): { readonly available: number; readonly total: number } | null;
  /** Lets events arrive that are due. */
  nextEvents(): Promise<void>;
  /** Begins a sum of bytes. */
  sha256(): Sha256;
  /**
   * Where adapters come from, or null where there is no WebGPU.
   *
   * @param onNote told in a sentence about work that takes long, such as fetching a driver
   */
  gpu(onNote: (sentence: string) => void): Promise<GPU | null>;
  /** A sentence for when there is no adapter: what to do about it. */
  noAdapter(): string;
}
