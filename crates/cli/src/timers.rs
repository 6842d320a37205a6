//! Timers from the environment.
//!
//! `GOSSAMER_TIMERS` shortens a node's timers for tests, as in
//! `announce=300ms,stale=3s,transfer_silence=2s`. It is not for everyday use and therefore absent
//! from `--help`.

use std::time::Duration;

use gossamer_node::Timers;

/// The default timers with those named in `text` replaced. The error says what is wrong.
pub(crate) fn parse(text: &str) -> Result<Timers, String> {
    let mut timers = Timers::default();
    for entry in text.split(',').map(str::trim).filter(|e| !e.is_empty()) {
        let (name, value) = entry
            .split_once('=')
            .ok_or_else(|| format!("`{entry}` has no `=`"))?;
        let value = duration(value.trim())?;
        match name.trim() {
            "announce" => timers.announce = value,
            "stale" => timers.stale = value,
            "transfer_silence" => timers.transfer_silence = value,
            other => return Err(format!("there is no timer `{other}`")),
        }
    }
    Ok(timers)
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a time such as 300ms or 3s");
    let (digits, unit): (_, fn(u64) -> Duration) = if let Some(digits) = text.strip_suffix("ms") {
        (digits, Duration::from_millis)
    } else if let Some(digits) = text.strip_suffix('s') {
        (digits, Duration::from_secs)
    } else {
        return Err(wrong());
    };
    let count: u64 = digits.parse().map_err(|_| wrong())?;
    if count == 0 {
        return Err(format!("`{text}` must be longer than nothing"));
    }
    Ok(unit(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_timers_are_replaced_and_the_others_kept() {
        let timers = parse("announce=300ms, stale=3s").unwrap();
        assert_eq!(timers.announce, Duration::from_millis(300));
        assert_eq!(timers.stale, Duration::from_secs(3));
        assert_eq!(timers.transfer_silence, Timers::default().transfer_silence);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, part) in [
            ("announce", "no `=`"),
            ("announce=3", "not a time"),
            ("announce=0s", "longer than nothing"),
            ("patience=3s", "no timer `patience`"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
