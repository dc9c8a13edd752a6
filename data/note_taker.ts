/** Takes one sentence about something that was repaired or converted on the way in. */
export type NoteTaker = (sentence: string) => void;
