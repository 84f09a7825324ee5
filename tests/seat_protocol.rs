//! The seat protocol, byte for byte, on one shard and on several, however the
//! bytes are split.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use support::{Client, SHARDS, server};

/// What is sent and what must come back, each on seats of its own.
const TABLE: &[(&[u8], &[u8])] = &[
    (b"QUERY: A1\n", b"FREE\n"),
    (b"RESERVE: B1\nQUERY: B1\n", b"OK\nRESERVED\n"),
    (b"RESERVE: C1\nRESERVE: C1\n", b"OK\nFAIL\n"),
    (b"BUY: D1\nQUERY: D1\n", b"FAIL\nFREE\n"),
    (
        b"RESERVE: E1\nBUY: E1\nQUERY: E1\nBUY: E1\nRESERVE: E1\n",
        b"OK\nOK\nSOLD\nFAIL\nFAIL\n",
    ),
    (
        b"RESERVE: Back32\nRESERVE: back32\nRESERVE: BACK32\n",
        b"OK\nOK\nOK\n",
    ),
    // Everything that is not a message.
    (b"\n", b"FAIL\n"),
    (b"\n\n\n", b"FAIL\nFAIL\nFAIL\n"),
    (b"reserve: F1\nReserve: F1\n", b"FAIL\nFAIL\n"),
    (
        b"RESERVE:F1\nRESERVE:  F1\nRESERVE : F1\n",
        b"FAIL\nFAIL\nFAIL\n",
    ),
    (
        b"RESERVE F1\nRESERVE\nRESERVE:\nRESERVE: \n",
        b"FAIL\nFAIL\nFAIL\nFAIL\n",
    ),
    (
        b" RESERVE: F1\nRESERVE: F1 \nRESERVE: F1\r\n",
        b"FAIL\nFAIL\nFAIL\n",
    ),
    (b"SELL: F1\nGET / HTTP/1.1\r\n\r\n", b"FAIL\nFAIL\nFAIL\n"),
    (
        b"RESERVE: F-1\nRESERVE: F_1\nRESERVE: F 1\n",
        b"FAIL\nFAIL\nFAIL\n",
    ),
    (
        b"RESERVE: \xf0\x9f\x8e\xab\nQUERY: \xc3\xa9\n",
        b"FAIL\nFAIL\n",
    ),
    (
        b"\0\0\0\nQUERY: F1\0\n\xff\xfe\xfd\n",
        b"FAIL\nFAIL\nFAIL\n",
    ),
    (b"QUERY: F1\n", b"FREE\n"),
    // Broken messages do not disturb their neighbours.
    (
        b"RESERVE: G1\nnonsense\nBUY: G1\n\nQUERY: G1\n",
        b"OK\nFAIL\nOK\nFAIL\nSOLD\n",
    ),
];

fn whole(client: &mut Client, bytes: &[u8]) {
    client.send(bytes);
}

fn byte_by_byte(client: &mut Client, bytes: &[u8]) {
    for byte in bytes {
        client.send([*byte]);
    }
}

#[test]
fn every_row_is_answered_as_the_protocol_says() {
    for shards in SHARDS {
        for split in [whole, byte_by_byte] {
            let server = server(shards);
            let mut client = Client::connect(&server);
            for (sent, expected) in TABLE {
                split(&mut client, sent);
                for line in expected.split_inclusive(|&byte| byte == b'\n') {
                    let mut reply = client.reply().into_bytes();
                    reply.push(b'\n');
                    assert_eq!(reply, line, "to {:?}", String::from_utf8_lossy(sent));
                }
            }
            // And not a byte more.
            client.half_close();
            assert_eq!(client.read_to_end(), b"", "{shards} shards");
        }
    }
}

#[test]
fn the_whole_table_pipelined_is_answered_in_order() {
    let sent: Vec<u8> = TABLE.iter().flat_map(|(sent, _)| sent.to_vec()).collect();
    let expected: Vec<u8> = TABLE.iter().flat_map(|(_, reply)| reply.to_vec()).collect();
    for shards in SHARDS {
        let server = server(shards);
        let mut client = Client::connect(&server);
        client.send(&sent);
        client.half_close();
        assert_eq!(client.read_to_end(), expected, "{shards} shards");
    }
}

#[test]
fn a_deep_pipeline_over_all_shards_keeps_its_order() {
    let seats = 20_000;
    for shards in SHARDS {
        let server = server(shards);
        let mut client = Client::connect(&server);
        let mut writer = client.stream().try_clone().unwrap();
        let sender = std::thread::spawn(move || {
            use std::io::Write;
            let mut text = String::new();
            for seat in 0..seats {
                text +=
                    &format!("RESERVE: P{seat}\nQUERY: P{seat}\nBUY: P{seat}\nQUERY: P{seat}\n");
            }
            writer.write_all(text.as_bytes()).unwrap();
            writer.shutdown(std::net::Shutdown::Write).unwrap();
        });
        let replies = client.read_to_end();
        sender.join().unwrap();
        assert!(
            replies == b"OK\nRESERVED\nOK\nSOLD\n".repeat(seats),
            "{shards} shards: a reply is missing, wrong or out of order"
        );
    }
}

#[test]
fn an_over_long_line_fails_once_and_the_connection_lives_on() {
    for shards in SHARDS {
        let server = server(shards);
        let mut client = Client::connect(&server);
        for length in [129, 200, 100_000] {
            client.send(vec![b'x'; length]);
            client.send("\nQUERY: A1\n");
            assert_eq!(
                (client.reply(), client.reply()),
                ("FAIL".into(), "FREE".into())
            );
        }
    }
}

#[test]
fn clients_are_independent_a_seat_may_be_bought_by_another() {
    let server = server(2);
    let (mut first, mut second) = (Client::connect(&server), Client::connect(&server));
    assert_eq!(first.ask("RESERVE: A1"), "OK");
    drop(first);
    assert_eq!(second.ask("BUY: A1"), "OK");
}

#[test]
fn an_unterminated_last_line_has_no_effect() {
    for shards in SHARDS {
        let server = server(shards);
        let mut client = Client::connect(&server);
        client.send("QUERY: A1\nRESERVE: A1");
        client.half_close();
        assert_eq!(client.read_to_end(), b"FREE\n");
        assert_eq!(Client::connect(&server).ask("QUERY: A1"), "FREE");
    }
}

#[test]
fn both_loopback_addresses_serve_the_same_seats() {
    let server = server(2);
    let mut clients: Vec<Client> = server
        .seat_addresses()
        .iter()
        .map(|&address| Client::to(address))
        .collect();
    assert_eq!(clients[0].ask("RESERVE: A1"), "OK");
    for client in &mut clients {
        assert_eq!(client.ask("QUERY: A1"), "RESERVED");
    }
}
