//! What keeps others on the computer from a program's memory, where keys and texts are.

/// A core of no more than this is written: none, since nothing useful is as small. It is one byte
/// and not zero because Linux hands cores to a crash reporter whatever the limit, except at 1.
#[cfg(unix)]
const CORE: u64 = 1;

/// No core dump of this program is written or given to a crash reporter: it would keep keys and
/// texts on disk. The programs that it starts inherit that. Does nothing on other systems than Unix.
pub fn leave_no_core() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let most = getrlimit(Resource::Core).maximum;
        let core = Some(most.map_or(CORE, |most| most.min(CORE)));
        let limit = Rlimit {
            current: core,
            maximum: core,
        };
        // Lowering a limit is always allowed.
        let _ = setrlimit(Resource::Core, limit);
    }
}

/// Other programs of this user cannot read this one's memory, its environment or its open files,
/// nor trace it. Does nothing on other systems than Linux.
///
/// Not for a program with a window: desktop portals look at who calls them by what this hides, and
/// refuse to show a file picker or to open a link.
pub fn hide() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // The kernel refuses only values that it does not know.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    use super::*;

    #[test]
    fn a_program_can_have_its_memory_kept_from_others() {
        leave_no_core();
        let core = getrlimit(Resource::Core);
        assert!(core.current.is_some_and(|most| most <= CORE), "{core:?}");
        assert_eq!(core.current, core.maximum, "nothing can raise it again");
        hide();
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
        // Twice is as good as once.
        leave_no_core();
        assert_eq!(getrlimit(Resource::Core), core);
    }
}
