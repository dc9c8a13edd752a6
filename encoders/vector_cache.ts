import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { cacheFolder } from "../engine/device/cache.ts";
import { DataError, MetrogradError } from "../kernels/errors.ts";

/** Kept in the file's header: tells our files, and this layout of them, from any other database. */
const layout = 1;

/** How long another process may hold the file. */
const patienceMilliseconds = 60_000;

/** The file of vectors that all commands share unless told otherwise. */
export function defaultCachePath(): string {
  return join(cacheFolder(), "embeddings.sqlite");
}

/**
 * Vectors of texts, kept in a file so that a text is encoded once ever. A vector is found by the encoder's fingerprint and
 * the SHA-256 of its text, and is given back only when its length and its checksum are right. Rows are written in
 * transactions: a process that is killed leaves whole rows, and any number of processes share the file.
 */
export class VectorCache implements Disposable {
  readonly #database: DatabaseSync;
  readonly #find: StatementSync;
  readonly #put: StatementSync;

  /**
   * Opens a file of vectors, which is made when it is missing.
   *
   * @throws DataError when it is damaged or something else, MetrogradError when it cannot be written
   */
  constructor(readonly path: string) {
    try {
      mkdirSync(dirname(path), { recursive: true });
      this.#database = new DatabaseSync(path);
    } catch (error) {
      throw new MetrogradError(
        `${path} could not be opened as the cache of embeddings: ${reason(error)}; --cache names another file.`,
        { cause: error },
      );
    }
    try {
      this.#prepareFile();
      this.#find = this.#database.prepare("SELECT checksum, vector FROM vectors WHERE encoder = ? AND text = ?");
      this.#put = this.#database.prepare("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)");
    } catch (error) {
      this.#database.close();
      throw this.#explain(error);
    }
  }

  /**
   * The vectors of texts, each by its hash; undefined for those that are not there, or not as they were written.
   *
   * @param fingerprint the encoder's, in hex
   * @throws DataError when the file is damaged
   */
  find(fingerprint: string, dimension: number, hashes: readonly Uint8Array[]): (Float32Array | undefined)[] {
    const encoder = Uint8Array.fromHex(fingerprint);
    try {
      return hashes.map((hash) => {
        const row = this.#find.get(encoder, hash);
        if (!row) return undefined;
        const { checksum, vector } = row;
        if (!(vector instanceof Uint8Array) || vector.length !== dimension * 4) return undefined;
        return crc32(vector) === checksum ? new Float32Array(vector.slice().buffer) : undefined;
      });
    } catch (error) {
      throw this.#explain(error);
    }
  }

  /**
   * Keeps vectors, all of them or none.
   *
   * @throws MetrogradError when the disk is full or another process holds the file too long
   */
  put(fingerprint: string, rows: readonly (readonly [hash: Uint8Array, vector: Float32Array])[]): void {
    const encoder = Uint8Array.fromHex(fingerprint);
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        for (const [hash, { buffer, byteOffset, byteLength }] of rows) {
          const bytes = new Uint8Array(buffer, byteOffset, byteLength);
          this.#put.run(encoder, hash, crc32(bytes), bytes);
        }
        this.#database.exec("COMMIT");
      } catch (error) {
        // A full disk has rolled back already.
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        throw error;
      }
    } catch (error) {
      throw this.#explain(error);
    }
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#database.close();
  }

  #prepareFile(): void {
    const database = this.#database;
    database.exec(`PRAGMA busy_timeout = ${patienceMilliseconds}`);
    const found = database.prepare("PRAGMA user_version").get()!.user_version;
    if (found === layout) return;
    const { tables } = database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get()!;
    if (found !== 0 || tables !== 0) {
      throw new DataError(
        `${this.path} is no cache of embeddings of this version; delete it, or name another file with --cache.`,
      );
    }
    // Readers go on while one process writes.
    database.exec("PRAGMA journal_mode = WAL");
    database.exec(
      `BEGIN IMMEDIATE;
       CREATE TABLE IF NOT EXISTS vectors (
         encoder BLOB NOT NULL, text BLOB NOT NULL, checksum INTEGER NOT NULL, vector BLOB NOT NULL,
         PRIMARY KEY (encoder, text)
       );
       PRAGMA user_version = ${layout};
       COMMIT`,
    );
  }

  #explain(error: unknown): unknown {
    if (!(error instanceof Error) || error instanceof MetrogradError) return error;
    const words = reason(error), options = { cause: error };
    if (/malformed|not a database|disk I\/O/.test(words)) {
      return new DataError(
        `${this.path}, the cache of embeddings, is damaged (${words}); delete it, since all in it can be computed ` +
          "again, or name another file with --cache.",
        options,
      );
    }
    return new MetrogradError(`${this.path}, the cache of embeddings, could not be used: ${words}.`, options);
  }
}

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/ \(os error \d+\).*$/s, "");
}
