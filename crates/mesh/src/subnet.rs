//! An address of this machine with its network.

use std::net::IpAddr;

/// One address of this machine and the length of its network prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subnet {
    /// Our address in it.
    pub addr: IpAddr,
    /// Bits of the prefix.
    pub prefix: u8,
}

impl Subnet {
    /// Whether `other` is on this link, so that no router is needed to reach it.
    #[must_use]
    pub fn contains(&self, other: IpAddr) -> bool {
        let (ours, theirs, width) = match (self.addr, other) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                (u128::from(a.to_bits()), u128::from(b.to_bits()), 32)
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
        };
        let host_bits = width - u32::from(self.prefix).min(width);
        ours.checked_shr(host_bits) == theirs.checked_shr(host_bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_same_network_are_on_link() {
        let home = Subnet {
            addr: "192.168.1.10".parse().unwrap(),
            prefix: 24,
        };
        assert!(home.contains("192.168.1.200".parse().unwrap()));
        assert!(!home.contains("192.168.2.200".parse().unwrap()));
        assert!(!home.contains("fe80::1".parse().unwrap()));
        let all = Subnet {
            addr: "10.0.0.1".parse().unwrap(),
            prefix: 0,
        };
        assert!(all.contains("8.8.8.8".parse().unwrap()));
    }
}
