//! Whose discovery datagrams are heard.
//!
//! A datagram proves nothing of where it came from, and what it names is dialled. Heard from
//! anywhere, a forged source would send our connections through the default route to strangers.

use std::{collections::BTreeSet, net::IpAddr};

use gossamer_mesh::{Subnet, limits};

/// The hosts outside of our links that are heard nevertheless: the user named them.
#[derive(Debug, Default)]
pub(crate) struct Hearing {
    named: BTreeSet<IpAddr>,
}

impl Hearing {
    /// The user connects to this host. Over as many as the brains dial again, no more are kept:
    /// they are dialled all the same, only what they announce is not heard.
    pub(crate) fn name(&mut self, host: IpAddr) {
        if self.named.len() < limits::DIALS {
            self.named.insert(host);
        }
    }

    /// Whether a datagram from there is looked at at all.
    pub(crate) fn may_hear(&self, source: IpAddr, links: &[Subnet]) -> bool {
        links.iter().any(|link| link.contains(source)) || self.named.contains(&source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// Ana's machine: one network, and itself.
    fn anas_links() -> [Subnet; 2] {
        let link = |addr, prefix| Subnet {
            addr: ip(addr),
            prefix,
        };
        [link("192.168.1.10", 24), link("127.0.0.1", 8)]
    }

    #[test]
    fn ana_does_not_hear_a_forged_source_beyond_her_router() {
        let hearing = Hearing::default();
        for forged in ["198.18.0.1", "198.19.255.254", "192.168.2.7", "8.8.8.8"] {
            assert!(
                !hearing.may_hear(ip(forged), &anas_links()),
                "{forged} is on no link"
            );
        }
    }

    #[test]
    fn ana_hears_ben_on_her_network_and_cleo_on_her_machine() {
        let hearing = Hearing::default();
        assert!(hearing.may_hear(ip("192.168.1.77"), &anas_links()));
        assert!(hearing.may_hear(ip("127.0.0.1"), &anas_links()));
    }

    #[test]
    fn ana_hears_ben_beyond_her_router_once_she_named_him_and_nobody_beside_him() {
        let mut hearing = Hearing::default();
        hearing.name(ip("10.7.0.2"));
        assert!(hearing.may_hear(ip("10.7.0.2"), &anas_links()));
        assert!(!hearing.may_hear(ip("10.7.0.3"), &anas_links()));
    }

    #[test]
    fn naming_thousands_of_hosts_keeps_no_more_than_the_limit() {
        let mut hearing = Hearing::default();
        for n in 0..5_000_u32 {
            hearing.name(IpAddr::V4((0x0a07_0000 + n).into()));
        }
        assert_eq!(hearing.named.len(), limits::DIALS);
    }
}
