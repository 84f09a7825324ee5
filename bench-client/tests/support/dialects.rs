//! The reference server's seats in the words of Redis and memcached: just the
//! commands that the client sends, read strictly.

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use super::seats::{Action, Fault, Seats};

/// Whose words.
#[derive(Clone, Copy, Debug)]
pub enum Words {
    Redis,
    Memcached,
}

/// Starts a server; where it listens. It ends with the test.
pub fn start(words: Words, fault: Fault) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound").to_string();
    let seats = Arc::new(Mutex::new(Seats::new(fault)));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let seats = Arc::clone(&seats);
            thread::spawn(move || stream.and_then(|stream| serve(stream, words, &seats)));
        }
    });
    address
}

fn serve(mut stream: TcpStream, words: Words, seats: &Mutex<Seats>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut chunk = vec![0; 64 * 1024];
    let mut unread = Vec::new();
    loop {
        let bytes = stream.read(&mut chunk)?;
        if bytes == 0 {
            return Ok(());
        }
        unread.extend_from_slice(&chunk[..bytes]);
        let mut replies = String::new();
        let mut taken = 0;
        while let Some((command, bytes)) = parse(words, &unread[taken..]) {
            let mut seats = seats.lock().expect("no thread panics");
            replies.push_str(&answer(words, &command, &mut seats));
            taken += bytes;
        }
        unread.drain(..taken);
        stream.write_all(replies.as_bytes())?;
    }
}

/// The first command's words, and its length.
fn parse(words: Words, unread: &[u8]) -> Option<(Vec<String>, usize)> {
    let text = std::str::from_utf8(unread).expect("commands are text");
    let mut lines = text
        .split_inclusive("\r\n")
        .filter(|line| line.ends_with("\r\n"));
    let mut length = 0;
    let mut next = || {
        let line = lines.next()?;
        length += line.len();
        Some(line.trim_end().to_owned())
    };
    let first = next()?;
    let command = match words {
        Words::Memcached if first.starts_with("add ") => vec![first, next()?],
        Words::Memcached => vec![first],
        Words::Redis => {
            let count: usize = first
                .strip_prefix('*')
                .expect("an array")
                .parse()
                .expect("a count");
            let mut command = Vec::new();
            for _ in 0..count {
                let length = next()?;
                let word = next()?;
                assert_eq!(length, format!("${}", word.len()), "{text:?}");
                command.push(word);
            }
            command
        }
    };
    Some((command, length))
}

fn answer(words: Words, command: &[String], seats: &mut Seats) -> String {
    let mut ask = |verb: &str, seat: &str| match seats.message(format!("{verb}: {seat}").as_bytes())
    {
        Action::Answer(reply) => reply.trim_end(),
        Action::Close => panic!("not asked of this server"),
    };
    let command: Vec<&str> = command.iter().flat_map(|part| part.split(' ')).collect();
    let reply = match (words, &command[..]) {
        (Words::Redis, ["SET", seat, "R", "NX"]) => match ask("RESERVE", seat) {
            "OK" => "+OK",
            _ => "$-1",
        },
        (Words::Redis, ["SET", seat, "S", "XX", "GET"]) => match ask("BUY", seat) {
            "OK" => "$1\r\nR",
            _ if ask("QUERY", seat) == "SOLD" => "$1\r\nS",
            _ => "$-1",
        },
        (Words::Redis, ["GET", seat]) => match ask("QUERY", seat) {
            "FREE" => "$-1",
            "RESERVED" => "$1\r\nR",
            _ => "$1\r\nS",
        },
        (Words::Memcached, ["add", seat, "0", "0", "1", "1"]) => match ask("RESERVE", seat) {
            "OK" => "STORED",
            _ => "NOT_STORED",
        },
        (Words::Memcached, ["incr", seat, "1"]) => match ask("BUY", seat) {
            "OK" => "2",
            _ if ask("QUERY", seat) == "SOLD" => "10",
            _ => "NOT_FOUND",
        },
        (Words::Memcached, ["get", seat]) => match ask("QUERY", seat) {
            "FREE" => "END",
            "RESERVED" => return format!("VALUE {seat} 0 1\r\n1\r\nEND\r\n"),
            _ => return format!("VALUE {seat} 0 2\r\n12\r\nEND\r\n"),
        },
        other => panic!("no such command: {other:?}"),
    };
    format!("{reply}\r\n")
}
