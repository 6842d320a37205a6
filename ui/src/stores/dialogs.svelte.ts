import type { ChosenFile } from '$/bindings/ChosenFile';

export type DialogRequest =
  | { kind: 'connect' }
  | { kind: 'shortcuts' }
  /** `onsent` is called once all of them are on their way. */
  | { kind: 'send-files'; files: ChosenFile[]; onsent?: () => void }
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
