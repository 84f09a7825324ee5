//! Text that fits a terminal.

/// Columns of a report.
pub(super) const WIDTH: usize = 100;

/// Breaks a text at spaces so that no line is wider than `width`, unless one
/// word is.
pub(super) fn lines(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_at_spaces() {
        assert_eq!(lines("one two three", 7), ["one two", "three"]);
        assert_eq!(lines("a verylongword b", 5), ["a", "verylongword", "b"]);
        assert_eq!(lines("µµ µµ", 5), ["µµ µµ"]);
        assert!(lines("  ", 5).is_empty());
    }
}
