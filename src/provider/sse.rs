//! Server-sent events, read as they arrive: <https://html.spec.whatwg.org/multipage/server-sent-events.html>.

/// Cuts a byte stream into the data of its events. Pieces may end anywhere, also inside a character.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    buffer: Vec<u8>,
    /// Where the unread part of the buffer starts.
    start: usize,
    /// How far the unread part was searched for a line's end.
    searched: usize,
    /// The data of the event under way; `None` until it has any.
    data: Option<Vec<u8>>,
}

impl Decoder {
    /// Takes the next piece of the stream.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.searched -= self.start;
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The data of the next event that is complete, if there is one.
    pub(super) fn next_event(&mut self) -> Option<Vec<u8>> {
        while let Some(end) = self.line_end() {
            let line = &self.buffer[self.start..end];
            if line.is_empty() {
                self.start = self.searched;
                if let Some(data) = self.data.take() {
                    return Some(data);
                }
            } else {
                read_field(line, &mut self.data);
                self.start = self.searched;
            }
        }
        None
    }

    /// The event that the stream broke off in. Some servers forget the empty line after the last one, so it may be whole.
    pub(super) fn finish(mut self) -> Option<Vec<u8>> {
        self.push(b"\n\n");
        self.next_event()
    }

    /// Finds where the next line ends, and moves `searched` behind its line break.
    fn line_end(&mut self) -> Option<usize> {
        let rest = &self.buffer[self.searched..];
        let Some(offset) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
            self.searched = self.buffer.len();
            return None;
        };
        let end = self.searched + offset;
        let width = match self.buffer[end..] {
            [b'\r'] => None, // the \n that belongs to it may come with the next piece
            [b'\r', b'\n', ..] => Some(2),
            _ => Some(1),
        };
        self.searched = end + width.unwrap_or(0);
        width.map(|_| end)
    }
}

/// Adds a line to the event's data. Comments, names, ids and unknown fields do not matter here.
fn read_field(line: &[u8], data: &mut Option<Vec<u8>>) {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    let value = match line.strip_prefix(b"data") {
        Some([]) => &[],
        Some([b':', b' ', value @ ..] | [b':', value @ ..]) => value,
        _ => return,
    };
    match data {
        Some(data) => {
            data.push(b'\n');
            data.extend_from_slice(value);
        }
        None => *data = Some(value.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(pieces: &[&[u8]]) -> Vec<String> {
        let mut decoder = Decoder::default();
        let mut events = Vec::new();
        for piece in pieces {
            decoder.push(piece);
            while let Some(event) = decoder.next_event() {
                events.push(event);
            }
        }
        events.extend(decoder.finish());
        events.into_iter().map(|event| String::from_utf8(event).unwrap()).collect()
    }

    #[test]
    fn forms_of_events() {
        for (stream, expected) in [
            ("data: a\n\ndata: b\n\n", &["a", "b"][..]),
            ("data: a\r\n\r\ndata: b\r\n\r\n", &["a", "b"]),
            ("data: a\r\rdata: b\r\r", &["a", "b"]),
            ("data:a\n\n", &["a"]),
            ("data:  a\n\n", &[" a"]),
            ("data: a\ndata: b\n\n", &["a\nb"]),
            ("data\n\n", &[""]),
            (": keep-alive\n\nevent: x\nid: 1\ndata: a\nretry: 5\n\n", &["a"]),
            ("\u{feff}data: a\n\n", &["a"]),
            ("\n\n\ndata: a", &["a"]),
            ("data: a\n", &["a"]),
            ("database: a\n\n", &[]),
            ("", &[]),
        ] {
            assert_eq!(events(&[stream.as_bytes()]), expected, "{stream:?}");
        }
    }

    #[test]
    fn pieces_may_end_anywhere() {
        let stream =
            "data: {\"a\":\"grün 🙂\"}\r\n\r\n: c\r\ndata: b\r\ndata: c\r\n\r\ndata: [DONE]\r\n\r\n".as_bytes();
        let expected = ["{\"a\":\"grün 🙂\"}", "b\nc", "[DONE]"];
        for cut in 0..stream.len() {
            assert_eq!(events(&[&stream[..cut], &stream[cut..]]), expected, "{cut}");
        }
        assert_eq!(events(&stream.chunks(1).collect::<Vec<_>>()), expected);
    }
}
