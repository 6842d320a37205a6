//! What the brain holds at most, whatever peers send.

use std::time::Duration;

/// Peers remembered, reachable or not. When full, the one silent for longest gives way, and
/// nobody new is taken while all are reachable. As many devices that speak v2 are heard at once:
/// there a device that was admitted before takes the place of one that never was.
pub const PEERS: usize = 512;

/// Addresses remembered for one peer: several interfaces on both sides.
pub const ADDRS: usize = 4;

/// Chat and list messages remembered as seen: at least this many, at most twice.
pub const KNOWN_MESSAGES: usize = 16_384;

/// A chat message as it comes: the original program sends and reads no longer ones. It is held
/// for a while, so larger ones are dropped.
pub const CHAT: usize = 64 << 10;

/// Others' messages held for devices that come late, in bytes; the oldest give way, having been
/// sent at least once.
pub const RELAYED_BYTES: usize = 32 << 20;

/// File chunks remembered as seen: at least this many (512 MiB of files), at most twice.
pub const KNOWN_CHUNKS: usize = 65_536;

/// Own messages waiting for a first device. Further ones are refused, not dropped.
pub const OUTBOX: usize = 10_000;

/// Messages handed to the store and not answered. Further ones from the wire are not taken, and
/// not remembered as seen, so that another copy can still arrive.
pub const PENDING: usize = 4_096;

/// Bytes of them: a slow disk holds no more than this, several times over, in memory.
pub const PENDING_BYTES: usize = 8 << 20;

/// Envelopes on their way to disk, in bytes: 4 096 of the longest would be eight times as much. What is
/// over that is not remembered, and compared later.
pub const PENDING_ENVELOPE_BYTES: u64 = 32 << 20;

/// Devices that are counted as having one message of ours. Neighbours are 32 at a time; more of them
/// over time say no more to people, and a member may make devices up.
pub const REACHED: usize = 1_024;

/// How much of the classic dialect is taken. File chunks are not counted: they are read no faster
/// than they are written.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    /// The time in which one message more may be taken.
    pub message: Duration,
    /// The same for [`CLASSIC_UNIT`] bytes.
    pub unit: Duration,
    /// So much of that time may be used at once.
    pub burst: Duration,
}

/// Bytes are counted in these.
pub const CLASSIC_UNIT: usize = 1 << 10;

/// From one address: 512 messages or 1 MiB at once, which is what somebody has who comes back with a
/// backlog, then 32 and 64 KiB in a second, which is what a relay of a busy room has.
pub const CLASSIC_OF_ONE: Allowance = Allowance {
    message: Duration::from_micros(31_250),
    unit: Duration::from_micros(15_625),
    burst: Duration::from_secs(16),
};

/// From all: four times as much.
pub const CLASSIC_ALL: Allowance = Allowance {
    message: Duration::from_micros(7_812),
    unit: Duration::from_micros(3_906),
    burst: Duration::from_secs(16),
};

/// So much later than at once may come what was under way already: one message of each connection
/// that was open. What comes beyond that is not taken, and not remembered as seen.
pub const CLASSIC_DEBT: Duration = Duration::from_secs(8);

/// An address that owes is not read from for so long at most: less than what a sender takes for a
/// broken connection.
pub const CLASSIC_PAUSE: Duration = Duration::from_secs(4);

/// Addresses that owe something at once. Further ones wait until one of them does not.
pub const CLASSIC_ADDRS: usize = 1_024;

/// Addresses dialled because someone named them, within one [`DIAL_PAUSE`].
pub const DIALS: usize = 256;

/// Nodes on one machine that are taken for present because their lists say so and they can be
/// connected to, within [`INTRODUCED_PAUSE`]: more than anyone runs on one, and few where somebody
/// invents them.
pub const INTRODUCED_OF_ONE: usize = 8;
/// See [`INTRODUCED_OF_ONE`].
pub const INTRODUCED_PAUSE: Duration = Duration::from_secs(60);

/// Between two dials of one address that only a list named.
pub const DIAL_PAUSE: Duration = Duration::from_secs(5);

// ---- v2: docs/protocol-v2.md ----

/// Links to other devices, in both directions.
pub const LINKS: usize = 32;

/// Connections that came in and are not admitted yet: strangers may make them, so they take no
/// place of [`LINKS`]. When there are more, the addresses with the most give way.
pub const HANDSHAKES: usize = 64;

/// Those of one address that is not loopback: as many TLS connections as it may have to us.
pub const HANDSHAKES_PER_ADDR: usize = 4;

/// Up to so many devices that hear each other, this one among them, each has a link to each.
pub const FULL_MESH: usize = 12;

/// Where there are more, links are made until there are so many: enough that a random half may
/// go and the rest still hangs together.
pub const OVERLAY: usize = 8;

/// And until so many are of our own choice, whoever chose us.
pub const OWN_CHOICE: usize = 4;

/// And to so many devices on each interface, so that who joins two networks goes on to.
pub const PER_INTERFACE: usize = 2;

/// For so long after a link came up, devices that are heard and cannot be reached may still turn
/// out to be reachable over it.
pub const SETTLE: Duration = Duration::from_secs(3);

/// Devices whose links are known: with 32 each, 6 MiB.
pub const ORIGINS: usize = 4_096;

/// How long news of devices gather before they are passed on.
pub const NEWS: Duration = Duration::from_millis(100);

/// Where many devices are known or near, news gather for up to this long for each, by lot and up to
/// [`NEWS_MORE`]: over a dozen links they are still everywhere within three seconds.
pub const NEWS_PACE: Duration = Duration::from_micros(500);
/// See [`NEWS_PACE`].
pub const NEWS_MORE: Duration = Duration::from_millis(400);

/// From one time that ways are looked for to the next, for each device that is known: it takes
/// longer the more there are, and news of links come more often.
pub const REROUTE_PACE: Duration = Duration::from_millis(2);

/// The same where all ways still lead where they did, and there may be better ones.
pub const REROUTE_BETTER: Duration = Duration::from_millis(10);

/// Copies of a new envelope for neighbours who should get it from whoever sent it to us.
pub const SPARE_COPIES: usize = 2;

/// The same for news of devices: who missed one gets the next.
pub const SPARE_NEWS: usize = 1;

/// From one time that we tell of our links to the next, when one is gone.
pub const LINK_STATE_PAUSE: Duration = Duration::from_secs(1);

/// The same when a link leads to a device to which others find no way, and more devices are heard
/// than have links each to each: there may be many such.
pub const LINK_STATE_PAUSE_MANY: Duration = Duration::from_secs(5);

/// Who is linked to several of many at once is told of by one or two of them, by lot within this
/// time; the others hear of it meanwhile.
pub const LINK_STATE_LOT: Duration = Duration::from_secs(2);

/// The same when there is only one more, times the square of how many devices are known: each of
/// them makes such links, and each is told to all. At least [`LINK_STATE_PAUSE`] and at most
/// [`LINK_STATE_PAUSE_MORE`].
pub const LINK_STATE_PACE: Duration = Duration::from_micros(500);
/// See [`LINK_STATE_PACE`].
pub const LINK_STATE_PAUSE_MORE: Duration = Duration::from_secs(5 * 60);

/// Until a device tells of its links for the first time, at most: where many start at once, one
/// comes after the other.
pub const LINK_STATE_FIRST: Duration = Duration::from_secs(5);

/// The same when nothing changed.
pub const LINK_STATE_REFRESH: Duration = Duration::from_secs(5 * 60);

/// From a TLS connection to an admitted device.
pub const HANDSHAKE: Duration = Duration::from_secs(5);

/// How long the larger of two devices waits for the smaller one to dial.
pub const OTHERS_TURN: Duration = Duration::from_secs(2);

/// After the first failed dial; doubles with each further one.
pub const DIAL_FIRST: Duration = Duration::from_secs(1);

/// The longest pause between two dials.
pub const DIAL_LAST: Duration = Duration::from_secs(60);

/// Before a device that kept us out, or that we keep out, is dialled again. Whoever changed their
/// mind starts anew and dials us.
pub const REFUSED_PAUSE: Duration = Duration::from_secs(600);

/// How long a device that misbehaved is kept out.
pub const BAN: Duration = Duration::from_secs(600);

/// Devices that are kept out at once: a member may make up keys, each of which costs it an admission,
/// and whoever misbehaved longest ago comes back first.
pub const BANS: usize = 4_096;

/// Devices remembered to have been admitted: as many as the store keeps, and as [`ORIGINS`].
pub const ACQUAINTANCES: usize = 4_096;

/// How long they are after their last link, while this node runs: as long as anything lives that they
/// could have written. Nobody who comes now and then has to try the password like a stranger.
pub const ACQUAINTANCE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A link over which nothing came for this long is asked whether it is there. With ten links that
/// is ten small frames a second each way, some tenths of a percent of a processor.
pub const ALIVE: Duration = Duration::from_secs(1);

/// A link that does not answer within this long, and twice as long as it took before, is doubted:
/// with [`ALIVE`] before it, and with what it takes to tell, less than three seconds pass from a
/// cut until others go around it.
pub const ANSWERS: Duration = Duration::from_millis(800);

/// PINGs of one link that may still be answered: with one every two seconds more than are sent
/// before the link is given up.
pub const UNANSWERED: usize = 20;

/// Between two looks at whether links answer.
pub const WATCH: Duration = Duration::from_millis(200);

/// How long a link that was doubted has to answer before it counts again. Doubles each time that it
/// is doubted again soon after, up to [`RETURN_LAST`]: a laptop that dozes is not told of at each
/// breath.
pub const RETURN_FIRST: Duration = Duration::from_secs(2);
/// See [`RETURN_FIRST`].
pub const RETURN_LAST: Duration = Duration::from_secs(60);

/// Wrong passwords that may be tried at once, by one address and by all.
pub const GUESSES: u32 = 10;

/// The time after which one more wrong password may be tried.
pub const GUESS_PAUSE: Duration = Duration::from_secs(60);

/// First guesses, of addresses that made none in [`GUESSER_MEMORY`], that are kept beside
/// [`GUESSES`]: a class that joins at once while someone guesses.
pub const FIRST_GUESSES: u32 = 32;

/// The time after which one more first guess may be made.
pub const FIRST_GUESS_PAUSE: Duration = Duration::from_secs(10);

/// How long an address that guessed is no newcomer.
pub const GUESSER_MEMORY: Duration = Duration::from_secs(3600);

/// Addresses remembered to have guessed: more than the two buckets allow in that time.
pub const GUESSERS: usize = 1_024;

/// Envelopes whose bodies are kept: history and mail can each count on a half, and mail between
/// strangers has a tenth.
pub const BODIES: usize = 100_000;

/// Bytes of bodies that are kept.
pub const BODY_BYTES: u64 = 256 << 20;

/// Ids that are known, with a body or without: about 200 bytes of memory each.
pub const KNOWN_ENVELOPES: usize = 4 * BODIES;

/// Purges of messages that are not known, remembered so that they are not asked for again and
/// again: with the 50 ids that each may name, 2 MiB.
pub const DECLINED: usize = 1_024;

/// Messages that are not known and that a Purge which is kept names: 5 MiB. What is over that is
/// carried until it ages out.
pub const FORETOLD: usize = 65_536;

/// How long messages that were opened gather until others are told: people read several at once.
pub const PURGE_GATHER: Duration = Duration::from_secs(1);

/// Authors whose rate is watched at once.
pub const AUTHORS: usize = 4_096;

/// Envelopes of one author that may come unasked for at once, and the time in which one more
/// may. People type slower; a bulletin board that posts faster is reconciled.
pub const AUTHOR_BURST: u32 = 200;
/// See [`AUTHOR_BURST`].
pub const AUTHOR_REFILL: Duration = Duration::from_millis(100);

/// Envelopes of one author, beyond what may come unasked, that are asked for at once, every
/// [`CATCH_UP_PAUSE`]: a thousand that were said at once are there in three seconds, and who never
/// stops costs a few percent of a processor. Twice as many may be on their way.
pub const CATCH_UP: usize = 32;
/// See [`CATCH_UP`].
pub const CATCH_UP_PAUSE: Duration = Duration::from_millis(100);

/// For so long what is asked for in this way holds back what its author said later: a neighbour that
/// does not answer silences nobody.
pub const CATCH_UP_PATIENCE: Duration = Duration::from_secs(1);

/// Envelopes that one neighbour brought and that wait to be asked for: with [`LINKS`] neighbours
/// 10 MiB. What is over that, the next comparison finds.
pub const PUT_OFF: usize = 2_048;

/// Signatures that one neighbour may have checked unasked at once, and the time in which one more
/// may. It passes on what others say too: twenty authors' whole bursts, or one word of each of
/// [`AUTHORS`], are honest. What comes back costs some percent of a processor at most.
pub const LINK_BURST: u32 = 4_096;
/// See [`LINK_BURST`].
pub const LINK_REFILL: Duration = Duration::from_millis(2);

/// Ids announced to one neighbour and not answered.
pub const ANNOUNCED: usize = 1_024;

/// Ids that wait to be announced to one neighbour: 1 MiB. What is over that, the next comparison
/// finds again.
pub const ANNOUNCE_QUEUE: usize = 32_768;

/// Bodies asked for and not come. Ids announced beyond that are found by reconciliation.
pub const WANTED: usize = 4_096;

/// Bodies one neighbour asked for that wait to be served. What is asked beyond that is asked again.
pub const SERVE_QUEUE: usize = 4_096;

/// Bodies being read and written for one neighbour.
pub const SERVING: usize = 32;

/// Bodies asked of one neighbour in one session and not come.
pub const ASKED: usize = 512;

/// An announced body that does not come within this time is asked of someone else.
pub const ANSWER: Duration = Duration::from_secs(10);

/// Between two comparisons of digests over one link.
pub const DIGEST: Duration = Duration::from_secs(60);

/// The same after a link broke or was doubted, with all that was on its way there: over the others.
pub const DIGEST_SOON: Duration = Duration::from_secs(1);

/// The same when comparing moved nothing again and again.
pub const DIGEST_LAST: Duration = Duration::from_secs(600);

/// How long a classic message waits for v2 to bring the envelope that it is a copy of.
pub const BRIDGE_WAIT: Duration = Duration::from_secs(2);

/// Changes of the keyring that are kept and told at once, and the time after which one more is: each
/// is a write to disk here and, over time, at everybody.
pub const KEYRING_CHANGES: u32 = 8;
/// See [`KEYRING_CHANGES`].
pub const KEYRING_PAUSE: Duration = Duration::from_secs(1);

/// So many times everything that may be known, at about 100 bytes for each id, is held by all
/// reconciliation sessions together before no further one begins.
pub const RECON_COPIES: usize = 2;

/// A session in which nothing happened for this long gives way to another when there is no room.
pub const RECON_IDLE: Duration = Duration::from_secs(1);

/// Messages of one side in one reconciliation session.
pub const RECON_ROUNDS: u32 = 64;

/// Sessions that one neighbour may open at once, and the time after which it may open one more:
/// each makes us hash a whole bucket.
pub const SESSIONS: u32 = 16;
/// See [`SESSIONS`].
pub const SESSION_PAUSE: Duration = Duration::from_secs(4);

/// A session in which nothing happened for this long is over.
pub const RECON_PATIENCE: Duration = Duration::from_secs(30);

/// Connections that one neighbour may ask us to dial at once, and the time after which it may ask
/// for one more: as many as it may have circuits to us, and some to come and go.
pub const DIAL_BACKS: u32 = 64;
/// See [`DIAL_BACKS`].
pub const DIAL_BACK_PAUSE: Duration = Duration::from_millis(50);

/// Addresses dialled because beacons from there named this very device, within one [`TWIN_PAUSE`]:
/// more than a profile has copies, and few where somebody forges them.
pub const TWIN_DIALS: usize = 16;

/// Between two dials of such an address, and between two times that the user is told of it.
pub const TWIN_PAUSE: Duration = Duration::from_secs(60);

/// HELLOs to ourselves that are known again: both ends of as many links as [`TWIN_DIALS`], twice.
pub const TWIN_HELLOS: usize = 4 * TWIN_DIALS;

/// Two devices of one profile that began within so much of each other began together: more than
/// passes between their two HELLOs on one link.
pub const TWIN_TOGETHER: Duration = Duration::from_secs(10);
