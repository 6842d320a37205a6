import type { ChosenFile } from '$/bindings/ChosenFile';

export type DialogRequest =
  | { kind: 'connect' }
  | { kind: 'shortcuts' }
  | { kind: 'send-files'; files: ChosenFile[] }
  | { kind: 'clear-history' }
  | { kind: 'leave' };

/** The one dialog that may be open. */
class Dialogs {
  current = $state.raw<DialogRequest | null>(null);

  open(request: DialogRequest): void {
    this.current = request;
  }

  close(): void {
    this.current = null;
  }
}

export const dialogs = new Dialogs();
