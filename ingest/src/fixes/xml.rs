//! As much of XML as a GPX file needs, in one pass and without recursion.
//!
//! There are no document types, and so no entities of one's own: what a hostile file would use them for is refused.
//! General readers keep the whole stack of namespaces and take time in its square when elements nest deeply.

/// One piece of a document. Names are local: a prefix is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open { name: &'a str, attributes: &'a str },
    Close,
    Text(&'a str),
}

/// Elements nest no deeper; GPX with extensions has about eight levels.
const DEPTH_MAX: usize = 64;

/// The pieces of a document, up to the first thing that is wrong with it.
pub(super) struct Tokens<'a> {
    rest: &'a str,
    open: Vec<&'a str>,
    /// An element without content, such as `<a/>`, opens and then closes.
    closes: bool,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(document: &'a str) -> Self {
        Self { rest: document, open: Vec::new(), closes: false }
    }

    /// How many elements are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// The next piece; none at the end of a document in which every element is closed.
    pub(super) fn next(&mut self) -> Result<Option<Token<'a>>, &'static str> {
        if std::mem::take(&mut self.closes) {
            self.open.pop();
            return Ok(Some(Token::Close));
        }
        loop {
            if self.rest.is_empty() {
                return if self.open.is_empty() { Ok(None) } else { Err("it is cut off") };
            }
            if self.skip("<!--", "-->")?.is_some() || self.skip("<?", "?>")?.is_some() {
                continue;
            }
            if let Some(text) = self.skip("<![CDATA[", "]]>")? {
                return Ok(Some(Token::Text(text)));
            }
            return self.tag_or_text().map(Some);
        }
    }

    /// What stands between `begin` and `end`, if it is next.
    fn skip(&mut self, begin: &str, end: &str) -> Result<Option<&'a str>, &'static str> {
        let Some(after) = self.rest.strip_prefix(begin) else { return Ok(None) };
        let (inside, rest) = after.split_once(end).ok_or("it is cut off")?;
        self.rest = rest;
        Ok(Some(inside))
    }

    fn tag_or_text(&mut self) -> Result<Token<'a>, &'static str> {
        let Some(tag) = self.rest.strip_prefix('<') else {
            let (text, rest) = self.rest.split_at(self.rest.find('<').unwrap_or(self.rest.len()));
            self.rest = rest;
            return Ok(Token::Text(text));
        };
        let end = tag_end(tag).ok_or("it is cut off")?;
        let (tag, rest) = (&tag[..end], &tag[end + 1..]);
        self.rest = rest;
        if tag.starts_with('!') {
            return Err("it has a document type");
        }
        if let Some(name) = tag.strip_prefix('/') {
            return if self.open.pop() == Some(name.trim_end()) {
                Ok(Token::Close)
            } else {
                Err("its tags do not match")
            };
        }
        let content = tag.strip_suffix('/');
        self.closes = content.is_some();
        let content = content.unwrap_or(tag);
        let (name, attributes) = content.split_at(content.find(char::is_whitespace).unwrap_or(content.len()));
        if self.open.len() >= DEPTH_MAX {
            return Err("its elements nest too deeply");
        }
        self.open.push(name);
        Ok(Token::Open { name: local(name), attributes })
    }
}

/// Where the tag's `>` is: not inside a quoted value.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    tag.bytes().position(|byte| {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
        quote.is_none() && byte == b'>'
    })
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// The value of an attribute, as it is written.
pub(super) fn attribute<'a>(attributes: &'a str, wanted: &str) -> Option<&'a str> {
    let mut rest = attributes;
    loop {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let (value, after) = after[1..].split_once(quote)?;
        if name.trim() == wanted {
            return Some(value);
        }
        rest = after;
    }
}
