//! Characters that show nothing or trick the eye: one rule for names and texts, from the properties
//! that Unicode gives them.
//!
//! Nobody can see that a name has a zero width space in it, that a filler stands where a name
//! should be, or that an override turns `exe.gpj` around. What people write honestly stays as it
//! is: scripts from right to left, emoji sequences, joiners of Persian and Indic words.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        BidiControl, CanonicalCombiningClass, DefaultIgnorableCodePoint, Emoji, EmojiModifier,
        ExtendedPictographic, GeneralCategory, GeneralCategoryGroup, Ideographic, JoiningType,
        PrependedConcatenationMark, Script, VariationSelector,
    },
};

/// In the place of a character that shows nothing or tricks the eye.
pub const INSTEAD: char = char::REPLACEMENT_CHARACTER;

const JOINER: char = '\u{200d}';
const NON_JOINER: char = '\u{200c}';
const AS_TEXT: char = '\u{fe0e}';
const AS_EMOJI: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';
/// Symbols that are empty by design: the braille pattern without dots and the musical null notehead.
/// No property says so.
const BLANK: [char; 2] = ['\u{2800}', '\u{1d159}'];
/// What a mark is put on that has nothing to stand on.
const DOTTED_CIRCLE: char = '\u{25cc}';

/// The flags that are written with tag characters: black flag, region, end. There are no others.
const FLAG: char = '\u{1f3f4}';
const REGIONS: [&str; 3] = [
    "\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    "\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}",
];

/// The characters of `text`, each with whether it shows nothing or tricks the eye where it stands.
/// White space does not count, except that which breaks a line unseen.
pub fn chars(text: &str) -> impl Iterator<Item = (char, bool)> + '_ {
    let mut flag = 0;
    text.char_indices().map(move |(at, c)| {
        let (before, after) = text.split_at(at);
        let after = after.get(c.len_utf8()..).unwrap_or_default();
        if c == FLAG {
            let region = REGIONS.iter().find(|region| after.starts_with(**region));
            flag = region.map_or(0, |region| region.chars().count());
            return (c, false);
        }
        if flag > 0 {
            flag -= 1;
            return (c, false);
        }
        (c, is_hidden(c) && !has_meaning(c, before, after))
    })
}

/// `text` with [`INSTEAD`] wherever something shows nothing or tricks the eye, so that it does not
/// look like another one.
#[must_use]
pub fn legible(text: &str) -> String {
    let shown = chars(text).map(|(c, tricks)| if tricks { INSTEAD } else { c });
    footing(text).into_iter().chain(shown).collect()
}

/// What a mark at the beginning of `text` is put on: it would change what is printed before it.
#[must_use]
pub fn footing(text: &str) -> Option<char> {
    let mark = text.chars().next().filter(|c| is_mark(*c));
    mark.map(|_| DOTTED_CIRCLE)
}

/// `name` as it can be shown to people, or `id` when it would show nothing at all.
#[must_use]
pub fn name(name: &str, id: &str) -> String {
    let shown = [name, id].into_iter().find(|text| shows(text));
    shown.map_or_else(|| INSTEAD.to_string(), legible)
}

/// Whether people see all of a name that someone takes: it has something that shows, nothing that
/// does not, and no mark without a letter.
pub(crate) fn is_plain(name: &str) -> bool {
    shows(name) && footing(name).is_none() && !chars(name).any(|(_, tricks)| tricks)
}

/// `text` without what shows nothing: alike for texts that look alike but for that.
#[must_use]
pub fn outline(text: &str) -> String {
    text.chars().filter(|c| !is_hidden(*c)).collect()
}

fn shows(text: &str) -> bool {
    let shows = |c: char| !(c.is_whitespace() || is_hidden(c) || is_mark(c));
    text.chars().any(shows)
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

fn is_mark(c: char) -> bool {
    GeneralCategoryGroup::Mark.contains(category(c))
}

/// Whether a character shows nothing by itself, or changes how others are shown.
fn is_hidden(c: char) -> bool {
    let category = category(c);
    let is_break = category == GeneralCategory::LineSeparator
        || category == GeneralCategory::ParagraphSeparator;
    let is_control = category == GeneralCategory::Control && !c.is_whitespace();
    // Some have a shape, such as the Arabic number sign.
    let is_format = category == GeneralCategory::Format
        && !CodePointSetData::new::<PrependedConcatenationMark>().contains(c);
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || CodePointSetData::new::<BidiControl>().contains(c)
        || BLANK.contains(&c)
        || is_break
        || is_control
        || is_format
}

/// Whether a hidden character is part of how something is written.
fn has_meaning(c: char, before: &str, after: &str) -> bool {
    let Some(last) = before.chars().next_back() else {
        return false;
    };
    match c {
        JOINER => joins_emoji(before, after) || ends_with_virama(last),
        NON_JOINER => ends_with_virama(last) || parts_letters(before, after),
        AS_TEXT | AS_EMOJI if CodePointSetData::new::<Emoji>().contains(last) => {
            // Digits are emoji too, and look the same with a selector unless a key is around them.
            !last.is_ascii() || after.starts_with(KEYCAP)
        }
        _ => CodePointSetData::new::<VariationSelector>().contains(c) && has_variants(last),
    }
}

/// A joiner between two pictures makes one of them.
fn joins_emoji(before: &str, after: &str) -> bool {
    let is_picture = |c| CodePointSetData::new::<ExtendedPictographic>().contains(c);
    let changes = |c| c == AS_EMOJI || CodePointSetData::new::<EmojiModifier>().contains(c);
    let last = before.chars().rev().find(|c| !changes(*c));
    last.is_some_and(is_picture) && after.chars().next().is_some_and(is_picture)
}

/// Indic scripts choose between a ligature and a visible virama by it.
fn ends_with_virama(last: char) -> bool {
    let class = CodePointMapData::<CanonicalCombiningClass>::new().get(last);
    class == CanonicalCombiningClass::Virama
}

/// A non-joiner between two letters that would join, as in Persian words (RFC 5892, A.1).
fn parts_letters(before: &str, after: &str) -> bool {
    let joining = CodePointMapData::<JoiningType>::new();
    let is_letter = |c: &char| joining.get(*c) != JoiningType::Transparent;
    let has_type = |c: Option<char>, side| {
        c.is_some_and(|c| [JoiningType::DualJoining, side].contains(&joining.get(c)))
    };
    has_type(
        before.chars().rev().find(is_letter),
        JoiningType::LeftJoining,
    ) && has_type(after.chars().find(is_letter), JoiningType::RightJoining)
}

/// Ideographs and Mongolian letters have variants that a selector chooses, as names in Japan do.
fn has_variants(last: char) -> bool {
    CodePointSetData::new::<Ideographic>().contains(last)
        || CodePointMapData::<Script>::new().get(last) == Script::Mongolian
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names and texts that are what they look like.
    const HONEST: [&str; 16] = [
        "Ana",
        "ana maria",
        "José",
        "Jose\u{301}",
        "محمد",
        "דוד",
        "می\u{200c}خواهم",
        "ශ්\u{200d}රී",
        "क्\u{200d}ष",
        "葛\u{e0100}城",
        "👩\u{200d}👩\u{200d}👧 ben",
        "🏳\u{fe0f}\u{200d}🌈",
        "❤\u{fe0f}\u{200d}🔥",
        "👩🏽\u{200d}🚀",
        "1\u{fe0f}\u{20e3}",
        "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    ];

    /// Others look like ben, like nothing, or like something else.
    const TRICKS: [&str; 22] = [
        "b\u{200b}en",
        "ben\u{200d}",
        "b\u{200d}en",
        "b\u{200c}en",
        "ben\u{fe0f}",
        "ben1\u{fe0f}",
        "ben\u{e0100}",
        "b\u{ad}en",
        "ben\u{2060}",
        "\u{feff}ben",
        "ben\u{34f}",
        "\u{202e}neb",
        "ben\u{200f}",
        "ben\u{2066}",
        "ben\u{061c}",
        "ben\u{e0062}\u{e007f}",
        "🏴\u{e0062}\u{e007f}",
        "ben\u{3164}",
        "ben\u{2800}",
        "ben\u{fff9}",
        "ben\u{2028}",
        "ben\u{1b}[2J",
    ];

    /// Nothing of these shows.
    const NOTHING: [&str; 12] = [
        "",
        "  ",
        "\u{a0}\u{2003}\u{3000}",
        "\u{200b}",
        "\u{3164}",
        "\u{115f}",
        "\u{1160}",
        "\u{ffa0}",
        "\u{2800}\u{2800}",
        "\u{301}\u{302}",
        "\u{e0062}",
        "\u{200d}\u{fe0f}",
    ];

    #[test]
    fn what_ana_writes_honestly_stays_as_it_is() {
        for text in HONEST {
            assert!(is_plain(text), "{text:?} is refused");
            assert_eq!(legible(text), text);
            assert_eq!(name(text, "7b1e"), text);
        }
    }

    #[test]
    fn nobody_looks_like_ben_by_what_does_not_show() {
        for text in TRICKS {
            assert!(!is_plain(text), "{text:?} is taken");
            assert!(legible(text).contains(INSTEAD), "{text:?}");
            assert!(!chars(&legible(text)).any(|(_, tricks)| tricks), "{text:?}");
        }
    }

    #[test]
    fn who_shows_nothing_goes_by_their_id() {
        for text in NOTHING {
            assert!(!is_plain(text), "{text:?} is taken");
            assert_eq!(name(text, "7b1e"), "7b1e", "{text:?}");
        }
    }

    #[test]
    fn a_mark_of_ben_stands_on_nothing_of_others() {
        assert!(!is_plain("\u{338}ben"));
        assert_eq!(legible("\u{338}ben"), "\u{25cc}\u{338}ben");
    }

    #[test]
    fn two_who_look_alike_have_one_outline() {
        assert_eq!(outline("b\u{200b}en"), outline("ben"));
        assert_eq!(outline("❤\u{fe0f}"), outline("❤"));
        assert_ne!(outline("بن"), outline("ben"));
    }

    #[test]
    fn whatever_comes_nothing_hidden_is_shown() {
        let planes = ('\0'..'\u{20000}').chain('\u{e0000}'..'\u{e1000}');
        for c in planes {
            let text: String = ['a', c, 'b'].iter().collect();
            let shown = legible(&text);
            assert!(!outline(&shown).is_empty());
            assert!(shown.chars().all(|c| !is_hidden(c)), "{c:?}");
        }
    }
}
