import type { ChosenFile } from '$/bindings/ChosenFile';
import type { Event } from '$/bindings/Event';
import type { FileDrop } from '$/bindings/FileDrop';
import type { JoinForm } from '$/bindings/JoinForm';
import type { MessageView } from '$/bindings/MessageView';
import type { ReadyView } from '$/bindings/ReadyView';
import type { Session } from '$/bindings/Session';
import type { StatusView } from '$/bindings/StatusView';
import type { SurveyView } from '$/bindings/SurveyView';
import type { TransferView } from '$/bindings/TransferView';

import type { Host, PageCommand } from '../host';
import { scenario } from './scenarios';
import { message, readyView, SELF, type World } from './world';

/** What tests reach through `window.gossamerMock`. */
export type MockControls = {
  emit(event: Event): void;
  drop(drop: FileDrop): void;
  /** What the next file dialog answers. */
  choose(files: ChosenFile[]): void;
  /** Whoever used the port 9999 is gone. */
  freePort(): void;
  calls: { method: string; args: unknown[] }[];
};

const STEP_MS = 250;
const RATE = 40_000_000;
/** The disk, for what has to be there after the page is loaded again. */
const DRAFT = 'gossamerMock.draft';
const MAX_TEXT_FILE = 1024 * 1024;

/**
 * A simulated node for a plain browser: the same interface, deterministic, no network. The page's
 * address chooses its scenario, `?scenario=busy`.
 */
export class MockHost implements Host {
  readonly #world: World;
  readonly #calls: MockControls['calls'] = [];
  #listener: ((events: Event[]) => void) | null = null;
  #dropListener: ((drop: FileDrop) => void) | null = null;
  #chosen: ChosenFile[] = [
    { token: 'chosen1', name: 'poster.pdf', size: 60_000_000 },
    { token: 'chosen2', name: 'front door.jpg', size: 4_200_000 },
  ];
  /** Those that can still be sent, as the shell knows them. */
  readonly #told = new Map<string, ChosenFile>();
  #form: JoinForm;
  #serial = 0;

  static fromLocation(location: Location): MockHost {
    const name = new URLSearchParams(location.search).get('scenario') ?? 'join';
    const mock = new MockHost(scenario(name, Date.now()));
    Object.assign(window, { gossamerMock: mock.controls() });
    return mock;
  }

  constructor(world: World) {
    this.#world = world;
    this.#form = { name: world.name, port: 9999, network: 'mesh', bind: null };
  }

  controls(): MockControls {
    return {
      emit: (event) => {
        this.#remember(event);
        this.#emit(event);
      },
      drop: (drop) => {
        if (drop.kind === 'drop') this.#tell(drop.files);
        this.#dropListener?.(drop);
      },
      choose: (files) => {
        this.#chosen = files;
      },
      freePort: () => {
        this.#world.survey = { ...this.#world.survey, port_free: true };
      },
      calls: this.#calls,
    };
  }

  async session(): Promise<Session> {
    return {
      version: '0.1.0',
      platform: 'linux',
      joined: this.#world.joined ? this.#ready() : null,
      form: this.#form,
      problem: null,
      downloads: '/home/ana/Downloads/mesh_downloads',
    };
  }

  async survey(port: number): Promise<SurveyView> {
    const { survey } = this.#world;
    const other = port !== 9999;
    return {
      ...survey,
      port,
      port_free: other || survey.port_free,
      heard: other ? 0 : survey.heard,
    };
  }

  async join(
    form: JoinForm,
    password: string | null,
    passphrase: string | null,
  ): Promise<ReadyView> {
    this.#note('join', form, password, passphrase);
    await pause(120);
    if (this.#world.refusal) throw this.#world.refusal;
    if (form.port === 9999 && !this.#world.survey.port_free) {
      throw { code: 'port_in_use', message: 'Port 9999 is used by another program.' };
    }
    this.#unlock(passphrase);
    this.#form = form;
    this.#world.name = form.name;
    this.#world.password = password !== null;
    return this.#ready();
  }

  async leave(): Promise<void> {
    this.#note('leave');
    this.#listener = null;
  }

  async subscribe(listener: (events: Event[]) => void): Promise<void> {
    this.#listener = listener;
    setTimeout(() => {
      for (const refused of this.#world.apart) this.#emit({ event: 'peer_refused', ...refused });
      this.#emit({ event: 'status', ...this.#status() });
    });
  }

  async pickFiles(): Promise<ChosenFile[]> {
    this.#note('pickFiles');
    return this.#tell(this.#chosen);
  }

  async textAsFile(text: string, written: string): Promise<ChosenFile> {
    this.#note('textAsFile', text, written);
    const size = new TextEncoder().encode(text).length;
    if (size > MAX_TEXT_FILE) {
      throw { code: 'limit_reached', message: 'The text is too long for a file: 1 MiB fit.' };
    }
    this.#serial += 1;
    const file = { token: `text${this.#serial}`, name: `Message ${written}.txt`, size };
    this.#tell([file]);
    return file;
  }

  async openDownloads(): Promise<void> {
    this.#note('openDownloads');
  }

  async reveal(transfer: string): Promise<void> {
    this.#note('reveal', transfer);
  }

  async openLink(url: string): Promise<void> {
    this.#note('openLink', url);
  }

  async onFileDrop(listener: (drop: FileDrop) => void): Promise<void> {
    this.#dropListener = listener;
  }

  async run(command: PageCommand): Promise<Event> {
    this.#note('run', command);
    if (this.#world.slow) return new Promise(() => undefined);
    const world = this.#world;
    switch (command.cmd) {
      case 'peers':
        return { event: 'peers', peers: world.peers };
      case 'history':
        return this.#history(command.before, command.limit ?? 100);
      case 'transfers':
        return { event: 'transfers', transfers: world.transfers };
      case 'clear_transfers':
        world.transfers = world.transfers.filter(({ ended_at }) => ended_at === null);
        return { event: 'transfers', transfers: world.transfers };
      case 'send':
        return this.#send(command.text);
      case 'retry':
        return this.#spread(this.#find(world.messages, command.message, 'unknown_message'));
      case 'mark_read':
        world.readUpTo = command.message;
        return { event: 'read_marker', conversation: 'everyone', message: command.message };
      case 'send_file':
        return this.#sendFile(command.token);
      case 'accept':
        return this.#accept(this.#find(world.transfers, command.transfer, 'unknown_transfer'));
      case 'decline':
      case 'cancel': {
        const found = this.#find(world.transfers, command.transfer, 'unknown_transfer');
        return this.#change(found, {
          state: 'cancelled',
          rate: 0,
          eta: null,
          ended_at: Date.now(),
        });
      }
      case 'add_contact':
        return this.#choose(command.peer, true);
      case 'remove_contact':
        return this.#choose(command.peer, false);
      case 'set_draft':
        sessionStorage.setItem(DRAFT, command.text);
        return { event: 'draft', conversation: command.conversation, text: command.text };
      case 'drafts':
        return {
          event: 'drafts',
          drafts: [{ conversation: 'everyone', text: sessionStorage.getItem(DRAFT) ?? '' }],
        };
      case 'set_relay':
        return { event: 'relay', relay: command.relay };
      case 'connect':
        return this.#connect(command.addr);
    }
  }

  #unlock(given: string | null): void {
    const { passphrase } = this.#world;
    if (passphrase === null || passphrase === given) return;
    throw given === null
      ? {
          code: 'passphrase_needed',
          message: 'The history is locked with a passphrase. Give it with --passphrase-file.',
        }
      : {
          code: 'passphrase_wrong',
          message:
            'The passphrase does not open the history. Check it and try again; nothing was changed.',
        };
  }

  #ready(): ReadyView {
    return readyView(this.#world, this.#form.port, this.#form.network);
  }

  #status(): StatusView {
    const { peers, apart, messages, transfers, network, relaying } = this.#world;
    const rates = (direction: TransferView['direction']) =>
      transfers.reduce((sum, t) => sum + (t.direction === direction ? t.rate : 0), 0);
    return {
      online: peers.filter(({ status }) => status === 'direct' || status === 'relayed').length,
      queued: messages.filter(({ state }) => state === 'queued').length,
      other_password: apart.filter(({ reason }) => reason.endsWith('password')).length,
      relaying,
      down: rates('in'),
      up: rates('out'),
      network,
      addrs: this.#ready().addrs,
    };
  }

  #history(before: string | null, limit: number): Event {
    const { messages, readUpTo } = this.#world;
    const end = before === null ? messages.length : messages.findIndex(({ id }) => id === before);
    const start = Math.max(0, end - limit);
    return {
      event: 'history',
      conversation: 'everyone',
      messages: messages.slice(start, end),
      more: start > 0,
      read_up_to: readUpTo,
    };
  }

  #send(text: string): Event {
    if (text.trim() === '') throw { code: 'bad_argument', message: 'A message needs some text.' };
    const author = { id: SELF, name: this.#world.name };
    const sent: MessageView = { ...message(author, text, Date.now()), state: 'queued', reached: 0 };
    this.#world.messages.push(sent);
    this.#emit({ event: 'message', ...sent });
    return this.#spread(sent);
  }

  /** The message leaves at once when somebody is there. */
  #spread(sent: MessageView): Event {
    const reached = this.#status().online;
    const state = { id: sent.id, state: 'queued' as const, reason: null, reached: 0 };
    Object.assign(sent, state);
    if (reached > 0) {
      setTimeout(() => {
        Object.assign(sent, { state: 'sent', reached });
        this.#emit({ event: 'message_state', ...state, state: 'sent', reached });
        this.#emit({ event: 'status', ...this.#status() });
      }, 60);
    }
    this.#emit({ event: 'message_state', ...state });
    this.#emit({ event: 'status', ...this.#status() });
    return { event: 'message_state', ...state };
  }

  #tell(files: ChosenFile[]): ChosenFile[] {
    for (const file of files) this.#told.set(file.token, file);
    return files;
  }

  #sendFile(token: string): Event {
    const file = this.#told.get(token);
    if (!file) throw { code: 'file_unreadable', message: 'Choose the file again.' };
    this.#told.delete(token);
    this.#serial += 1;
    const created: TransferView = {
      id: `out${this.#serial}`,
      direction: 'out',
      conversation: 'everyone',
      from: { id: SELF, name: this.#world.name },
      name: file.name,
      state: 'offered',
      bytes: 0,
      size: file.size ?? 0,
      rate: 0,
      eta: null,
      path: `/home/ana/${file.name}`,
      sha256: null,
      reason: null,
      reached: 0,
      started_at: Date.now(),
      ended_at: null,
      free: null,
    };
    this.#world.transfers.push(created);
    if (this.#status().online > 0) return this.#accept(created);
    return this.#change(created, {});
  }

  #accept(transfer: TransferView): Event {
    const started = this.#change(transfer, { state: 'active', rate: RATE });
    const timer = setInterval(() => {
      const now = this.#world.transfers.find(({ id }) => id === transfer.id);
      if (now?.state !== 'active') return clearInterval(timer);
      const bytes = Math.min(now.size, now.bytes + (RATE * STEP_MS) / 1000);
      if (bytes < now.size) {
        this.#change(now, { bytes, eta: ((now.size - bytes) / RATE) * 1000 });
        return;
      }
      this.#change(now, {
        state: 'done',
        bytes,
        rate: 0,
        eta: null,
        ended_at: Date.now(),
        sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
        reached: now.direction === 'out' ? this.#status().online : 0,
      });
    }, STEP_MS);
    return started;
  }

  #choose(id: string, contact: boolean): Event {
    const peer = { ...this.#find(this.#world.peers, id, 'unknown_peer'), contact };
    this.#world.peers = this.#world.peers.map((known) => (known.id === id ? peer : known));
    this.#emit({ event: 'contact', peer });
    return { event: 'contact', peer };
  }

  #connect(addr: string): Event {
    const [hostName = '', port = '9999'] = addr.split(':');
    if (!/^[\w.-]+$/u.test(hostName)) {
      throw {
        code: 'bad_argument',
        message: `"${addr}" is not an address. Write it like 192.168.1.31:9999.`,
      };
    }
    if (hostName.endsWith('.99')) {
      setTimeout(() => {
        this.#emit({
          event: 'error',
          code: 'unreachable',
          message: `Nobody answered at ${hostName}:${port}. Check the address and that Gossamer runs there.`,
        });
      }, 60);
    } else {
      const found = { id: `at-${hostName}`, name: 'Workshop', addr: `${hostName}:${port}` };
      const peer = {
        ...found,
        dialect: 'v2',
        status: 'direct',
        last_seen: Date.now(),
        via: null,
        hops: 1,
        rtt_ms: 2,
        rate: null,
        contact: false,
      } as const;
      setTimeout(() => {
        this.#world.peers.push(peer);
        this.#emit({ event: 'peer_up', peer });
        this.#emit({ event: 'status', ...this.#status() });
      }, 60);
    }
    return { event: 'connecting', addr: `${hostName}:${port}` };
  }

  #change(transfer: TransferView, change: Partial<TransferView>): Event {
    const changed = { ...transfer, ...change };
    this.#world.transfers = this.#world.transfers.map((known) =>
      known.id === transfer.id ? changed : known,
    );
    this.#emit({ event: 'transfer', ...changed });
    this.#emit({ event: 'status', ...this.#status() });
    return { event: 'transfer', ...changed };
  }

  #find<T extends { id: string }>(list: T[], id: string, code: string): T {
    const found = list.find((item) => item.id === id);
    if (!found) throw { code, message: 'It is not known here any more.' };
    return found;
  }

  /** Events that a test sends become part of the world. */
  #remember(event: Event): void {
    if (event.event === 'message') this.#world.messages.push(event);
    if (event.event === 'transfer') this.#world.transfers.push(event);
    if (event.event === 'peer_up') this.#world.peers.push(event.peer);
  }

  #emit(event: Event): void {
    this.#listener?.([structuredClone(event)]);
  }

  #note(method: string, ...args: unknown[]): void {
    this.#calls.push({ method, args });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
