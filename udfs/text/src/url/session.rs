//! Session ids in URLs, as the `surt` package takes them out.

/// Takes an ASP.NET session id out of a path in lower case: a folder in parentheses in front of a file `.aspx`.
pub(super) fn strip_from_path(path: &mut Vec<u8>) {
    for folder in [nested_folder as fn(&[u8]) -> Option<usize>, plain_folder] {
        if let Some((start, end)) = last_folder(path, folder) {
            path.drain(start..end);
        }
    }
}

/// The last place behind a slash where `folder` finds one that stands in front of `.aspx` without a `?` between.
fn last_folder(path: &[u8], folder: fn(&[u8]) -> Option<usize>) -> Option<(usize, usize)> {
    const FILE: &[u8] = b".aspx";
    // Whether a file's name of one character or more begins at a place: known from the right.
    let mut begins = vec![false; path.len() + 1];
    for at in (0..path.len()).rev() {
        let here = path[at] != b'?' && (begins[at + 1] || path[at + 1..].starts_with(FILE));
        begins[at] = here;
    }
    let behind_slash = |&at: &usize| path[at] == b'/';
    let starts = (0..path.len()).filter(behind_slash).map(|slash| slash + 1);
    starts.rev().find_map(|start| {
        let end = start + folder(&path[start..])?;
        begins[end].then_some((start, end))
    })
}

/// The length of `(s(24 characters)f(24 characters))/` with one or more such groups.
fn nested_folder(path: &[u8]) -> Option<usize> {
    let mut at = path.starts_with(b"(").then_some(1)?;
    loop {
        let group = &path[at..];
        let letter = group.first()?.is_ascii_alphabetic();
        if !letter {
            return None;
        }
        at += 1 + id_in_parentheses(&group[1..])?;
        if path[at..].starts_with(b")/") {
            return Some(at + 2);
        }
    }
}

/// The length of `(24 characters)/`.
fn plain_folder(path: &[u8]) -> Option<usize> {
    let at = id_in_parentheses(path)?;
    path[at..].starts_with(b"/").then_some(at + 1)
}

fn id_in_parentheses(path: &[u8]) -> Option<usize> {
    const LEN: usize = 26;
    let id = path.get(..LEN)?;
    let inner = &id[1..LEN - 1];
    (id[0] == b'(' && id[LEN - 1] == b')' && inner.iter().all(u8::is_ascii_alphanumeric))
        .then_some(LEN)
}

/// Takes session ids out of a query: of each kind the last one that ends its argument, with the `&` behind it.
pub(super) fn strip_from_query(query: &mut Vec<u8>) {
    let alphanumeric: fn(&u8) -> bool = u8::is_ascii_alphanumeric;
    for name in [&b"jsessionid="[..], b"phpsessid=", b"sid="] {
        strip_last(query, |argument, _| {
            let id = argument.len().checked_sub(32)?;
            let start = id.checked_sub(name.len())?;
            let matches = argument[id..].iter().all(alphanumeric)
                && argument[start..id].eq_ignore_ascii_case(name);
            matches.then_some((start, 0))
        });
    }
    strip_last(query, |argument, _| {
        const NAME: &[u8] = b"aspsessionid";
        let id = argument.len().checked_sub(24)?;
        let equals = id.checked_sub(1)?;
        let letters = equals.checked_sub(8)?;
        let start = letters.checked_sub(NAME.len())?;
        let matches = argument[id..].iter().all(u8::is_ascii_alphabetic)
            && argument[equals] == b'='
            && argument[letters..equals]
                .iter()
                .all(u8::is_ascii_alphabetic)
            && argument[start..letters].eq_ignore_ascii_case(NAME);
        matches.then_some((start, 0))
    });
    strip_last(query, |argument, next| {
        const NAME: &[u8] = b"cfid=";
        const TOKEN: &[u8] = b"cftoken=";
        let next = next.filter(|next| {
            next.len() > TOKEN.len() && next[..TOKEN.len()].eq_ignore_ascii_case(TOKEN)
        })?;
        // A value of at least one character stands behind the name.
        let last = argument.len().checked_sub(NAME.len() + 1)?;
        let start = (0..=last)
            .rev()
            .find(|&at| argument[at..at + NAME.len()].eq_ignore_ascii_case(NAME))?;
        Some((start, 1 + next.len()))
    });
}

/// Takes out what `find` finds in the last possible argument: from a place in it to its end, and so many bytes of
/// what follows.
fn strip_last(query: &mut Vec<u8>, find: impl Fn(&[u8], Option<&[u8]>) -> Option<(usize, usize)>) {
    let mut next = None;
    let mut end = query.len();
    let found = loop {
        let start = query[..end]
            .iter()
            .rposition(|&b| b == b'&')
            .map_or(0, |at| at + 1);
        let argument = &query[start..end];
        if let Some((from, more)) = find(argument, next) {
            break Some((start + from, end + more));
        }
        if start == 0 {
            break None;
        }
        next = Some(argument);
        end = start - 1;
    };
    if let Some((start, end)) = found {
        query.drain(start..(end + 1).min(query.len()));
    }
}
