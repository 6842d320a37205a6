import type { MessageView } from '$/bindings/MessageView';
import type { RefusalReason } from '$/bindings/RefusalReason';

import {
  ben,
  cleo,
  device,
  hall,
  HOUR,
  MB,
  message,
  MINUTE,
  oldLaptop,
  peer,
  SELF,
  transfer,
  type Refused,
  type World,
} from './world';

const HASH = '9f2c1e7ab04d55c3e86f1d20a7b94c3385d1f6e2094b7ac85e1d3f60927ab4c1';

/** The names that `?scenario=` knows. */
export type ScenarioName =
  | 'join'
  | 'port-in-use'
  | 'refused'
  | 'passphrase'
  | 'empty'
  | 'alone'
  | 'apart'
  | 'open'
  | 'busy'
  | 'crowd'
  | 'offline'
  | 'offer'
  | 'failed'
  | 'long'
  | 'loading';

export function scenario(name: string, now: number): World {
  const build = builders[name as ScenarioName] ?? builders.join;
  return build(now);
}

const builders: Record<ScenarioName, (now: number) => World> = {
  join: (now) => ({ ...quiet(now), joined: false, name: '' }),
  'port-in-use': (now) => ({
    ...builders.join(now),
    name: 'ana',
    survey: { ...survey(), port_free: false, suggested_port: 10000, heard: 0 },
  }),
  refused: (now) => ({
    ...builders.join(now),
    name: 'ana',
    refusal: {
      code: 'profile_in_use',
      message:
        'Another Gossamer already uses the profile "default". Close it, or start this one with another --profile.',
    },
  }),
  passphrase: (now) => ({ ...builders.join(now), name: 'ana', passphrase: 'maple otter ridge' }),
  empty: (now) => quiet(now),
  alone: (now) => ({ ...quiet(now), peers: [] }),
  apart: (now) => ({ ...quiet(now), peers: [], apart: others('other_password', 3) }),
  open,
  busy,
  crowd,
  offline: (now) => ({
    ...busy(now),
    network: false,
    peers: busy(now).peers.map((known) => ({ ...known, status: 'offline' })),
    transfers: [],
    messages: [
      ...busy(now).messages,
      {
        ...own('I will be at the **back door** from six.', now - MINUTE),
        state: 'queued',
        reached: 0,
      },
    ],
  }),
  offer,
  failed,
  long,
  loading: (now) => ({ ...quiet(now), slow: true }),
};

function survey(): World['survey'] {
  return {
    port_free: true,
    suggested_port: null,
    heard: 3,
    heard_elsewhere: 0,
    interfaces: [
      { name: 'wlan0', addr: '192.168.1.23', prefix: 24, kind: 'wifi' },
      { name: 'enp3s0', addr: '10.20.0.5', prefix: 16, kind: 'ethernet' },
      { name: 'lo', addr: '127.0.0.1', prefix: 8, kind: 'loopback' },
    ],
  };
}

function quiet(now: number): World {
  return {
    joined: true,
    name: 'ana',
    password: true,
    network: true,
    relaying: 0,
    peers: [
      peer(ben, '192.168.1.31:9999', now - 2000),
      peer(cleo, '192.168.1.44:9999', now - 4000),
    ],
    messages: [],
    transfers: [],
    readUpTo: null,
    survey: survey(),
    refusal: null,
    passphrase: null,
    apart: [],
    slow: false,
  };
}

/** Devices that stay apart for one reason. */
function others(reason: RefusalReason, n: number): Refused[] {
  return Array.from({ length: n }, (_, index) => ({
    id: device(`a0b1c2d${index}`),
    addr: `192.168.1.${80 + index}:9999`,
    reason,
  }));
}

const own = (text: string, at: number): MessageView => message({ id: SELF, name: 'ana' }, text, at);

function conversation(now: number): MessageView[] {
  const yesterday = now - 24 * HOUR;
  return [
    message(hall, 'The projector room is free until nine. Key is at the desk.', yesterday),
    own('Thank you, I will fetch it before eight.', yesterday + 2 * MINUTE),
    message(
      ben,
      'Sensor logs look good now. The drift came from reading too early:',
      now - 95 * MINUTE,
    ),
    message(
      ben,
      [
        '```rust',
        'fn ready(dev: &mut Bme280) -> Result<bool> {',
        '    let s = dev.read_u8(0xF3)?;   // status register',
        '    Ok(s & 0b1000 == 0)',
        '}',
        '```',
        'Wait for bit 3, then read. 🚀',
      ].join('\n'),
      now - 94 * MINUTE,
    ),
    own(
      'Nice catch. Can you send the *raw capture* too? I want to replay it here. The notes are at https://example.org/bme280/notes.',
      now - 91 * MINUTE,
    ),
    message(
      cleo,
      'For tonight we still need:\n\n- two **extension leads**\n- the label printer\n- someone who can `flash` the boards',
      now - 40 * MINUTE,
    ),
    { ...message(cleo, '', now - 39 * MINUTE), readable: false },
    own('I have the leads. Downloading the capture now, plots in ten minutes.', now - 30 * MINUTE),
  ];
}

function busy(now: number): World {
  const messages = conversation(now);
  const readUpTo = messages.at(-1)?.id ?? null;
  messages.push(
    message(cleo, 'Great. Doors open at six 🎉', now - 12 * MINUTE),
    {
      ...message(hall, 'The lift is out of order, use the stairs.', now - 25 * MINUTE),
      received_at: now - 10 * MINUTE,
      late: true,
      hops: 2,
    },
    message(ben, 'I can flash boards, bring them to the second table.', now - 11 * MINUTE),
  );
  messages.sort((a, b) => a.place - b.place);
  return {
    ...quiet(now),
    peers: [
      {
        ...peer(ben, '192.168.1.31:9999', now - 2000),
        rate: { down: 48.2 * MB, up: 60 * MB },
        contact: true,
      },
      peer(cleo, '192.168.1.44:9999', now - 4000),
      peer(
        { id: device('9d20e5b1'), name: 'Workbench' },
        '192.168.1.60:9999',
        now - 9000,
        'unreachable',
      ),
      {
        ...peer({ id: device('5e3f11a8'), name: 'Field tent' }, '', now - 5000, 'relayed'),
        rate: { down: 0, up: 31.6 * MB },
      },
      peer(hall, '192.168.1.2:9999', now - 3 * HOUR, 'offline'),
    ],
    relaying: 2,
    messages,
    readUpTo,
    transfers: [
      transfer(ben, 'bme280-pinout.pdf', 312_400, now - 93 * MINUTE, {
        state: 'done',
        bytes: 312_400,
        ended_at: now - 93 * MINUTE + 900,
        sha256: HASH,
        path: '/home/ana/Downloads/mesh_downloads/bme280-pinout.pdf',
      }),
      transfer(ben, 'capture-2026-11-22.tar.zst', 1840 * MB, now - 29 * MINUTE, {
        bytes: 1141 * MB,
        rate: 48.2 * MB,
        eta: 14_000,
      }),
      transfer({ id: SELF, name: 'ana' }, 'debian-13.2-amd64.iso', 783 * MB, now - 20 * MINUTE, {
        bytes: 297 * MB,
        rate: 91.6 * MB,
        eta: 5000,
        path: '/home/ana/debian-13.2-amd64.iso',
      }),
      transfer(cleo, 'poster-v3-print.zip', 611 * MB, now - 8 * MINUTE, {
        state: 'offered',
        bytes: 8 * MB,
        free: 182_000 * MB,
      }),
    ],
  };
}

const crowdNames =
  'Alexandra Papadopoulou,Ben Okonkwo-Lindqvist,cleo,Dr. Wilhelmina Featherstonehaugh,Eşref Yıldırım,' +
  'Field tent (second floor),Giovanni Battista Pellegrini,Hall desk,Ingeborg,Jean-Baptiste Grenouille,' +
  'Katarzyna Wiśniewska,Lab laptop 04,Maximilian von Hohenstein,Nguyễn Thị Minh Khai,Oluwaseun,' +
  'Projector room,Quentin,Rosalía Hernández Vázquez,Siobhán,Thorvaldur Guðmundsson,ana,Uma,' +
  'Věra Čáslavská,Workbench,Xóchitl,Yevgenia Konstantinovna,Zsófia,山田 花子,Мария Иванова,יעל כהן';

/** As many as a hall holds, some of them far and some with files on their way. */
function crowd(now: number): World {
  const peers = crowdNames.split(',').map((name, index) => {
    const id = device((0x2b1e0000 + index * 0x01d3f70b).toString(16).padStart(8, '0').slice(-8));
    const status = (['direct', 'direct', 'relayed', 'direct', 'unreachable', 'offline'] as const)[
      index % 6
    ];
    const known = peer(
      { id, name },
      `192.168.${100 + index}.${200 + index}:65534`,
      now - index * 7 * MINUTE,
      status,
    );
    const flows = known.hops !== null && index % 4 < 2;
    return { ...known, rate: flows ? { down: 48.2 * MB, up: 103.6 * MB } : null };
  });
  const through = peers[3]?.id ?? null;
  return {
    ...quiet(now),
    peers: peers.map((known) => (known.via === null ? known : { ...known, via: through })),
  };
}

/** An open network with a classic device in it, and one near that has a password. */
function open(now: number): World {
  return {
    ...quiet(now),
    password: false,
    peers: [...quiet(now).peers, peer(oldLaptop, '192.168.1.90:9999', now - 3000)],
    messages: [
      message(oldLaptop, 'Is the door open already?', now - 4 * MINUTE),
      message(cleo, 'Yes, come in. Second floor.', now - 3 * MINUTE),
    ],
    apart: others('needs_password', 1),
  };
}

function offer(now: number): World {
  return {
    ...quiet(now),
    messages: [message(cleo, 'Here is the poster for tonight.', now - 2 * MINUTE)],
    transfers: [
      transfer(cleo, 'poster-v3-print.zip', 611 * MB, now - MINUTE, {
        state: 'offered',
        bytes: 8 * MB,
        free: 182_000 * MB,
      }),
      transfer(ben, 'field-recordings-full-day-uncompressed.wav', 8400 * MB, now - MINUTE, {
        state: 'offered',
        bytes: 0,
        free: 3600 * MB,
      }),
    ],
  };
}

function failed(now: number): World {
  return {
    ...quiet(now),
    messages: [
      message(ben, 'Is everyone in?', now - 9 * MINUTE),
      {
        ...own('Yes, all of us are at the second table.', now - 8 * MINUTE),
        state: 'failed',
        reached: 0,
        reason: { code: 'recipient_not_met' },
      },
      { ...own('Trying again from the door.', now - 2 * MINUTE), state: 'queued', reached: 0 },
    ],
    transfers: [
      transfer(ben, 'lab-backup.img', 12_000 * MB, now - 50 * MINUTE, {
        state: 'failed',
        bytes: 8400 * MB,
        ended_at: now - 44 * MINUTE,
        reason: { code: 'disk_full', kept: false },
      }),
      transfer(cleo, 'field-video-04.mov', 4200 * MB, now - 30 * MINUTE, {
        state: 'paused',
        bytes: 2982 * MB,
        reason: { code: 'waits_for_sender' },
      }),
      transfer({ id: SELF, name: 'ana' }, 'slides-final.pptx', 18.4 * MB, now - 20 * MINUTE, {
        state: 'offered',
        reason: null,
      }),
      transfer({ id: SELF, name: 'ana' }, 'old-draft.txt', 4100, now - 70 * MINUTE, {
        state: 'cancelled',
        bytes: 2000,
        ended_at: now - 69 * MINUTE,
      }),
      transfer(ben, 'checksums.txt', 2210, now - 26 * HOUR, {
        state: 'verifying',
        bytes: 2210,
      }),
    ],
  };
}

/** Enough history for several pages. */
function long(now: number): World {
  const authors = [ben, cleo, { id: SELF, name: 'ana' }];
  const messages = Array.from({ length: 1000 }, (_, index) =>
    message(
      authors[(index * 7) % 3] ?? ben,
      `Entry ${index + 1}. ${'The line carries a few more words. '.repeat(index % 4)}`.trim(),
      now - (1000 - index) * 3 * MINUTE,
    ),
  );
  return { ...quiet(now), messages, readUpTo: messages.at(-1)?.id ?? null };
}
