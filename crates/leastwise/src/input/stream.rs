//! Logs of any size, a piece at a time: the careful path. Memory does not depend on the size of the log.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;
use leastwise_analysis::audit_log::{Reader, Sink};

use super::unpack::is_gzip;

/// How much is read in one go.
const PIECE: usize = 1 << 20;

/// Why a stream ended before its end.
#[derive(Debug, PartialEq, Eq)]
pub enum Cut {
    /// The file ends inside a gzip member. What came before the cut is sound.
    Truncated,
    /// A checksum does not hold, or the compressed data are not what gzip writes.
    Damaged(String),
    /// It unpacks to more than is allowed.
    TooLarge,
    /// The place it comes from failed.
    Failed(String),
}

/// A sink that is shown how the text begins, to say what it is when it turns out to be no log.
pub trait TextSink: Sink {
    /// The first piece of the text, or as much of it as there is.
    fn begins(&mut self, text: &[u8]);
}

/// Reads a stream, gzip or plain, into `sink`; says how many bytes of text there were and why it ended early. Of gzip no
/// more than `limit` is unpacked.
///
/// `buffer` is kept by the caller, so that it is allocated once.
pub fn read<S: TextSink>(
    source: &mut dyn Read,
    limit: u64,
    buffer: &mut Vec<u8>,
    reader: &mut Reader,
    sink: &mut S,
) -> (u64, Option<Cut>) {
    let mut text = match Text::new(source) {
        Ok(text) => text,
        Err(error) => return (0, Some(Cut::Failed(error.to_string()))),
    };
    let limit = text.limit(limit);
    reader.reset();
    let (mut kept, mut total) = (0, 0u64);
    loop {
        if buffer.len() < kept + PIECE {
            buffer.resize(kept + PIECE, 0);
        }
        let (bytes, cut) = match text.read(&mut buffer[kept..]) {
            Ok(bytes) => (bytes, None),
            Err(cut) => (0, Some(cut)),
        };
        total += bytes as u64;
        let cut = cut.or_else(|| (total > limit).then_some(Cut::TooLarge));
        if total == 0 && cut.is_some() {
            // There is no text of which anything could be said.
            return (total, cut);
        }
        let last = bytes == 0 || cut.is_some();
        let filled = kept + bytes;
        if total == bytes as u64 {
            sink.begins(&buffer[..filled]);
        }
        let used = reader.push(&buffer[..filled], last, sink);
        if last {
            return (total, cut);
        }
        buffer.copy_within(used..filled, 0);
        kept = filled - used;
    }
}

/// Reads a stream to its end without looking at the text: whether it is sound, and how long it is.
pub fn check(source: &mut dyn Read, limit: u64, buffer: &mut Vec<u8>) -> (u64, Option<Cut>) {
    let mut text = match Text::new(source) {
        Ok(text) => text,
        Err(error) => return (0, Some(Cut::Failed(error.to_string()))),
    };
    let limit = text.limit(limit);
    buffer.resize(buffer.len().max(PIECE), 0);
    let mut total = 0;
    loop {
        match text.read(buffer) {
            Ok(0) => return (total, None),
            Ok(bytes) => total += bytes as u64,
            Err(cut) => return (total, Some(cut)),
        }
        if total > limit {
            return (total, Some(Cut::TooLarge));
        }
    }
}

/// The text of a stream that may be gzip: like `std::io::Read`, with errors that tell what happened.
struct Text<'a> {
    from: From<'a>,
    /// An error that came behind text which had to be handed over first.
    pending: Option<Cut>,
}

enum From<'a> {
    Plain(BufReader<Full<'a>>),
    Gzip(Box<GzDecoder<BufReader<Full<'a>>>>),
    Nothing,
}

impl<'a> Text<'a> {
    fn new(source: &'a mut dyn Read) -> io::Result<Self> {
        let mut raw = BufReader::with_capacity(1 << 16, Full(source));
        let from = match is_gzip(raw.fill_buf()?) {
            true => From::Gzip(Box::new(GzDecoder::new(raw))),
            false => From::Plain(raw),
        };
        Ok(Text { from, pending: None })
    }

    /// How much of the text is read when so much may be unpacked: what is not packed is no more than what lies there.
    fn limit(&self, most: u64) -> u64 {
        match self.from {
            From::Gzip(_) => most,
            From::Plain(_) | From::Nothing => u64::MAX,
        }
    }

    /// Fills as much of `out` as there is; 0 is the end.
    fn read(&mut self, out: &mut [u8]) -> Result<usize, Cut> {
        let mut filled = 0;
        while filled < out.len() && self.pending.is_none() {
            let read = match &mut self.from {
                From::Gzip(gzip) => gzip.read(&mut out[filled..]),
                From::Plain(raw) => raw.read(&mut out[filled..]),
                From::Nothing => break,
            };
            match read {
                Ok(0) => self.next_member(),
                Ok(bytes) => filled += bytes,
                Err(error) => self.pending = Some(cut(&error)),
            }
        }
        match self.pending.take_if(|_| filled == 0) {
            Some(cut) => Err(cut),
            None => Ok(filled),
        }
    }

    /// Goes on to the next gzip member, if there is one. Zeros between members and behind the last pad a file to whole
    /// blocks; they are passed over however many they are.
    fn next_member(&mut self) {
        let From::Gzip(gzip) = std::mem::replace(&mut self.from, From::Nothing) else { return };
        let mut raw = gzip.into_inner();
        match skip_zeros(&mut raw) {
            Ok([]) => {}
            // The second magic byte can be behind the end of the buffer; then the decoder looks at it.
            Ok(rest) if is_gzip(rest) || rest == [0x1f] => {
                self.from = From::Gzip(Box::new(GzDecoder::new(raw)))
            }
            Ok(_) => {
                self.pending =
                    Some(Cut::Damaged("something that is not gzip follows the gzip data".to_owned()))
            }
            Err(error) => self.pending = Some(cut(&error)),
        }
    }
}

/// Passes over zeros; what follows them as far as the buffer holds it, nothing at the end.
fn skip_zeros(raw: &mut impl BufRead) -> io::Result<&[u8]> {
    loop {
        let rest = raw.fill_buf()?;
        let zeros = rest.iter().take_while(|byte| **byte == 0).count();
        let only_zeros = zeros == rest.len() && zeros > 0;
        raw.consume(zeros);
        if !only_zeros {
            return raw.fill_buf();
        }
    }
}

/// Fills what it is given as far as the source reaches, however small the source's own pieces are.
struct Full<'a>(&'a mut dyn Read);

impl Read for Full<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < out.len() {
            match self.0.read(&mut out[filled..]) {
                Ok(0) => break,
                Ok(bytes) => filled += bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Handing over what came before the error; the source reports it again.
                Err(_) if filled > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

fn cut(error: &io::Error) -> Cut {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Cut::Truncated,
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Cut::Damaged(error.to_string()),
        _ => Cut::Failed(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use leastwise_analysis::audit_log::{Event, Problem};
    use std::io::Write;

    #[derive(Default)]
    struct Counted {
        records: u64,
        problems: Vec<String>,
    }

    impl Sink for Counted {
        fn record(&mut self, _: &Event<'_>) -> Result<(), String> {
            self.records += 1;
            Ok(())
        }

        fn problem(&mut self, problem: Problem) {
            self.problems.push(problem.reason);
        }
    }

    impl TextSink for Counted {
        fn begins(&mut self, _: &[u8]) {}
    }

    fn log(records: usize) -> Vec<u8> {
        let record = r#"{"eventVersion":"1.11","eventSource":"s3.amazonaws.com","eventName":"GetObject"}"#;
        format!(r#"{{"Records":[{}]}}"#, vec![record; records].join(",")).into_bytes()
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).expect("in memory");
        encoder.finish().expect("in memory")
    }

    fn check_read(mut file: &[u8], limit: u64) -> (u64, Option<Cut>) {
        let mut sink = Counted::default();
        let (bytes, cut) = read(&mut file, limit, &mut Vec::new(), &mut Reader::new(), &mut sink);
        assert!(bytes <= limit + PIECE as u64);
        (sink.records, cut)
    }

    #[test]
    fn plain_and_gzip_are_told_by_their_bytes() {
        assert_eq!(check_read(&log(3), 1 << 20), (3, None));
        assert_eq!(check_read(&gzip(&log(3)), 1 << 20), (3, None));
        assert_eq!(check_read(b"", 1 << 20), (0, None));
    }

    #[test]
    fn records_before_a_cut_are_read() {
        let file = gzip(&log(100_000));
        let (records, cut) = check_read(&file[..file.len() / 2], 1 << 30);
        assert_eq!(cut, Some(Cut::Truncated));
        assert!((40_000..60_000).contains(&records), "{records}");
    }

    #[test]
    fn a_checksum_that_does_not_hold_is_told_though_text_came_before_it() {
        let mut file = gzip(&log(3));
        let at = file.len() - 6;
        file[at] ^= 1;
        assert!(matches!(check_read(&file, 1 << 20).1, Some(Cut::Damaged(_))));
        assert!(matches!(check(&mut &file[..], 1 << 20, &mut Vec::new()).1, Some(Cut::Damaged(_))));
    }

    #[test]
    fn what_is_not_packed_may_be_of_any_size() {
        let text = vec![b' '; 3 << 20];
        assert_eq!(check(&mut &text[..], 1 << 20, &mut Vec::new()), (3 << 20, None));
        let mut sink = Counted::default();
        let read = read(&mut &text[..], 1 << 20, &mut Vec::new(), &mut Reader::new(), &mut sink);
        assert_eq!(read, (3 << 20, None));
    }

    #[test]
    fn a_bomb_is_refused_at_the_limit() {
        let file = gzip(&vec![b' '; 64 << 20]);
        assert_eq!(check_read(&file, 8 << 20).1, Some(Cut::TooLarge));
        assert_eq!(check(&mut &file[..], 8 << 20, &mut Vec::new()).1, Some(Cut::TooLarge));
    }

    #[test]
    fn zeros_pad_however_many_they_are_and_hide_nothing() {
        let (member, zeros) = (gzip(&log(3)), vec![0; 200_000]);
        assert_eq!(check_read(&[&member[..], &zeros].concat(), 1 << 20), (3, None));
        assert_eq!(check_read(&[&member[..], &zeros, &gzip(b"\n")].concat(), 1 << 20), (3, None));
        let (records, cut) = check_read(&[&member[..], &zeros, b"garbage"].concat(), 1 << 20);
        assert!(records == 3 && matches!(cut, Some(Cut::Damaged(_))), "{records} {cut:?}");
    }

    #[test]
    fn members_follow_each_other_however_small_the_pieces_are() {
        struct OneByOne<'a>(&'a [u8]);
        impl Read for OneByOne<'_> {
            fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
                let len = out.len().min(1);
                self.0.read(&mut out[..len])
            }
        }
        let text = log(2);
        let file = [gzip(&text[..20]), gzip(&text[20..])].concat();
        let mut sink = Counted::default();
        let (bytes, cut) =
            read(&mut OneByOne(&file), 1 << 20, &mut Vec::new(), &mut Reader::new(), &mut sink);
        assert_eq!((bytes, cut, sink.records), (text.len() as u64, None, 2));
    }
}
