//! Enumerations that travel as numbers and may grow.

/// Declares an enum whose variants have numbers on the wire. Any other number is `Unknown`, so
/// that what a newer node says can be read, and nothing is lost when it is written again.
macro_rules! numbered {
    (
        $(#[$doc:meta])*
        $name:ident { $($(#[$about:meta])* $variant:ident = $number:literal,)+ }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$about])* $variant,)+
            /// A number that this version does not know; made by `From<u64>` only.
            Unknown(u64),
        }

        impl $name {
            /// Those with a meaning, in the order of their numbers.
            pub const KNOWN: &[Self] = &[$(Self::$variant,)+];

            /// The number on the wire.
            #[must_use]
            pub const fn number(self) -> u64 {
                match self {
                    $(Self::$variant => $number,)+
                    Self::Unknown(number) => number,
                }
            }
        }

        impl From<u64> for $name {
            fn from(number: u64) -> Self {
                match number {
                    $($number => Self::$variant,)+
                    _ => Self::Unknown(number),
                }
            }
        }
    };
}

pub(super) use numbered;
