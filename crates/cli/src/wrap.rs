//! Long lines, broken where the terminal would break them, and indented where they go on.
//!
//! Left to the terminal, a row that goes on looks like a line of its own: whoever pads a message to
//! the edge could put words into somebody else's mouth.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Before each row that continues a line, as before each further line of a message.
pub(crate) const INDENT: &str = "      ";
/// What a row has at least beside its indent: a terminal that is narrower shows nothing well.
const NARROWEST: usize = 2 * INDENT.len();

/// `lines` with no row wider than `width` columns. Colours, the only escape sequences in what is
/// printed, take no place.
pub(crate) fn wrap(lines: &str, width: usize) -> String {
    let width = width.max(NARROWEST);
    let rows: Vec<String> = lines.split('\n').map(|line| one(line, width)).collect();
    rows.join("\n")
}

fn one(line: &str, width: usize) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut column = 0;
    // Where the last word of the row begins, once there is one before it.
    let mut word: Option<(usize, usize)> = None;
    let mut is_begun = false;
    let mut colour = false;
    for piece in line.graphemes(true) {
        if colour || piece == "\u{1b}" {
            colour = piece != "m";
            shown.push_str(piece);
            continue;
        }
        let wide = columns(piece);
        if column + wide > width {
            let (start, before) = word.take().unwrap_or((shown.len(), column));
            let moved = column - before;
            // A word longer than a row is cut where the row ends, and so is one before a space.
            let fits = piece != " " && INDENT.len() + moved + wide <= width;
            let (at, moved) = if fits {
                (start, moved)
            } else {
                (shown.len(), 0)
            };
            shown.insert_str(at, INDENT);
            shown.insert(at, '\n');
            column = INDENT.len() + moved;
            is_begun = moved > 0;
            if piece == " " {
                continue;
            }
        }
        shown.push_str(piece);
        column += wide;
        if piece != " " {
            is_begun = true;
        } else if is_begun {
            word = Some((shown.len(), column));
        }
    }
    shown
}

/// What a terminal takes for it at most: some know sequences of emoji as one, some do not.
fn columns(piece: &str) -> usize {
    let each: usize = piece.chars().filter_map(UnicodeWidthChar::width).sum();
    each.max(piece.width())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(lines: &str, width: usize) -> Vec<String> {
        wrap(lines, width).lines().map(str::to_owned).collect()
    }

    #[test]
    fn ben_cannot_pad_a_message_until_it_looks_like_one_of_anas() {
        let said = "12:00 ben: hi";
        let fake = "12:01 ana: leave at once";
        for width in [30, 31, 79, 80] {
            for filler in [
                " ",
                "x",
                "字",
                "👍",
                "🇫🇷",
                "1\u{fe0f}\u{20e3}",
                "👩\u{200d}🚀",
            ] {
                for count in 0..2 * width {
                    let line = format!("{said}{}{fake}", filler.repeat(count));
                    let shown = rows(&line, width);
                    let (first, more) = shown.split_first().unwrap();
                    assert!(first.starts_with("12:00 ben: "));
                    assert!(more.iter().all(|row| row.starts_with(INDENT)), "{line}");
                    assert!(shown.iter().all(|row| row.width() <= width), "{line}");
                }
            }
        }
    }

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(
            rows("12:00 ben: the quick brown fox", 19),
            ["12:00 ben: the ", "      quick brown ", "      fox"]
        );
        assert_eq!(
            rows("12:00 ben: xxxxxxxxxxxxxxxxxxxx", 18)[1],
            "      xxxxxxxxxxxx"
        );
    }

    #[test]
    fn what_fits_is_not_touched() {
        let lines = "12:00 ben: hi\n      there\n\n12:01 ana: שלום";
        assert_eq!(wrap(lines, 80), lines);
    }

    #[test]
    fn colours_take_no_place() {
        let line = "\u{1b}[1;36mben\u{1b}[0m is here";
        assert_eq!(wrap(line, 18), line);
    }

    #[test]
    fn a_terminal_without_width_shows_everything_all_the_same() {
        let shown = wrap("12:00 ben: hello there", 0);
        assert_eq!(shown.replace(['\n', ' '], ""), "12:00ben:hellothere");
    }
}
