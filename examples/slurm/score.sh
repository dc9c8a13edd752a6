#!/bin/bash
# Scores a large set in 16 parts, one a task of the array:
#
#   sbatch --export=ALL,RUN=runs/a,DATA=records.parquet,OUT=scored examples/slurm/score.sh
#
# A task that was killed or requeued goes on with the blocks of records that it has scored.
#SBATCH --job-name=metrograd-predict
#SBATCH --array=1-16
#SBATCH --gpus-per-task=1
#SBATCH --cpus-per-task=4
#SBATCH --mem=4G
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --output=%x-%A_%a.log
set -euo pipefail

: "${RUN:?the folder of a trained run}" "${DATA:?a file of records}" "${OUT:?a folder for the scores}"
part=$SLURM_ARRAY_TASK_ID of=$SLURM_ARRAY_TASK_COUNT
mkdir -p "$OUT"
exec metrograd predict --run "$RUN" --data "$DATA" --shard "$part/$of" --out "$OUT/$part-of-$of.parquet"
