//! Reading our own sources: pure functions from text to the lines where something is that should not be.

use std::ops::Range;

/// A source with comments and what is between quotes blanked; lines stay where they are.
pub fn code_of(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut code = chars.clone();
    let mut at = 0;
    while at < chars.len() {
        let end = not_code(&chars, at);
        let blank = |c: &mut char| *c = if *c == '\n' { '\n' } else { ' ' };
        code[at..end].iter_mut().for_each(blank);
        at = end.max(at + 1);
    }
    code.into_iter().collect()
}

/// Where the comment or literal that begins at `at` ends; `at` itself if none does.
fn not_code(chars: &[char], at: usize) -> usize {
    let is = |place: usize, c: char| chars.get(place) == Some(&c);
    let find = |from: usize, wanted: &dyn Fn(usize) -> bool| (from..chars.len()).find(|&i| wanted(i));
    let end = chars.len();
    match chars[at] {
        '/' if is(at + 1, '/') => find(at, &|i| is(i, '\n')).unwrap_or(end),
        '/' if is(at + 1, '*') => find(at + 2, &|i| is(i, '*') && is(i + 1, '/')).map_or(end, |i| i + 2),
        '"' => quoted(chars, at, '"'),
        '\'' if is(at + 1, '\\') || is(at + 2, '\'') => quoted(chars, at, '\''),
        'r' if at == 0 || !is_name(chars[at - 1]) || is(at - 1, 'b') => {
            let hashes = chars[at + 1..].iter().take_while(|&&c| c == '#').count();
            let closes = |i: usize| is(i, '"') && (1..=hashes).all(|n| is(i + n, '#'));
            let opens = is(at + 1 + hashes, '"');
            if opens { find(at + 2 + hashes, &closes).map_or(end, |i| i + 1 + hashes) } else { at }
        }
        _ => at,
    }
}

fn quoted(chars: &[char], at: usize, quote: char) -> usize {
    let mut i = at + 1;
    while i < chars.len() && chars[i] != quote {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    (i + 1).min(chars.len())
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Lines, from 1, with the whole word or path `word` in them; a word may end in `(` or `!`.
pub fn lines_with(code: &str, word: &str) -> Vec<usize> {
    let stands_alone = |at: usize| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        let goes_on = word.ends_with(is_name) && after.is_some_and(is_name);
        let began_before = word.starts_with(is_name) && before.is_some_and(is_name);
        !goes_on && !began_before
    };
    let found = code.match_indices(word).filter(|(at, _)| stands_alone(*at));
    found.map(|(at, _)| line_of(code, at)).collect()
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Lines that throw away a result: `_ = …`, with or without `let`, and `.ok()` as a statement.
pub fn dropped_results(code: &str) -> Vec<usize> {
    let assigned = |at: &usize| {
        let rest = code[at + 1..].trim_start();
        rest.starts_with('=') && !rest.starts_with("==") && !rest.starts_with("=>")
    };
    let alone = |at: &usize| {
        let around = [code[..*at].chars().next_back(), code[at + 1..].chars().next()];
        !around.into_iter().flatten().any(is_name)
    };
    let places = code.match_indices('_').map(|(at, _)| at).filter(|at| alone(at) && assigned(at));
    let statements = code.match_indices(".ok();").map(|(at, _)| at).filter(|&at| !is_used(code, at));
    places.chain(statements).map(|at| line_of(code, at)).collect()
}

/// Whether the statement around `at` binds or returns what it computes.
fn is_used(code: &str, at: usize) -> bool {
    let statement = code[..at].rsplit([';', '{', '}']).next().unwrap_or_default();
    statement.trim_start().starts_with("return ") || statement.contains('=')
}

/// Lines that end the process instead of saying what is wrong.
pub fn panics(code: &str) -> Vec<usize> {
    let words = [".unwrap()", ".expect(", ".unwrap_err()", ".expect_err(", "panic!", "todo!", "unimplemented!"];
    words.iter().flat_map(|word| lines_with(code, word)).collect()
}

/// Functions of more than `max` lines of code, by the line that they begin in.
pub fn long_functions(code: &str, max: usize) -> Vec<usize> {
    let begins = code.match_indices("fn ").map(|(at, _)| at);
    let is_word = |at: &usize| !code[..*at].chars().next_back().is_some_and(is_name);
    let lines = |body: Range<usize>| code[body].lines().filter(|line| !line.trim().is_empty()).count();
    let is_long = |at: &usize| body(code, *at).is_some_and(|body| lines(*at..body.end) > max);
    begins.filter(is_word).filter(is_long).map(|at| line_of(code, at)).collect()
}

/// Where the braces after `at` open and close again; none if a semicolon comes first.
pub fn body(code: &str, at: usize) -> Option<Range<usize>> {
    let mut depth = 0_usize;
    let mut brackets = 0_usize;
    let mut from = None;
    for (i, c) in code[at..].char_indices() {
        match c {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets = brackets.saturating_sub(1),
            ';' if from.is_none() && brackets == 0 => return None,
            '{' => (depth, from) = (depth + 1, from.or(Some(at + i))),
            '}' if depth == 1 => return from.map(|from| from..at + i + 1),
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Signatures of public functions whose result holds plain bytes.
pub fn public_bytes(code: &str) -> Vec<String> {
    let signature = |(at, _): (usize, &str)| code[at..].split(['{', ';']).next().unwrap_or_default().to_owned();
    let gives_bytes = |signature: &String| {
        let result = signature.split_once("->").map_or("", |(_, result)| result);
        ["[u8", "Vec<u8", "Bytes", "u8]"].iter().any(|bytes| result.contains(bytes))
    };
    code.match_indices("pub fn ").map(signature).filter(gives_bytes).collect()
}

/// Lines that name a place on the machine that this was written on.
pub fn machine_paths(text: &str) -> Vec<usize> {
    // Put together here, so that this file does not name one itself.
    let places = ["work", "root/", "tmp/", "home/"].map(|place| format!("/{place}"));
    let begins = |at: usize| !text[..at].ends_with(|c: char| is_name(c) || "-./~)}>*+:\\".contains(c));
    let ends =
        |at: usize| text[..at].ends_with('/') || !text[at..].starts_with(|c: char| is_name(c) || "-.".contains(c));
    let found =
        places.iter().flat_map(|place| text.match_indices(place.as_str()).map(|(at, _)| (at, at + place.len())));
    found.filter(|&(at, end)| begins(at) && ends(end)).map(|(at, _)| line_of(text, at)).collect()
}
