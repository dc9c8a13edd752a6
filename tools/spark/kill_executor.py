"""Scores a data set on a local cluster of two workers, and kills an executor once some tasks are done.

    python kill_executor.py RUN DATA OUT METROGRAD

Prints how many executors were killed and how many tasks were run anew.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path

from pyspark.sql import SparkSession

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "spark"))
from score import score  # noqa: E402


def executors(driver: int) -> list[int]:
    """Processes of executors below a process: all belong to this session."""
    parents, commands = {}, {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            commands[int(entry.name)] = (entry / "cmdline").read_bytes().decode(errors="replace")
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(") ")[2].split()[1])
        except (OSError, ValueError):
            continue  # It ended meanwhile.

    def below(process: int) -> bool:
        while process in parents:
            if process == driver:
                return True
            process = parents[process]
        return False

    return [pid for pid, command in commands.items() if "CoarseGrainedExecutorBackend" in command and below(pid)]


def main() -> None:
    run, data, out, metrograd = sys.argv[1:]
    spark = (
        SparkSession.builder.master("local-cluster[2,1,1024]")
        .appName("metrograd predict, with an executor killed")
        .config("spark.ui.enabled", "false")
        .config("spark.executor.memory", "512m")
        .config("spark.sql.files.maxPartitionBytes", "1k")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "16")
        .getOrCreate()
    )
    tracker, killed = spark.sparkContext.statusTracker(), []

    def kill_one() -> None:
        while not killed:
            time.sleep(0.2)
            stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
            if any(stage and 0 < stage.numCompletedTasks < stage.numTasks - 1 for stage in stages):
                process = executors(os.getpid())[0]
                os.kill(process, signal.SIGKILL)
                killed.append(process)

    threading.Thread(target=kill_one, daemon=True).start()
    score(spark, run, data, out, metrograd, [])
    print(f"executors killed: {len(killed)}")
    spark.stop()


main()
