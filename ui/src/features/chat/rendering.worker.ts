/** Reads messages where a slow one holds nothing up. */
import { parse, type Part } from './markdown';

export type Answer = Part[] | null;

self.addEventListener('message', ({ data }: MessageEvent<string>) => {
  const answer: Answer = parse(data);
  self.postMessage(answer);
});
