//! Sends the pictures of a folder, 30 a second: `cargo run -p protocol --example send -- 127.0.0.1:8000 pictures`
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "an example is a whole program, with its socket")]

use std::error::Error;
use std::io::Write;
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use std::{env, fs, thread};

use protocol::{END_OF_STREAM, Frame, Stamp};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let (Some(addr), Some(folder)) = (args.next(), args.next()) else {
        return Err("give an address and a folder, for example 127.0.0.1:8000 pictures".into());
    };
    let entries =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<PathBuf>, std::io::Error>>()?;
    let mut files: Vec<PathBuf> =
        entries.into_iter().filter(|path| path.extension().is_some_and(|ext| ext == "jpg")).collect();
    files.sort();

    let mut viewer = TcpStream::connect(addr)?;
    viewer.set_nodelay(true)?;
    let mut wire = Vec::new();
    for (seq, file) in (0..).zip(&files) {
        // A camera takes its picture here. The stamp lets the viewer say how old it is; leave it out if it need not.
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        let stamp = Stamp { seq, time_ns: u64::try_from(since_1970.as_nanos())? };
        let frame = stamp.write(Frame::new(fs::read(file)?)?)?;
        wire.clear();
        protocol::encode(&frame, &mut wire);
        viewer.write_all(&wire)?;
        thread::sleep(Duration::from_millis(33));
    }
    viewer.write_all(&END_OF_STREAM)?;
    println!("sent {} pictures", files.len());
    Ok(())
}
