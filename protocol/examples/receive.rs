//! Waits for one robot and saves its pictures: `cargo run -p protocol --example receive -- 0.0.0.0:8000 pictures`
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "an example is a whole program, with its socket")]

use std::error::Error;
use std::io::Read;
use std::net::TcpListener;
use std::path::PathBuf;
use std::{env, fs};

use protocol::{Event, FrameLimit, StreamDecoder};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let (Some(addr), Some(folder)) = (args.next(), args.next().map(PathBuf::from)) else {
        return Err("give an address and a folder, for example 0.0.0.0:8000 pictures".into());
    };
    fs::create_dir_all(&folder)?;
    let listener = TcpListener::bind(addr)?;
    println!("waiting for a robot at {}", listener.local_addr()?);
    let (mut robot, peer) = listener.accept()?;

    let mut decoder = StreamDecoder::new(FrameLimit::DEFAULT);
    let mut buffer = vec![0; 64 * 1024];
    let mut saved = 0;
    'stream: loop {
        let read = robot.read(&mut buffer)?;
        if read == 0 {
            // Closing between two pictures is how many robots end; closing inside one is an error.
            decoder.finish()?;
            break;
        }
        let mut input = &buffer[..read];
        while let Some(event) = decoder.decode(&mut input)? {
            match event {
                Event::Frame(jpeg) => {
                    fs::write(folder.join(format!("{saved:06}.jpg")), jpeg.as_bytes())?;
                    saved += 1;
                }
                // Damage in a stream of bare JPEGs or of multipart: it goes on behind it.
                Event::Lost(lost) => println!("{lost}"),
                Event::EndOfStream => break 'stream,
            }
        }
    }
    println!("saved {saved} pictures of {peer} in {}", folder.display());
    Ok(())
}
