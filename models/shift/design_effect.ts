/**
 * By how much more the mean of numbers in groups varies than that of as many that are each on their own, at least 1: the
 * mean square between groups over the variance of all. Numbers of a group that are all the same count as one.
 *
 * @param group number of each one's group
 * @returns 1 where there are fewer than two groups
 * @see Kish, "Survey Sampling" (1965), section 5.4
 */
export function designEffect(values: ArrayLike<number>, group: ArrayLike<number>): number {
  const rows = values.length, sums = new Map<number, { sum: number; rows: number }>();
  let mean = 0;
  for (let row = 0; row < rows; row++) {
    mean += values[row]! / rows;
    const own = sums.get(group[row]!) ?? { sum: 0, rows: 0 };
    sums.set(group[row]!, { sum: own.sum + values[row]!, rows: own.rows + 1 });
  }
  let between = 0, all = 0;
  for (const { sum, rows } of sums.values()) between += rows * (sum / rows - mean) ** 2 / (sums.size - 1);
  for (let row = 0; row < rows; row++) all += (values[row]! - mean) ** 2 / (rows - 1);
  return sums.size > 1 && all > 0 ? Math.max(between / all, 1) : 1;
}
