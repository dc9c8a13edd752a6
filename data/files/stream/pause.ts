/** Stands among rows where whoever writes them waits for what was made of those before. */
export const pause = Symbol("pause");
