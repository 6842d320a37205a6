import type { ChosenFile } from '$/bindings/ChosenFile';
import type { PeerView } from '$/bindings/PeerView';
import type { RelayMode } from '$/bindings/RelayMode';
import type { TransferView } from '$/bindings/TransferView';

import { fileMoment } from '$/lib/format';

import { dialogs } from './dialogs.svelte';
import { ask, host } from './host';
import { everyone } from './messages.svelte';
import { EVERYONE } from './model';
import { attempt } from './notices.svelte';
import { peers } from './peers.svelte';
import { session } from './session.svelte';
import { transfers } from './transfers.svelte';

/** What became of it arrives as events; so does everything below that changes a row. */
export async function send(text: string): Promise<void> {
  await ask({ cmd: 'send', to: EVERYONE, text }, 'message_state');
}

export async function retry(message: string): Promise<void> {
  const answer = await attempt(ask({ cmd: 'retry', message }, 'message_state'));
  if (answer) everyone.setState(answer);
}

/** One older page; resolves without a page when there is none. */
export async function loadOlder(): Promise<void> {
  const oldest = everyone.list[0];
  if (!oldest || !everyone.more) return;
  const page = await attempt(
    ask({ cmd: 'history', conversation: EVERYONE, before: oldest.id, limit: 100 }, 'history'),
  );
  if (page) everyone.prepend(page.messages, page.more);
}

export async function markRead(message: string): Promise<void> {
  const answer = await attempt(
    ask({ cmd: 'mark_read', conversation: EVERYONE, message }, 'read_marker'),
  );
  if (answer) everyone.readUpTo = answer.message;
}

/** Prefers the person whose device this is, or does so no more. */
export async function toggleContact({ id, contact }: PeerView): Promise<void> {
  const cmd = contact ? 'remove_contact' : 'add_contact';
  const answer = await attempt(ask({ cmd, peer: id }, 'contact'));
  if (answer) peers.upsert(answer.peer);
}

/** For whom this device passes on what is not for it. Shown at once, and taken back if it fails. */
export async function relayFor(relay: RelayMode): Promise<void> {
  const before = session.ready?.relay;
  session.relaysFor(relay);
  const answer = await attempt(ask({ cmd: 'set_relay', relay }, 'relay'));
  if (!answer && before) session.relaysFor(before);
}

/** Lets the user choose files, then asks once more with what sending them means. */
export async function chooseFiles(): Promise<void> {
  const files = await attempt(host().pickFiles());
  if (files && files.length > 0) dialogs.open({ kind: 'send-files', files });
}

/** As {@link chooseFiles}, for a text. `onsent` is called once it is on its way. */
export async function sendAsFile(text: string, onsent: () => void): Promise<void> {
  const file = await attempt(host().textAsFile(text, fileMoment(Date.now())));
  if (file) dialogs.open({ kind: 'send-files', files: [file], onsent });
}

/** Whether all of them are on their way. */
export async function sendFiles(files: ChosenFile[]): Promise<boolean> {
  let all = true;
  for (const { token } of files) {
    const sent = await attempt(ask({ cmd: 'send_file', to: EVERYONE, token }, 'transfer'));
    all &&= sent !== undefined;
  }
  return all;
}

export async function answer(
  transfer: TransferView,
  cmd: 'accept' | 'decline' | 'cancel',
): Promise<void> {
  await attempt(ask({ cmd, transfer: transfer.id }, 'transfer'));
}

export async function clearTransfers(): Promise<void> {
  const left = await attempt(ask({ cmd: 'clear_transfers' }, 'transfers'));
  if (left) transfers.replace(left.transfers);
}
