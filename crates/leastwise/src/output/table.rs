//! Aligned columns as wide as the terminal: columns that may give way are shortened in the middle, so that both the
//! start and the end of an ARN stay readable.

use unicode_width::UnicodeWidthStr;

use super::plain;

/// A column.
pub struct Column {
    /// What stands above it.
    pub title: &'static str,
    /// Numbers stand to the right.
    pub right: bool,
    /// Whether its cells may be shortened when the terminal is narrow.
    pub gives_way: bool,
}

/// Lays rows out. `width` is the terminal's, `None` when the output is not one: then nothing is shortened.
pub fn lay_out(columns: &[Column], rows: &[Vec<String>], width: Option<usize>) -> String {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| plain(cell)).collect()).collect();
    let mut widths: Vec<usize> = columns.iter().map(|column| column.title.width()).collect();
    for row in &rows {
        for (i, cell) in row.iter().enumerate() {
            widths[i] = widths[i].max(cell.width());
        }
    }
    if let Some(width) = width {
        narrow(columns, &mut widths, width);
    }
    let titles: Vec<String> = columns.iter().map(|column| column.title.to_owned()).collect();
    let mut out = String::new();
    for row in std::iter::once(&titles).chain(&rows) {
        push_line(&mut out, columns, row, &widths);
    }
    out
}

fn push_line(out: &mut String, columns: &[Column], row: &[String], widths: &[usize]) {
    let start = out.len();
    for (i, cell) in row.iter().enumerate() {
        if i > 0 {
            out.push_str("  ");
        }
        let cell = shorten(cell, widths[i]);
        let pad = " ".repeat(widths[i].saturating_sub(cell.width()));
        match columns[i].right {
            true => out.extend([pad.as_str(), &cell]),
            false => out.extend([cell.as_str(), &pad]),
        }
    }
    out.truncate(start + out[start..].trim_end().len());
    out.push('\n');
}

/// Takes from the widest columns that give way until the line fits, or until each is at its least.
fn narrow(columns: &[Column], widths: &mut [usize], width: usize) {
    const LEAST: usize = 16;
    loop {
        let total: usize = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
        let Some(excess) = total.checked_sub(width).filter(|excess| *excess > 0) else { return };
        let giving = |i: &usize| columns[*i].gives_way && widths[*i] > LEAST;
        let mut candidates: Vec<usize> = (0..widths.len()).filter(giving).collect();
        candidates.sort_by_key(|i| std::cmp::Reverse(widths[*i]));
        let Some(&widest) = candidates.first() else { return };
        let next = candidates.get(1).map_or(LEAST, |i| widths[*i]).max(LEAST);
        let step = (widths[widest] - next).max(1).min(excess);
        widths[widest] -= step;
    }
}

fn shorten(cell: &str, width: usize) -> String {
    if cell.width() <= width {
        return cell.to_owned();
    }
    let chars: Vec<char> = cell.chars().collect();
    let keep = width.saturating_sub(1);
    let head = keep / 2;
    let tail = keep - head;
    let mut out: String = chars.iter().take(head).collect();
    out.push('…');
    out.extend(chars.iter().skip(chars.len().saturating_sub(tail)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 2] = [
        Column { title: "RESOURCE", right: false, gives_way: true },
        Column { title: "COUNT", right: true, gives_way: false },
    ];

    fn rows() -> Vec<Vec<String>> {
        vec![
            vec!["arn:aws:s3:::a-bucket-with-a-long-name/and/a/key".into(), "12".into()],
            vec!["*".into(), "3456".into()],
        ]
    }

    #[test]
    fn columns_are_aligned() {
        let text = lay_out(&COLUMNS, &rows(), None);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "arn:aws:s3:::a-bucket-with-a-long-name/and/a/key     12");
        assert_eq!(lines[2].len(), lines[1].len());
    }

    #[test]
    fn a_narrow_terminal_shortens_in_the_middle() {
        for line in lay_out(&COLUMNS, &rows(), Some(40)).lines() {
            assert!(line.width() <= 40, "{line}");
        }
        assert!(lay_out(&COLUMNS, &rows(), Some(40)).contains("arn:aws:s3:::a-b…"));
    }
}
