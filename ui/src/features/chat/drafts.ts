import { recall, remember } from '$/lib/storage';

/** What was typed but not sent, for each conversation. */
export function draftOf(conversation: string): string {
  return recall(`draft.${conversation}`) ?? '';
}

export function keepDraft(conversation: string, text: string): void {
  remember(`draft.${conversation}`, text === '' ? null : text);
}
