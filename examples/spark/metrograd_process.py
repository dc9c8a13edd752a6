"""One `metrograd predict` process of a Python worker, which scores rows by a pipe. Spark sends this file to its executors."""

import atexit
import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import partial

import pandas as pd


class Predictor:
    """A process that reads JSON lines and writes a line of JSON for each; an empty line asks for what came before it."""

    def __init__(self, command: tuple[str, ...]) -> None:
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        atexit.register(self.close)

    def score(self, frame: pd.DataFrame) -> list[float]:
        """The score of each row."""
        lines = frame.to_json(orient="records", lines=True, force_ascii=False)
        # Writes while it reads: each side of a pipe holds only some of what passes.
        writer = threading.Thread(target=self._write, args=(lines.strip() + "\n\n",))
        writer.start()
        try:
            return [json.loads(self._read())["score"] for _ in range(len(frame))]
        finally:
            writer.join()

    def close(self) -> None:
        """Ends the process."""
        self.process.kill()
        self.process.wait()

    def _write(self, text: str) -> None:
        try:
            self.process.stdin.write(text)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # The process has ended; who reads from it says so.

    def _read(self) -> str:
        line = self.process.stdout.readline()
        if line == "":
            raise RuntimeError(f"metrograd predict ended with code {self.process.wait()}; its message is in the executor's log.")
        return line


# Spark keeps a Python worker for many tasks: its process, with the model loaded, is kept with it.
_predictors: dict[tuple[str, ...], Predictor] = {}


def score_frames(command: tuple[str, ...], frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Adds the column `score` to each batch."""
    for frame in frames:
        if len(frame) == 0:
            continue
        if command not in _predictors:
            _predictors[command] = Predictor(command)
        try:
            yield frame.assign(score=_predictors[command].score(frame))
        except BaseException:
            # Half of its answers may be unread: the next task begins with a new process.
            _predictors.pop(command).close()
            raise


def scorer(command: tuple[str, ...]) -> Callable[[Iterator[pd.DataFrame]], Iterator[pd.DataFrame]]:
    """What `mapInPandas` takes. A function of this module is sent by its name, so that all tasks of a worker share it."""
    return partial(score_frames, command)
