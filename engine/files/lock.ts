import { MetrogradError } from "../../kernels/errors.ts";
import { explainWriteError, lockName } from "./files.ts";
import { platform } from "../platform/here.ts";
import type { OpenFile } from "../platform/platform.ts";

const { files, join } = platform;

/**
 * Keeps other processes, and other threads of this one, from writing to a folder. The system gives the lock back when its
 * process ends in whatever way; a file that a killed process has left behind locks nothing.
 *
 * @example
 * using lock = await FolderLock.take("runs/a");
 */
export class FolderLock implements Disposable {
  private constructor(
    readonly folder: string,
    readonly file: OpenFile,
    readonly inode: number | null,
    /** True where the folder was made for it. */
    readonly made: boolean,
  ) {}

  /**
   * Locks a folder, which is made when it is missing.
   *
   * @throws MetrogradError when another process has it, or when the folder cannot be written to
   */
  static async take(folder: string): Promise<FolderLock> {
    const path = join(folder, lockName);
    for (;;) {
      let file: OpenFile, made: boolean;
      try {
        made = await files.stat(folder).then(() => false, () => true);
        await files.mkdir(folder, { recursive: true });
        file = await files.open(path, { read: true, write: true, create: true });
      } catch (error) {
        throw explainWriteError(error, folder, "nothing was left there");
      }
      if (!await lock(file)) {
        file.close();
        throw new MetrogradError(
          `${folder} is being written by another process${await ownerOf(
            path,
          )}; wait until that is done, or name another folder.`,
        );
      }
      const { ino } = await file.stat();
      // Whoever had it before may have removed the file after it was opened here.
      if (await inodeAt(path) === ino) {
        await file.truncate(0);
        await file.write(new TextEncoder().encode(`${platform.pid}\n`)).catch(() => {});
        return new FolderLock(folder, file, ino, made);
      }
      file.close();
    }
  }

  /** @throws MetrogradError when the folder was removed or replaced since it was locked */
  async check(): Promise<void> {
    if (await inodeAt(join(this.folder, lockName)) === this.inode) return;
    throw new MetrogradError(
      `${this.folder} was removed or replaced while it was written to, so that nothing more can be saved there; start again.`,
    );
  }

  /** Gives the lock back; a folder that was made for it and is still empty is removed. */
  [Symbol.dispose](): void {
    const path = join(this.folder, lockName);
    try {
      if (files.statSync(path).ino === this.inode) files.removeSync(path);
      if (this.made) files.removeSync(this.folder);
    } catch {
      // The folder is gone, or has something in it.
    }
    this.file.close();
  }
}

/** False when another process has it. Where the file system knows no locks, nobody is kept out. */
async function lock(file: OpenFile): Promise<boolean> {
  return await file.tryLock(true).catch(() => true);
}

async function inodeAt(path: string): Promise<number | null | undefined> {
  return await files.stat(path).then(({ ino }) => ino, () => undefined);
}

async function ownerOf(path: string): Promise<string> {
  const text = await files.readTextFile(path).catch(() => "");
  return /^\d+\n$/.test(text) ? ` (${text.trim()})` : "";
}
