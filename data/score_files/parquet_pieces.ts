import { cellText, rounded, type ScoreRows } from "./score_rows.ts";

/** Rows of a row group, unless a file has fewer. */
const groupRows = 1 << 16;

/** What a Parquet file of scores names as its maker, behind its last row. */
export const scoreFileMaker = "metrograd predict";

/**
 * Rows as the pieces of a Parquet file: `ID` and numbers as DOUBLE, `ID` as INT64, all else as texts, null where a record
 * lacks the field.
 */
export async function* parquetPieces(
  rows: AsyncIterable<ScoreRows> | Iterable<ScoreRows>,
): AsyncGenerator<Uint8Array> {
  const { ByteWriter, ParquetWriter, schemaFromColumnData } = await import("hyparquet-writer");
  const bytes = new ByteWriter();
  const taken = () => {
    const piece = bytes.getBytes().slice();
    bytes.index = 0;
    return piece;
  };
  let writer: InstanceType<typeof ParquetWriter> | undefined;
  for await (const group of groups(rows)) {
    const columnData = columnsOf(group);
    writer ??= new ParquetWriter({
      createdBy: scoreFileMaker,
      writer: bytes,
      schema: schemaFromColumnData({ columnData }),
    });
    await writer.write({ columnData, rowGroupSize: groupRows });
    yield taken();
  }
  await writer?.finish();
  yield taken();
}

/** Rows put together to row groups; one without rows where there are none. */
async function* groups(rows: AsyncIterable<ScoreRows> | Iterable<ScoreRows>): AsyncGenerator<ScoreRows[]> {
  let group: ScoreRows[] = [], count = 0, any = false;
  for await (const some of rows) {
    group.push(some);
    count += some.numbers.length;
    if (count < groupRows) continue;
    yield group;
    any = true;
    [group, count] = [[], 0];
  }
  if (count > 0 || !any) yield group;
}

function columnsOf(group: readonly ScoreRows[]) {
  const ids = group.flatMap(({ numbers }) => Array.from(numbers, (number) => BigInt(number) + 1n));
  const names = group[0]?.columns.map(({ name }) => name) ?? [];
  return [
    { name: "ID", data: ids, type: "INT64" as const, nullable: false },
    ...names.map((name, column) => {
      const values = group.flatMap(({ columns }) => Array.from(columns[column]!.values));
      const areNumbers = ArrayBuffer.isView(group[0]!.columns[column]!.values);
      return areNumbers
        ? { name, data: values.map((value) => rounded(value as number)), type: "DOUBLE" as const, nullable: false }
        : {
          name,
          data: values.map((value) => value === null || value === undefined ? null : cellText(value)),
          type: "STRING" as const,
          nullable: true,
        };
    }),
  ];
}
