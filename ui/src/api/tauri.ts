import { Channel, invoke } from '@tauri-apps/api/core';

import type { ChosenFile } from '$/bindings/ChosenFile';
import type { Event } from '$/bindings/Event';
import type { FileDrop } from '$/bindings/FileDrop';
import type { JoinForm } from '$/bindings/JoinForm';
import type { ReadyView } from '$/bindings/ReadyView';
import type { Session } from '$/bindings/Session';
import type { SurveyView } from '$/bindings/SurveyView';

import { asApiError, type Host, type PageCommand } from './host';

/** The desktop shell: each method is one Tauri command of the same meaning. */
export class TauriHost implements Host {
  session() {
    return call<Session>('session');
  }

  survey(port: number, network: string) {
    return call<SurveyView>('survey', { port, network });
  }

  join(form: JoinForm, password: string | null, passphrase: string | null) {
    return call<ReadyView>('join', { form, password, passphrase });
  }

  leave() {
    return call<void>('leave');
  }

  run(command: PageCommand) {
    return call<Event>('run', { command });
  }

  subscribe(listener: (events: Event[]) => void) {
    const channel = new Channel<Event[]>();
    channel.onmessage = listener;
    return call<void>('subscribe', { channel });
  }

  pickFiles() {
    return call<ChosenFile[]>('pick_files');
  }

  textAsFile(text: string, written: string) {
    return call<ChosenFile>('text_as_file', { text, written });
  }

  openDownloads() {
    return call<void>('open_downloads');
  }

  reveal(transfer: string) {
    return call<void>('reveal', { transfer });
  }

  openLink(url: string) {
    return call<void>('open_link', { url });
  }

  onFileDrop(listener: (drop: FileDrop) => void) {
    const channel = new Channel<FileDrop>();
    channel.onmessage = listener;
    return call<void>('follow_drops', { channel });
  }
}

async function call<T>(command: string, args?: Record<string, unknown>): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (cause) {
    throw asApiError(cause);
  }
}
