//! Stand-ins: what the words name is replaced by something of the same shape before anything is sent to a model, and
//! put back afterwards.
//!
//! INVARIANT: what is not known to be ordinary is replaced. A word stays only when it is on the list of `words.txt`;
//! accounts, ARNs, addresses, hosts and names are never on it. The same name has the same stand-in throughout, and no
//! stand-in occurs in the words themselves, so that putting back cannot go wrong.

use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use leastwise_catalog::Catalog;

use super::ordinary::{is_action, is_ordinary, is_region};

/// The longest words that are read, in bytes.
pub const LONGEST_WORDS: usize = 16 << 10;

/// Words with stand-ins in them.
#[derive(Debug, Clone)]
pub struct StandIns {
    hidden: String,
    /// Stand-in → what it stands for.
    originals: HashMap<String, String>,
    /// The stand-ins, the longest first.
    order: Vec<String>,
}

impl StandIns {
    /// Replaces what the words name.
    pub fn of(words: &str, catalog: &Catalog) -> StandIns {
        let mut hider = Hider {
            catalog,
            lower: words.to_lowercase(),
            known: HashMap::new(),
            next: 0,
            hidden: String::with_capacity(words.len()),
        };
        hider.text(words);
        let originals: HashMap<String, String> =
            hider.known.into_iter().map(|(original, stand_in)| (stand_in, original)).collect();
        let mut order: Vec<String> = originals.keys().cloned().collect();
        order.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        StandIns { hidden: hider.hidden, originals, order }
    }

    /// The words as they may be sent.
    pub fn hidden(&self) -> &str {
        &self.hidden
    }

    /// Whether a text is exactly one stand-in.
    pub fn is_stand_in(&self, text: &str) -> bool {
        self.originals.contains_key(text)
    }

    /// How many names were replaced.
    pub fn len(&self) -> usize {
        self.originals.len()
    }

    /// Whether nothing was replaced.
    pub fn is_empty(&self) -> bool {
        self.originals.is_empty()
    }

    /// The text with every stand-in put back.
    pub fn restored(&self, text: &str) -> String {
        let mut restored = String::with_capacity(text.len());
        let mut rest = text;
        let mut before: Option<char> = None;
        while let Some(letter) = rest.chars().next() {
            // In the middle of a longer word there is no stand-in.
            let free = !before.is_some_and(char::is_alphanumeric);
            let found = free.then(|| self.order.iter().find(|one| begins(rest, one))).flatten();
            let taken = match found {
                Some(stand_in) => {
                    restored.push_str(&self.originals[stand_in]);
                    stand_in.len()
                }
                None => {
                    restored.push(letter);
                    letter.len_utf8()
                }
            };
            before = rest[..taken].chars().next_back();
            rest = &rest[taken..];
        }
        restored
    }
}

/// Whether the text begins with the stand-in as a whole word.
fn begins(text: &str, stand_in: &str) -> bool {
    text.strip_prefix(stand_in).is_some_and(|rest| !rest.chars().next().is_some_and(char::is_alphanumeric))
}

struct Hider<'c> {
    catalog: &'c Catalog,
    /// The words in lower case: no stand-in may be in them.
    lower: String,
    known: HashMap<String, String>,
    next: usize,
    hidden: String,
}

/// What ends a word, and stays.
const ENDS: &str = ",;!?()[]{}<>|\"'`“”‘’";
/// What holds the parts of a word together, and stays.
const JOINTS: [char; 7] = [':', '/', '=', '+', '&', '*', '#'];
/// Words after which a name comes.
const NAMING: [&str; 4] = ["called", "named", "name", "names"];

impl Hider<'_> {
    fn text(&mut self, words: &str) {
        let mut quote: Option<char> = None;
        let mut naming = false;
        let mut rest = words;
        let mut before: Option<char> = None;
        while let Some(letter) = rest.chars().next() {
            if letter.is_whitespace() || ENDS.contains(letter) {
                let opens = before.is_none_or(|before| !before.is_alphanumeric());
                quote = match (quote, closing(letter)) {
                    (Some(close), _) if close == letter => None,
                    (None, Some(close)) if opens => Some(close),
                    (open, _) => open,
                };
                if letter == '\n' {
                    quote = None;
                }
                self.hidden.push(if letter.is_control() && letter != '\n' { ' ' } else { letter });
                before = Some(letter);
                rest = &rest[letter.len_utf8()..];
                continue;
            }
            let end = rest.find(|c: char| c.is_whitespace() || ENDS.contains(c)).unwrap_or(rest.len());
            let word = &rest[..end];
            let bare = word.trim_end_matches(['.', ':']);
            // A name may be made of ordinary words: in quotes, or after `called`.
            self.word(bare, quote.is_some() || naming);
            self.hidden.push_str(&word[bare.len()..]);
            naming = NAMING.contains(&bare.to_lowercase().as_str());
            before = word.chars().next_back();
            rest = &rest[end..];
        }
    }

    fn word(&mut self, word: &str, is_name: bool) {
        if word.is_empty() {
            return;
        }
        if word.starts_with("arn:") && word.matches(':').count() >= 5 {
            return self.arn(word);
        }
        if is_action(word, self.catalog) || (!is_name && is_ordinary(word)) {
            return self.hidden.push_str(word);
        }
        if word.parse::<Ipv6Addr>().is_ok() || is_date(word) {
            return self.replace(word);
        }
        let Some(joint) = word.find(JOINTS) else { return self.replace(word) };
        // `table/Orders`, `2001:db8::/32`, `read/write`: each part for itself, the joints stay.
        if let Some((address, length)) = word.split_once('/')
            && address.parse::<Ipv6Addr>().is_ok()
        {
            self.replace(address);
            self.hidden.push('/');
            return self.word(length, is_name);
        }
        let (head, tail) = word.split_at(joint);
        self.word(head, is_name);
        let joints = tail.len() - tail.trim_start_matches(JOINTS).len();
        self.hidden.push_str(&tail[..joints]);
        self.word(&tail[joints..], is_name);
    }

    /// `arn:partition:service:region:account:resource`: what AWS named stays, what the user named does not.
    fn arn(&mut self, arn: &str) {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let [_, partition, service, region, account, resource] = parts[..] else { return self.replace(arn) };
        self.hidden.push_str("arn:");
        let known = ["aws", "aws-cn", "aws-us-gov"].contains(&partition);
        self.part(partition, known);
        self.hidden.push(':');
        self.part(service, self.catalog.service(service).is_some());
        self.hidden.push(':');
        self.part(region, is_region(region));
        self.hidden.push(':');
        self.part(account, account == "aws");
        self.hidden.push(':');
        let kind = resource.split(['/', ':']).next().unwrap_or_default();
        let is_kind = kind.len() < resource.len() && self.is_kind(service, kind);
        let mut first = is_kind;
        for segment in resource.split_inclusive(['/', ':']) {
            let (name, joint) = match segment.strip_suffix(['/', ':']) {
                Some(name) => (name, &segment[name.len()..]),
                None => (segment, ""),
            };
            self.part(name, first || name == "*");
            self.hidden.push_str(joint);
            first = false;
        }
    }

    /// Whether a format of the service begins its resource part with this word.
    fn is_kind(&self, service: &str, kind: &str) -> bool {
        let Some(service) = self.catalog.service(service) else { return false };
        service.resource_types.iter().flat_map(|kind| &kind.arn).any(|format| {
            let resource = format.splitn(6, ':').nth(5).unwrap_or_default();
            resource.split(['/', ':']).next() == Some(kind)
        })
    }

    fn part(&mut self, text: &str, stays: bool) {
        match stays || text.is_empty() {
            true => self.hidden.push_str(text),
            false => self.replace(text),
        }
    }

    fn replace(&mut self, original: &str) {
        if let Some(known) = self.known.get(original) {
            return self.hidden.push_str(known);
        }
        loop {
            self.next += 1;
            let stand_in = shaped_like(original, self.next);
            if !self.lower.contains(&stand_in.to_lowercase()) {
                self.hidden.push_str(&stand_in);
                self.known.insert(original.to_owned(), stand_in);
                return;
            }
        }
    }
}

fn is_date(word: &str) -> bool {
    word.contains(':') && is_ordinary(word)
}

/// What closes a quotation that the letter opens.
fn closing(letter: char) -> Option<char> {
    match letter {
        '"' | '\'' | '`' => Some(letter),
        '“' => Some('”'),
        '‘' => Some('’'),
        _ => None,
    }
}

/// A stand-in of the same shape: an account stays an account, an address an address, `a-b` has a hyphen.
fn shaped_like(original: &str, n: usize) -> String {
    let is_uuid = original.len() == 36
        && original.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    if is_uuid {
        return format!("00000000-0000-4000-8000-{n:012}");
    }
    if original.parse::<Ipv4Addr>().is_ok() {
        // The network of RFC 2544, for tests of equipment.
        return format!("198.18.{}.{}", 100 + (n / 100) % 100, 100 + n % 100);
    }
    if original.parse::<Ipv6Addr>().is_ok() {
        return format!("2001:db8::{n:04}");
    }
    if original.len() >= 5 && original.bytes().all(|byte| byte.is_ascii_digit()) {
        return format!("9{n:0width$}", width = original.len() - 1);
    }
    if original.contains('@') {
        return format!("person{n:04}@example.com");
    }
    if let Some(fifo) = original.strip_suffix(".fifo") {
        return format!("{}.fifo", shaped_like(fifo, n));
    }
    if original.contains('.') {
        return format!("host{n:04}.example.com");
    }
    let first = original.chars().next().unwrap_or('x');
    let upper = !original.chars().any(char::is_lowercase);
    match first {
        _ if original.contains('-') => format!("thing-{n:04}"),
        _ if original.contains('_') => format!("thing_{n:04}"),
        _ if first.is_uppercase() && upper && original.len() > 1 => format!("THING{n:04}"),
        _ if first.is_uppercase() => format!("Thing{n:04}"),
        _ => format!("thing{n:04}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hide(words: &str) -> StandIns {
        StandIns::of(words, Catalog::embedded())
    }

    #[test]
    fn names_are_replaced_by_their_shape_and_put_back() {
        let check = |words: &str, hidden: &str| {
            let stand_ins = hide(words);
            assert_eq!(stand_ins.hidden(), hidden);
            assert_eq!(stand_ins.restored(hidden), words);
        };
        check(
            "a Lambda that reads messages from the orders queue and puts items into the CustomerOrders table",
            "a Lambda that reads messages from the thing0001 queue and puts items into the Thing0002 table",
        );
        check(
            "read arn:aws:dynamodb:eu-west-1:111122223333:table/CustomerOrders in account 111122223333.",
            "read arn:aws:dynamodb:eu-west-1:900000000001:table/Thing0002 in account 900000000001.",
        );
        check("arn:aws:s3:::reports-example/2026/*", "arn:aws:s3:::thing-0001/thing0002/*");
        check("only from 203.0.113.0/24 or 2001:db8::5", "only from 198.18.100.101/24 or 2001:db8::0002");
        check(
            "ask bob@corp.example at db.corp.example",
            "ask person0001@example.com at host0002.example.com",
        );
        check(
            "the table \"read table\" is called Table",
            "the table \"thing0001 thing0002\" is called Thing0003",
        );
        check("orders.fifo, orders_old and ORDERS", "thing0001.fifo, thing_0002 and THING0003");
        check(
            "dynamodb:PutItem on table/Orders for 12h until 2026-12-31",
            "dynamodb:PutItem on table/Thing0001 for 12h until 2026-12-31",
        );
        check("thing0001 and x", "thing0002 and thing0003");
        check("CustomerOrders's, don't", "Thing0001's, don't");
        check("größe 会社", "thing0001 thing0002");
    }

    #[test]
    fn a_stand_in_inside_of_a_longer_word_is_left_alone() {
        let stand_ins = hide("orders");
        assert_eq!(stand_ins.hidden(), "thing0001");
        assert_eq!(
            stand_ins.restored("thing00012 xthing0001 thing0001-x (thing0001)"),
            "thing00012 xthing0001 orders-x (orders)"
        );
    }

    /// Words out of which inputs are made: names, ARNs, accounts, addresses and what stands between them.
    fn piece() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z]{3,12}",
            "[A-Z][a-z]{2,8}[A-Z][a-z]{2,8}",
            "[a-z]{2,6}[-_][a-z]{2,6}",
            "[0-9]{12}",
            "arn:aws:(sqs|dynamodb|s3|lambda):(eu-west-1)?:[0-9]{12}:[a-z]{1,8}[/:]?[A-Za-z0-9_-]{1,12}",
            "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}",
            "[a-z]{2,8}@[a-z]{2,8}\\.(com|example)",
            "thing-?0{0,3}[0-9]{1,4}",
            "[\"'`(]?[a-z ]{1,12}[\"'`)]?",
            "\\PC{1,8}",
        ]
    }

    proptest! {
        #[test]
        fn nothing_that_is_not_ordinary_is_left_and_everything_comes_back(pieces in prop::collection::vec(piece(), 0..12)) {
            let words = pieces.join(" ");
            let stand_ins = hide(&words);
            let hidden = stand_ins.hidden();
            prop_assert_eq!(stand_ins.restored(hidden), &*words);
            // Without its stand-ins, the text has ordinary words alone, and the fixed parts of ARNs.
            let mut rest = hidden.to_owned();
            for stand_in in &stand_ins.order {
                rest = rest.replace(stand_in.as_str(), " ");
            }
            for word in rest.split(|c: char| c.is_whitespace() || ENDS.contains(c) || JOINTS.contains(&c)) {
                let word = word.trim_end_matches('.');
                let fixed = hidden.contains("arn:") || is_action(word, Catalog::embedded());
                prop_assert!(word.is_empty() || is_ordinary(word) || fixed, "`{}` is left in {}", word, hidden);
            }
        }

        #[test]
        fn accounts_and_names_of_arns_never_stay(account in "[0-9]{12}", name in "[A-Za-z][A-Za-z0-9]{5,20}") {
            let words = format!("read arn:aws:dynamodb:eu-west-1:{account}:table/{name} and \"{name}\"");
            let stand_ins = hide(&words);
            prop_assert!(!stand_ins.hidden().contains(&account));
            prop_assert!(!stand_ins.hidden().contains(&name));
        }
    }
}
