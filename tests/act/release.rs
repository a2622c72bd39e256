//! A release of the program at hand, and the server that has it.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

const PROGRAM: &str = env!("CARGO_BIN_EXE_eval-gate");
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The asset for this machine.
pub(crate) static ASSET: LazyLock<Asset> = LazyLock::new(Asset::pack);

pub(crate) struct Asset {
    pub(crate) name: String,
    pub(crate) sha256: String,
    bytes: Vec<u8>,
}

impl Asset {
    fn pack() -> Self {
        let (folder, program) = (Path::new(PROGRAM).parent().unwrap(), Path::new(PROGRAM).file_name().unwrap());
        let tar = Command::new("tar").args(["-cf", "-", "-C"]).arg(folder).arg(program).output().unwrap();
        assert!(tar.status.success(), "{}", String::from_utf8_lossy(&tar.stderr));
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&tar.stdout).unwrap();
        let bytes = encoder.finish().unwrap();
        let target = match std::env::consts::OS {
            "linux" => "unknown-linux-musl",
            "macos" => "apple-darwin",
            other => panic!("act has no host mode that is known here on {other}"),
        };
        let name = format!("eval-gate-{VERSION}-{}-{target}.tar.gz", std::env::consts::ARCH);
        Self { name, sha256: hex(&bytes), bytes }
    }
}

/// A SHA-256 as it is written.
pub(crate) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// What the server has in place of the asset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Has {
    Asset,
    AnotherByte,
    Nothing,
}

/// The server, which has the release where the action's own repository has it.
pub(crate) struct Releases {
    pub(crate) url: String,
    state: Arc<Mutex<(Has, Vec<String>)>>,
}

impl Releases {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new((Has::Asset, Vec::new())));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), &shared);
            }
        });
        Self { url, state }
    }

    pub(crate) fn has(&self, what: Has) {
        self.state.lock().unwrap().0 = what;
    }

    /// The paths that were asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.state.lock().unwrap().1.clone()
    }
}

fn answer(mut stream: TcpStream, state: &Mutex<(Has, Vec<String>)>) {
    let mut lines = BufReader::new(&stream).lines();
    let Some(Ok(first)) = lines.next() else { return };
    lines.find(|line| line.as_ref().is_ok_and(String::is_empty));
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut state = state.lock().unwrap();
    let is_asset = path.ends_with(&format!("/v{VERSION}/{}", ASSET.name));
    state.1.push(path);
    let mut body = if is_asset && state.0 != Has::Nothing { ASSET.bytes.clone() } else { Vec::new() };
    let status = if body.is_empty() { "404 Not Found" } else { "200 OK" };
    if state.0 == Has::AnotherByte {
        *body.last_mut().unwrap() ^= 1;
    }
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
}
