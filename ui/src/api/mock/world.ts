import type { ApiError } from '$/bindings/ApiError';
import type { MessageView } from '$/bindings/MessageView';
import type { PeerView } from '$/bindings/PeerView';
import type { ReadyView } from '$/bindings/ReadyView';
import type { RefusalReason } from '$/bindings/RefusalReason';
import type { SurveyView } from '$/bindings/SurveyView';
import type { TransferView } from '$/bindings/TransferView';

/** A device that is kept out, or keeps this one out. */
export type Refused = { id: string; addr: string; reason: RefusalReason };

/** Everything a simulated node knows when a page opens. */
export type World = {
  joined: boolean;
  name: string;
  password: boolean;
  network: boolean;
  /** Streams of others that go through this device. */
  relaying: number;
  peers: PeerView[];
  messages: MessageView[];
  transfers: TransferView[];
  readUpTo: string | null;
  survey: Omit<SurveyView, 'port'>;
  /** What `join` fails with. */
  refusal: ApiError | null;
  /** What locks the stored history. */
  passphrase: string | null;
  /** Devices near that cannot come together with this one. */
  apart: Refused[];
  /** Answers never come, for looking at what waiting looks like. */
  slow: boolean;
};

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const MB = 1_000_000;
export const SELF = device('5e1f0a7c');

export const ben = { id: device('7b3e91c4'), name: 'ben' };
export const cleo = { id: device('c1e0d2f8'), name: 'cleo' };
export const hall = { id: device('0d4a77b2'), name: 'Hall desk' };
/** Speaks the classic protocol only. */
export const oldLaptop = { id: '4410aa9e', name: 'Old laptop' };

/** A device's id, which begins with its id on the classic wire. */
export function device(classic: string): string {
  return classic.repeat(8);
}

export function peer(
  author: { id: string; name: string },
  addr: string,
  lastSeen: number,
  status: PeerView['status'] = 'direct',
): PeerView {
  const dialect = author.id.length === 64 ? 'v2' : 'v1';
  return {
    ...author,
    addr: status === 'relayed' ? '' : addr,
    dialect,
    status,
    last_seen: lastSeen,
    via: status === 'relayed' ? ben.id : null,
    hops: status === 'direct' ? 1 : status === 'relayed' ? 2 : null,
    rtt_ms: status === 'direct' ? 3 : status === 'relayed' ? 8 : null,
    rate: null,
    contact: false,
  };
}

let serial = 0;

export function message(from: { id: string; name: string }, text: string, at: number): MessageView {
  serial += 1;
  return {
    id: `m${serial}`,
    conversation: 'everyone',
    from,
    text,
    own: from.id === SELF,
    readable: true,
    sent_at: at,
    received_at: at,
    place: at,
    late: false,
    hops: from.id.length === 64 ? 0 : null,
    state: from.id === SELF ? 'sent' : null,
    reached: from.id === SELF ? 2 : 0,
    reason: null,
  };
}

export function transfer(
  from: { id: string; name: string },
  name: string,
  size: number,
  at: number,
  more: Partial<TransferView>,
): TransferView {
  serial += 1;
  return {
    id: `t${serial}`,
    direction: from.id === SELF ? 'out' : 'in',
    conversation: 'everyone',
    from,
    name,
    state: 'active',
    bytes: 0,
    size,
    rate: 0,
    eta: null,
    path: null,
    sha256: null,
    reason: null,
    reached: 0,
    started_at: at,
    ended_at: null,
    free: null,
    ...more,
  };
}

export function readyView(world: World, port: number, network: string): ReadyView {
  return {
    node_id: SELF.slice(0, 8),
    device_id: SELF,
    name: world.name,
    port,
    addrs: [`192.168.1.23:${port}`, `127.0.0.1:${port}`],
    network,
    password: world.password,
    at_rest: 'key-file',
    downloads: '/home/ana/Downloads/mesh_downloads',
    profile: 'default',
    relay: 'everyone',
  };
}
