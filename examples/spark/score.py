"""Scores a Parquet data set on Apache Spark.

    spark-submit examples/spark/score.py --run runs/a --data records.parquet --out scored.parquet

Each row needs the fields of a record: metric_name, user_prompt and response (or what --map names). The rows come back with
a column `score`. The run has to be at the same path on all machines, as on a shared disk.
"""

import argparse
import shlex
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql.types import DoubleType, StructField, StructType


def score(spark: SparkSession, run: str, data: str, out: str, metrograd: str, more: list[str]) -> None:
    """Reads a data set, scores it and writes it to a folder."""
    spark.sparkContext.addPyFile(str(Path(__file__).with_name("metrograd_process.py")))
    from metrograd_process import scorer

    # Threads of one executor share its GPU, so that one task at a time is enough: see docs/spark.md.
    command = (*shlex.split(metrograd), "predict", "--quiet", "--run", run, *more)
    pipe = ("--data", "-", "--out", "-", "--out-format", "jsonl")
    rows = spark.read.parquet(data)
    schema = StructType([*rows.schema.fields, StructField("score", DoubleType(), nullable=False)])
    rows.mapInPandas(scorer((*command, *pipe)), schema).write.mode("overwrite").parquet(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", required=True, help="folder of a trained run, the same on all machines")
    parser.add_argument("--data", required=True, help="Parquet files of records")
    parser.add_argument("--out", required=True, help="folder of Parquet files to write")
    parser.add_argument("--metrograd", default="metrograd", help="the command on the executors (default: metrograd)")
    arguments, more = parser.parse_known_args()
    spark = SparkSession.builder.appName("metrograd predict").getOrCreate()
    score(spark, arguments.run, arguments.data, arguments.out, arguments.metrograd, more)


if __name__ == "__main__":
    main()
