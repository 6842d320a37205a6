//! Telling people of one name apart.
//!
//! Anyone can take any name. Where several are known by one, each is shown with the beginning of
//! their id, as in `ben·7b1e`, and can be named so.

use std::collections::BTreeMap;

use gossamer_node::{api::PeerView, legible::outline};

use crate::safe::one_line;

/// Between a name and the beginning of an id. A name that has it is never shown without an id, so
/// that nobody looks like somebody else's tag.
const MARK: char = '·';
/// So many characters of an id are shown unless more are needed: ids that begin alike can be made.
const TAG: usize = 4;

/// How somebody is called among those who are known, by their ids.
pub(crate) fn label(people: &BTreeMap<String, PeerView>, id: &str, name: &str) -> String {
    let looks = look(name);
    let is_namesake = |peer: &&PeerView| peer.id != id && look(&peer.name) == looks;
    let alike = people.values().filter(is_namesake);
    let alike = alike.map(|peer| common(&peer.id, id)).max();
    match alike {
        None if !name.contains(MARK) => name.to_owned(),
        alike => {
            let length = TAG.max(alike.unwrap_or_default() + 1);
            let tag: String = id.chars().take(length).collect();
            format!("{name}{MARK}{tag}")
        }
    }
}

/// Whether `who` is how this device may be named: by its name, with the beginning of its id or not.
pub(crate) fn is_meant(peer: &PeerView, who: &str) -> bool {
    let is_tagged = |(name, tag): (&str, &str)| {
        peer.name == name && tag.chars().count() >= TAG && peer.id.starts_with(tag)
    };
    peer.name == who || who.rsplit_once(MARK).is_some_and(is_tagged)
}

/// What people see of a name at a glance.
fn look(name: &str) -> String {
    outline(&one_line(name.trim())).to_lowercase()
}

/// How many characters two ids have in common at their beginnings.
fn common(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count()
}
