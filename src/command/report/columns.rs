//! Text in columns.

use std::fmt::Display;

/// Lines of `head` and `rows`: the first column flush left, the others flush right.
pub(super) fn columns(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head.iter().map(|name| (*name).to_owned()).collect();
    let all = || std::iter::once(&head).chain(rows);
    let widths: Vec<usize> = (0..head.len()).map(|i| all().map(|row| width(row, i)).max().unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cell = |(i, text): (usize, &String)| {
            let width = widths.get(i).copied().unwrap_or(0);
            if i == 0 { format!("{text:<width$}") } else { format!("  {text:>width$}") }
        };
        let cells: String = row.iter().enumerate().map(cell).collect();
        format!("{}\n", cells.trim_end())
    };
    all().map(line).collect()
}

fn width(row: &[String], i: usize) -> usize {
    row.get(i).map_or(0, |text| text.chars().count())
}

/// A whole number with a comma after each thousand.
pub(super) fn grouped(number: impl Display) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
